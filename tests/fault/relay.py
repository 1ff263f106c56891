"""A server's socket at another path, with a fault between: connections end at a chosen byte."""

import os
import select
import socket
import threading
import time

COM_QUERY = 0x03
COM_STMT_EXECUTE = 0x17
RECEIVE_BYTES = 1 << 16


def connects(payload):
    """The connection itself, before any packet."""
    return payload == b""


def any_command(payload):
    return payload != b""


def reads_rows(payload):
    """rowplan prepares these, but for small tables."""
    return payload[:1] == bytes([COM_STMT_EXECUTE]) or \
        payload[:9] == bytes([COM_QUERY]) + b"SELECT `"


def commits(payload):
    return payload[:1] == bytes([COM_QUERY]) and payload[1:].strip().upper() == b"COMMIT"


def writes(payload):
    """A statement that changes rows, or the COMMIT."""
    return commits(payload) or (payload[:1] == bytes([COM_QUERY]) and payload[1:].lstrip()[:6].
                                upper() in (b"INSERT", b"UPDATE", b"DELETE"))


class Fault:
    """What goes wrong, once: at the n-th packet of the client that matches (0: never, only count).

    kind "before": the connection ends, and the packet never reaches the server: what is lost after
    one reply is lost before the next command.
    kind "during": half of the packet reaches the server, and the connection ends.
    kind "reply": the server gets it; of what it sends then `let_through` bytes arrive, and the
    connection ends. kind "stall": likewise, but the connection stays, silent.
    kind "swallow": the packet never reaches the server, and the connection stays, silent.
    kind "delay": the packet waits for `delay_s`, then all goes on.
    `strike` is called at that moment: with "reply", when the packet is on its way.
    """

    def __init__(self, match, nth, kind, let_through=0, refuse_after=False, delay_s=0,
                 strike=lambda: None):
        self.match = match
        self.nth = nth
        self.kind = kind
        self.let_through = let_through
        self.delay_s = delay_s
        self.strike = strike
        self.refuse_after = refuse_after  # nobody can connect any more, either
        self.seen = 0
        self.fired = False
        self.lock = threading.Lock()

    def strikes(self, payload):
        with self.lock:
            if self.fired or not self.match(payload):
                return False
            self.seen += 1
            self.fired = self.seen == self.nth
            return self.fired


class Relay:
    """Listens on `path`, passes on to `upstream`. Without a fault it only counts."""

    def __init__(self, upstream, path, fault=None):
        self.upstream = upstream
        self.path = str(path)
        self.fault = fault
        self.commands = 0
        self.bytes = 0  # that went through, both ways
        self.closed = False
        self.sockets = set()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.closed = True
        self.stop_listening()
        for end in list(self.sockets):
            shut(end)

    def stop_listening(self):
        shut(self.listener)
        try:
            os.unlink(self.path)
        except FileNotFoundError:
            pass

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        server = socket.socket(socket.AF_UNIX)
        self.sockets |= {client, server}
        try:
            server.connect(self.upstream)
            Connection(self, client, server).run()
        except OSError:
            pass  # an end went away: so does the other
        finally:
            shut(client)
            shut(server)
            self.sockets -= {client, server}


class Connection:
    """One client, from its connect to its end."""

    def __init__(self, relay, client, server):
        self.relay = relay
        self.client = client
        self.server = server
        self.pending = b""
        self.deaf = False  # nothing reaches the server any more
        self.left = None  # bytes that still arrive, once the fault has struck

    def run(self):
        if not self.take(b"", b""):
            return
        while True:
            ready, _, _ = select.select([self.client, self.server], [], [])
            for end in ready:
                data = end.recv(RECEIVE_BYTES)
                if not data:
                    return
                going_on = self.from_client(data) if end is self.client else self.reply(data)
                if not going_on:
                    return

    def from_client(self, data):
        self.pending += data
        while len(self.pending) >= 4:
            end = 4 + int.from_bytes(self.pending[:3], "little")
            if len(self.pending) < end:
                break
            packet, self.pending = self.pending[:end], self.pending[end:]
            # A command begins with sequence number 0; an answer to the greeting does not.
            payload = packet[4:] if packet[3] == 0 else None
            if not self.take(payload, packet):
                return False
        return True

    def take(self, payload, packet):
        if payload:
            self.relay.commands += 1
        fault = self.relay.fault
        if fault is not None and payload is not None and fault.strikes(payload):
            return self.strike(fault, packet)
        if not self.deaf:
            self.relay.bytes += len(packet)
            self.server.sendall(packet)
        return True

    def strike(self, fault, packet):
        """Does the connection go on?"""
        if fault.refuse_after:
            # First: the client may come back the moment that its connection ends.
            self.relay.stop_listening()
        if fault.kind == "before":
            fault.strike()
            return False
        if fault.kind == "during":
            self.server.sendall(packet[:len(packet) // 2])
            return False
        self.deaf = fault.kind == "swallow"
        if self.deaf:
            return True
        if fault.kind == "delay":
            time.sleep(fault.delay_s)
        else:
            self.left = fault.let_through
        self.server.sendall(packet)
        fault.strike()
        return True

    def reply(self, data):
        if self.left is None:
            self.relay.bytes += len(data)
            self.client.sendall(data)
            return True
        self.client.sendall(data[:self.left])
        if len(data) <= self.left:
            self.left -= len(data)
            return True
        self.left = 0
        # Silence for ever: until the client gives up.
        return self.relay.fault.kind == "stall"


def shut(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()
