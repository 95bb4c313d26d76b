"""A proxy between client and server that can listen, cut, and change what the server says."""

import contextlib
import socket
import threading
from dataclasses import dataclass


@dataclass
class Reply:
    """What a hook gives to answer a packet instead of passing it on."""

    packet: bytes


class Proxy:
    """Listens on 127.0.0.1 and passes everything on to the socket of a server, packet by packet.

    `from_client` and `from_server` get the proxy and each packet (with its header of four bytes) and give what is passed on; None
    passes nothing. `sent` is everything that clients have sent."""

    def __init__(self, server_socket, *, from_client=None, from_server=None):
        self._upstream = str(server_socket)
        self._hooks = {"client": from_client, "server": from_server}
        self._connections, self._lock = [], threading.Lock()
        self.sent, self.cuts = bytearray(), 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, database, user="root"):
        return f"mysql://{user}@127.0.0.1:{self.port}/{database}"

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self._upstream)
            except OSError:
                client.close()
                continue
            with self._lock:
                self._connections += [client, server]
            for who, source, target in (("client", client, server), ("server", server, client)):
                threading.Thread(target=self._pump, args=(who, source, target), daemon=True).start()

    def _pump(self, who, source, target):
        try:
            while packet := self._packet(source):
                if who == "client":
                    self.sent += packet
                if hook := self._hooks[who]:
                    packet = hook(self, packet)
                if isinstance(packet, Reply):
                    source.sendall(packet.packet)
                elif packet:
                    target.sendall(packet)
        except OSError:
            pass
        _close(source, target)

    def _packet(self, source):
        header = _exactly(source, 4)
        return header and header + _exactly(source, int.from_bytes(header[:3], "little"))

    def cut(self):
        """Break off every connection."""
        self.cuts += 1
        with self._lock:
            connections, self._connections = self._connections, []
        _close(*connections)

    def close(self):
        self._listener.close()
        self.cut()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _close(*sockets):
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


def _exactly(source, size):
    data = bytearray()
    while len(data) < size:
        part = source.recv(size - len(data))
        if not part:
            return b""
        data += part
    return bytes(data)


def statement(packet):
    """The SQL of a packet from a client; None when it holds none."""
    return packet[5:] if packet[3] == 0 and packet[4:5] == b"\x03" else None


def asks_for_file(packet):
    """Whether a packet from the server asks for a file (by its whole path): the answer to LOAD DATA LOCAL."""
    return packet[3] > 0 and packet[4:6] == b"\xfb/"


def answer(to, payload):
    """A packet that follows another one."""
    return len(payload).to_bytes(3, "little") + bytes([to[3] + 1]) + payload


def at_bytes(size, action):
    """A hook that does something once, when clients have sent so many bytes, instead of passing on what they send."""
    done = threading.Event()

    def hook(proxy, packet):
        if len(proxy.sent) < size or done.is_set():
            return packet
        done.set()
        return action(proxy)

    return hook


def at_statement(number, action):
    """The same for a number of statements."""
    count = [0]

    def hook(proxy, packet):
        if statement(packet) is not None:
            count[0] += 1
            if count[0] == number:
                return action(proxy)
        return packet

    hook.count = count
    return hook
