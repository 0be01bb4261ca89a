#!/usr/bin/python3
# Stands in one network namespace and tells what reached it. It serves TCP ports with a text that nobody should get, listens
# for datagrams, and watches devices: whatever carries `attack:NAME:TRY;` is counted as `NAME:TRY`, and as `leaving NAME:TRY`
# when it was seen on its way out.
#
# Arguments: one JSON object {tcp: {port: text}, udp: [[address, port]], watch: [device], etherType}.
# On its input `count` is answered with all counts, `join DEVICE GROUP` and `watch-out DEVICE` add to what it watches.

import json
import re
import selectors
import socket
import struct
import sys

wish = json.loads(sys.argv[1])
marker = re.compile(rb"attack:([a-z0-9-]+:[a-z]+);")
counts = {}
eyes = selectors.DefaultSelector()


def note(data, where=""):
    for name in marker.findall(data):
        entry = counts.setdefault(where + name.decode(), {"packets": 0, "bytes": 0})
        entry["packets"] += 1
        entry["bytes"] += len(data)


def drain(sock, only_outgoing=None):
    while True:
        try:
            data, sender = sock.recvfrom(70000, socket.MSG_DONTWAIT)
        except OSError:
            return
        if only_outgoing is None or (sender[2] == 4) == only_outgoing:
            note(data, "leaving " if only_outgoing else "")


def answer(listener, text):
    while True:
        try:
            there, _ = listener.accept()
        except OSError:
            return
        there.settimeout(1)
        try:
            there.sendall(text.encode())
            there.shutdown(socket.SHUT_WR)
            there.recv(4096)
        except OSError:
            pass
        there.close()


def watch(device, outgoing, protocol=3):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(protocol))
    sock.setsockopt(socket.SOL_SOCKET, 33, 64 * 2**20)  # SO_RCVBUFFORCE: a flood is to be counted whole
    if device:
        sock.bind((device, protocol))
    sock.setblocking(False)
    eyes.register(sock, selectors.EVENT_READ, lambda: drain(sock, outgoing))


for port, text in wish.get("tcp", {}).items():
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", int(port)))
    listener.listen(64)
    listener.setblocking(False)
    eyes.register(listener, selectors.EVENT_READ, lambda l=listener, t=text: answer(l, t))

datagrams = {}
for address, port in wish.get("udp", []):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.bind((address, port))
    sock.setblocking(False)
    datagrams[(address, port)] = sock
    eyes.register(sock, selectors.EVENT_READ, lambda s=sock: drain(s))

for device in wish.get("watch", []):
    watch(device, False)
if "etherType" in wish:
    watch("", False, wish["etherType"])


def obey():
    line = sys.stdin.readline()
    if line == "":
        sys.exit(0)
    word, *rest = line.split()
    if word == "join":
        index = socket.if_nametoindex(rest[0])
        group = struct.pack("4s4si", socket.inet_aton(rest[1]), socket.inet_aton("0.0.0.0"), index)
        for sock in datagrams.values():
            if sock.family == socket.AF_INET:
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
                break
    if word == "watch-out":
        watch(rest[0], True)
    if word == "count":
        for key in list(eyes.get_map().values()):
            if key.data is not obey:
                key.data()
    print(json.dumps(counts), flush=True)


eyes.register(sys.stdin, selectors.EVENT_READ, obey)
print("{}", flush=True)
while True:
    for key, _ in eyes.select():
        key.data()
