"""Registrations at a steady rate over several apps, and what each was answered."""

import dataclasses
import http.client
import itertools
import json
import threading
import time

THREADS = 12
ANSWER_WITHIN_S = 10
REFUSED_FOR_GOOD_EVERY = 40


@dataclasses.dataclass
class Request:
    """`answer` is 202, another status, `unknown` (sent, and no answer came) or `unsent`."""
    began: float
    ended: float
    answer: object


class Load:
    """Every address is asked for once only, so that each may have one email."""

    def __init__(self, name, ports, per_second):
        self._name, self._ports, self._interval = name, ports, 1 / per_second
        self.requests = {}
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._next_at = time.monotonic()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(THREADS)]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(ANSWER_WITHIN_S + 5)

    def _turn(self):
        """The time of the next request. Who is late does not hurry after."""
        with self._lock:
            now = time.monotonic()
            self._next_at = max(self._next_at + self._interval, now - self._interval)
            return next(self._numbers), self._next_at

    def _run(self):
        connections = {}
        while not self._stop.is_set():
            number, at = self._turn()
            if self._stop.wait(max(0, at - time.monotonic())):
                return
            who = "unknown" if number % REFUSED_FOR_GOOD_EVERY == 7 else "user"
            address = f"{who}.{self._name}.{number}@d{number % 7}.example.com"
            port = self._ports[number % len(self._ports)]
            self._register(connections, port, address)

    def _register(self, connections, port, address):
        request = Request(time.monotonic(), 0, "unsent")
        with self._lock:
            self.requests[address] = request
        try:
            connection = connections.get(port)
            if connection is None:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_WITHIN_S)
                connection.connect()
                connections[port] = connection
            request.answer = "unknown"
            connection.request("POST", "/register", json.dumps({"email": address}),
                               {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            request.answer = response.status
            if response.will_close:
                connections.pop(port).close()
        except (OSError, http.client.HTTPException):
            if broken := connections.pop(port, None):
                broken.close()
        request.ended = time.monotonic()
