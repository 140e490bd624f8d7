"""Clients that hold connections and give nothing for them: others are served, and emails go out."""

import os
import resource
import socket
import threading
import time
import unittest

from harness import SECRET_KEY, SystemTest
from servers import BINARY, Postern, memory_limit

ADDRESSES = [f"127.0.0.{host}" for host in range(100, 116)]
DESCRIPTORS = 1024


def connect(port, address="127.0.0.1", receive_bytes=0):
    """A socket from that address; None when the server does not take it."""
    sock = socket.socket()
    sock.settimeout(30)
    try:
        if receive_bytes:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        sock.bind((address, 0))
        sock.connect(("127.0.0.1", port))
    except OSError:
        sock.close()
        return None
    return sock


def ask(port, address, request):
    """The status of the answer on a connection of its own; 0 when there is none."""
    sock = connect(port, address)
    if sock is None:
        return 0
    with sock:
        try:
            sock.sendall(request)
            return int((sock.recv(4096).split(b" ") + [b"0", b"0"])[1] or 0)
        except OSError:
            return 0


def register_request(email):
    body = b'{"email":"%s"}' % email.encode()
    return (b"POST /register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
FLOODS = {
    "silent": b"",
    "slow heads": HEAD + b"X-Slow: ",
    "slow bodies": b"POST /register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                   b"Content-Length: 16000\r\n\r\n{",
    "unread responses": (b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n") * 20,
}


class Flood:
    """Opens connections until they are as many as wanted, and opens those anew that end."""

    def __init__(self, port, opening, addresses, connections):
        self._port, self._opening = port, opening
        self._wanted = [address for address in addresses for _ in range(connections)]
        self._sockets = [self._begin(address) for address in self._wanted]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go_on)
        self._thread.start()

    def _begin(self, address):
        sock = connect(self._port, address, 4096)
        if sock is not None:
            try:
                sock.sendall(self._opening)
                sock.setblocking(False)
            except OSError:
                sock.close()
                return None
        return sock

    def _go_on(self):
        while not self._stop.is_set():
            for i, sock in enumerate(self._sockets):
                if self._stop.is_set():
                    return
                if sock is None or self._has_ended(sock):
                    self._sockets[i] = self._begin(self._wanted[i])
                    # As fast as a client that wants the others to be served less, not as fast as
                    # a loop: the machine is shared.
                    time.sleep(0.001)
            time.sleep(0.01)

    def _has_ended(self, sock):
        """One more byte is what a slow client sends."""
        try:
            if self._opening and not self._opening.endswith(b"\r\n\r\n"):
                sock.send(b"1")
            elif self._opening == b"" and sock.recv(1, socket.MSG_PEEK) == b"":
                raise OSError
            return False
        except BlockingIOError:
            return False
        except OSError:
            sock.close()
            return True

    def end(self):
        self._stop.set()
        self._thread.join()
        for sock in self._sockets:
            if sock is not None:
                sock.close()


class ConnectionsTest(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def start(self, name, ulimit=f"-n {DESCRIPTORS}", **settings):
        folder = self.folder / name
        folder.mkdir()
        wrapper = folder / "postern"
        wrapper.write_text(f'#!/bin/sh\nulimit {ulimit}\nexec "{BINARY}" "$@"\n')
        wrapper.chmod(0o755)
        process = Postern("run", folder, {"SECRET_KEY": SECRET_KEY, **self.mail.settings(),
                                          **settings}, binary=wrapper)
        self.addCleanup(lambda: process.process.running() and process.stop())
        return process

    def metrics(self, process):
        text = process.request("GET", "/metrics", port=process.admin_port)[2].decode()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
                for line in text.splitlines() if not line.startswith("#")}

    def open_files(self, process):
        return len(os.listdir(f"/proc/{process.process.child.pid}/fd"))

    def test_W2_one_address_with_2000_connections_stops_neither_others_nor_emails(self):
        process = self.start("one-address")
        flood = Flood(process.port, b"", ["127.0.0.100"], 2000)
        self.addCleanup(flood.end)
        for number in range(50):
            email = f"person{number}@example.com"
            self.assertEqual(ask(process.port, f"127.0.0.{2 + number % 5}",
                                 register_request(email)), 202)
        self.mail.wait_for(50)
        self.assertLess(self.open_files(process), DESCRIPTORS)
        seen = self.metrics(process)
        self.assertGreater(seen['postern_http_connections_refused_total{cap="client"}'] +
                           seen['postern_http_connections_evicted_total{phase="request"}'], 1000)
        self.assertLessEqual(seen["postern_http_connections"], DESCRIPTORS / 8 + 60)
        self.assertNotIn("cannot accept", process.process.log())

    def test_W2_others_are_served_under_each_flood_of_16_addresses(self):
        process = self.start("floods")
        for number, (name, opening) in enumerate(FLOODS.items()):
            with self.subTest(name):
                before = self.metrics(process)["process_resident_memory_bytes"]
                flood = Flood(process.port, opening, ADDRESSES, 100)
                try:
                    answers = [ask(process.port, f"127.0.0.{2 + i % 5}",
                                   register_request(f"flood{number}-{i}@example.com"))
                               for i in range(200)]
                    after = self.metrics(process)["process_resident_memory_bytes"]
                finally:
                    flood.end()
                self.assertGreaterEqual(answers.count(202), 198, name)
                self.assertLess(after - before, memory_limit(48 << 20), name)
        evicted = {key: value for key, value in self.metrics(process).items()
                   if key.startswith("postern_http_connections_evicted_total")}
        self.assertGreater(evicted['postern_http_connections_evicted_total{phase="request"}'], 0)
        self.assertGreater(evicted['postern_http_connections_evicted_total{phase="response"}'], 0)

    def test_W2_the_soft_limit_is_raised(self):
        process = self.start("limits", ulimit="-Sn 256")
        limits = open(f"/proc/{process.process.child.pid}/limits").read()
        line = next(line for line in limits.splitlines() if line.startswith("Max open files"))
        soft, hard = line.split()[3:5]
        self.assertEqual(soft, hard)


if __name__ == "__main__":
    unittest.main()
