"""The two clients of K2, each a process of one thread, so that what is measured is the server:

    login_load.py logins PORT CONNECTIONS SECONDS [flood]
    login_load.py samples PORT ADMIN_PORT SECONDS

`logins` keeps that many connections, each with one login after another of unknown
addresses; after a 503 it waits as long as Retry-After says, as a flood it does not. It prints how often it
got which answer. `samples` asks /readyz and registers, one after the other, and prints how long each
took, in milliseconds: until the kernel had the answer for us, since how long we wait for a core of our
own then is not the server's doing."""

import collections
import heapq
import json
import selectors
import socket
import struct
import sys
import time


# Linux; the socket module does not name it. Control messages have its number as well.
SO_TIMESTAMPNS = 35


def post(path, fields):
    body = json.dumps(fields).encode()
    return (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def whole_answer(data):
    """Status and Retry-After; None while something is missing."""
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return None
    lines = head.split(b"\r\n")
    fields = {name.lower(): value.strip() for name, _, value in
              (line.partition(b":") for line in lines[1:])}
    if len(body) < int(fields.get(b"content-length", 0)):
        return None
    return int(lines[0].split()[1]), fields.get(b"retry-after", b"").decode()


class Login:
    """One connection and what has come of the answer that it waits for."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.data = b""

    def ask(self, number):
        self.data = b""
        self.socket.sendall(post("/login", {"email": f"unknown{number}@example.com",
                                            "password": "a quiet green river 7"}))


def logins(port, connections, seconds, flood):
    answers = collections.Counter()
    selector = selectors.DefaultSelector()
    number = 0
    for _ in range(connections):
        login = Login(port)
        selector.register(login.socket, selectors.EVENT_READ, login)
        number += 1
        login.ask(number)
    waiting = []
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        while waiting and waiting[0][0] <= time.monotonic():
            number += 1
            heapq.heappop(waiting)[2].ask(number)
        for key, _ in selector.select(0.01 if waiting else 0.1):
            login = key.data
            data = login.socket.recv(65536)
            if not data:
                sys.exit("the server hung up")
            login.data += data
            answer = whole_answer(login.data)
            if answer is None:
                continue
            answers[f"{answer[0]} {answer[1]}"] += 1
            wait = 0 if flood else int(answer[1] or 0)
            number += 1
            heapq.heappush(waiting, (time.monotonic() + wait, number, login))
    return answers


def samples(port, admin_port, seconds):
    requests = {"readyz": (admin_port, lambda _: b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n",
                           200),
                "register": (port, lambda n: post("/register",
                                                  {"email": f"guest{n}@example.com"}), 202)}
    connections = {name: socket.create_connection(("127.0.0.1", to), 60)
                   for name, (to, _, _) in requests.items()}
    for connection in connections.values():
        connection.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    times = {name: [] for name in requests}
    awake = {name: [] for name in requests}
    ends = time.monotonic() + seconds
    number = time.monotonic_ns()
    while time.monotonic() < ends:
        for name, (_, request, expected) in requests.items():
            number += 1
            data, answer = b"", None
            message = request(number)
            began = time.time_ns()
            connections[name].sendall(message)
            while answer is None:
                part, control, _, _ = connections[name].recvmsg(65536, 64)
                data += part
                answer = whole_answer(data)
            if answer[0] != expected:
                sys.exit(f"{name}: {answer[0]}")
            if not control:
                # The kernel begins to stamp a moment after it was asked to.
                continue
            seconds_part, ns_part = struct.unpack("qq", control[0][2])
            times[name].append((1_000_000_000 * seconds_part + ns_part - began) / 1e6)
            awake[name].append((time.time_ns() - began) / 1e6)
            # A guest now and then, not a load of its own.
            time.sleep(0.003)
    return {**times, **{f"{name}, seen": awake[name] for name in awake}}


if __name__ == "__main__":
    if sys.argv[1] == "logins":
        found = logins(int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]),
                       sys.argv[5:] == ["flood"])
    else:
        found = samples(int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
    print(json.dumps(found))
