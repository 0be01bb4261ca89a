# An internet of one server, inside a network namespace: a resolver that finds every name at one address, and that address,
# which takes connections. Says "ready" when both listen; ends with its standard input.
#   small-internet.py ADDRESS PORT
import socket, struct, sys, threading

address, port = sys.argv[1], int(sys.argv[2])
names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind(('0.0.0.0', 53))
server = socket.socket()
server.bind((address, port))
server.listen(16)

def resolve():
    while True:
        question, asker = names.recvfrom(512)
        end = question.index(0, 12) + 5
        asks_ipv4 = question[end - 4:end - 2] == b'\0\x01'
        record = b'\xc0\x0c' + struct.pack('!HHIH', 1, 1, 60, 4) + socket.inet_aton(address) if asks_ipv4 else b''
        header = question[:2] + struct.pack('!HHHHH', 0x8180, 1, int(asks_ipv4), 0, 0)
        names.sendto(header + question[12:end] + record, asker)

def accept():
    while True:
        server.accept()[0].close()

for work in (resolve, accept):
    threading.Thread(target=work, daemon=True).start()
print('ready', flush=True)
sys.stdin.read()
