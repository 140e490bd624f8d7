"""Times of responses, and how well one of them distinguishes two states."""

import bisect
import json
import random
import socket
import time

# What one sample may reveal.
AREA_LIMIT = 0.55


def interleaved(states, samples):
    """So many samples of each state in a random order, so that a machine that becomes slower or
    faster affects all of them."""
    order = list(states) * samples
    random.Random(7).shuffle(order)
    return order


def area_under_curve(some, others):
    """The AUC of one sample: the probability that a random time of `some` is longer than a random
    time of `others`, or the reverse if that is more probable. At 0.5 the two cannot be
    distinguished."""
    ordered = sorted(others)
    wins = sum(bisect.bisect_left(ordered, value) + bisect.bisect_right(ordered, value)
               for value in some)
    area = wins / (2 * len(some) * len(others))
    return max(area, 1 - area)


class Timer:
    """One connection; each request takes one write."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask_ms(self, head, body, status):
        """The time from the write to the response, which must have the status."""
        data = f"{head}\r\n{body}".encode()
        started = time.perf_counter()
        self.socket.sendall(data)
        response = self.socket.recv(65536)
        took = time.perf_counter() - started
        assert response.startswith(f"HTTP/1.1 {status} ".encode()), response
        return took * 1000

    def post_ms(self, path, body, status, headers):
        lines = {"Host": "localhost", "Content-Length": len(body), **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return self.ask_ms(f"POST {path} HTTP/1.1\r\n{head}", body, status)

    def get_ms(self, path):
        return self.ask_ms(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n", "", 200)

    def post_address_ms(self, path, address):
        return self.post_ms(path, json.dumps({"email": address}), 202,
                            {"Content-Type": "application/json"})

    def close(self):
        self.socket.close()
