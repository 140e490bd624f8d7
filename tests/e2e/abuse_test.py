"""Abuse from very many addresses, and of very many accounts."""

import collections
import concurrent.futures
import itertools
import json
import pathlib
import resource
import socket
import threading
import unittest

from harness import PASSWORD, SystemTest
from servers import memory_limit

BATCH = 200
CONNECTIONS = 32
MIB = 1024 * 1024
JSON = "Content-Type: application/json\r\n"


def post(path, body, network):
    return (f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{JSON}X-Forwarded-For: {network}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}")


def send_pipelined(port, requests):
    """How often which status answered; BATCH requests are in flight."""
    statuses = collections.Counter()
    requests = iter(requests)
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        while batch := list(itertools.islice(requests, BATCH)):
            sender = threading.Thread(target=connection.sendall,
                                      args=("".join(batch).encode(),))
            sender.start()
            statuses.update(read_statuses(connection, len(batch)))
            sender.join()
    return statuses


def send_in_parallel(port, requests):
    """The same over several connections."""
    requests = list(requests)
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        parts = [pool.submit(send_pipelined, port, requests[first::CONNECTIONS])
                 for first in range(CONNECTIONS)]
    return sum((part.result() for part in parts), collections.Counter())


def read_statuses(connection, count):
    data = b""
    while count:
        chunk = connection.recv(1 << 16)
        assert chunk, f"{count} responses are missing"
        data += chunk
        while (end := data.find(b"\r\n\r\n")) >= 0:
            head = data[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15:].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(data) < end + 4 + length:
                break
            data = data[end + 4 + length:]
            count -= 1
            yield int(head.split()[1])


def ipv4(number):
    """Of 10.0.0.0/8."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


class Abuse(SystemTest):
    def start(self, **settings):
        self.system = self.new_system(TRUSTED_PROXIES="127.0.0.1/32", **settings)
        self.app = self.system.app

    def resident(self):
        statm = pathlib.Path(f"/proc/{self.app.process.child.pid}/statm").read_text()
        return int(statm.split()[1]) * resource.getpagesize()

    def login(self, address, password, network):
        status, _, body = self.app.request(
            "POST", "/login", json.dumps({"email": address, "password": password}),
            {"Content-Type": "application/json", "X-Forwarded-For": network})
        return status, json.loads(body).get("code")


class ManyAddresses(Abuse):
    body = json.dumps({"email": "unknown@example.com"})

    def test_L6_each_of_a_thousand_addresses_has_exactly_its_limit(self):
        self.start(REQUEST_LIMIT_PER_IP="5/h")
        # In rounds, so that all of them are counted at the same time.
        statuses = send_in_parallel(self.app.port, (
            post("/recover-password", self.body, ipv4(number)) for _ in range(7)
            for number in range(1000)))
        self.assertEqual(statuses, {202: 5000, 429: 2000})

    def test_L6_a_million_addresses_take_bounded_memory_and_lock_out_no_other(self):
        self.start(REQUEST_LIMIT_PER_IP="5/h")
        sizes = [self.resident()]
        for numbers in (range(1_100_000), range(1_100_000, 1_600_000)):
            # Without an email address in it, a request costs little but its count.
            statuses = send_pipelined(self.app.port, (
                post("/recover-password", "{}", ipv4(number)) for number in numbers))
            self.assertEqual(statuses, {400: len(numbers)})
            sizes.append(self.resident())
        million, more = (sizes[1] - sizes[0]) / MIB, (sizes[2] - sizes[1]) / MIB
        print(f"L6: memory +{million:.0f} MiB, for further addresses +{more:.0f} MiB")
        self.assertLess(million, memory_limit(200))
        self.assertLess(more, memory_limit(20))
        self.assertEqual(send_pipelined(self.app.port, (
            post("/recover-password", self.body, "203.0.113.7") for _ in range(6))),
            {202: 5, 429: 1})


class Spraying(Abuse):
    """One password, tried on very many accounts: no account has more than one failure. Addresses
    without an account cost the same as those with one."""

    accounts = 100_000

    def spray(self, networks, limit):
        self.start(REQUEST_LIMIT_PER_IP="1000000/h", LOGIN_LIMIT_PER_CLIENT=f"{limit}/h")
        self.system.confirmed_account("owner@example.com")
        statuses = send_in_parallel(self.app.port, (
            post("/login", json.dumps({"email": f"user{number}@example.com",
                                       "password": "a password of many people"}),
                 ipv4(number % networks << 8)) for number in range(self.accounts)))
        tried = networks * limit
        self.assertEqual(statuses, {401: tried, 429: self.accounts - tried})
        # The right password from there is not tried either; from elsewhere it is.
        self.assertEqual(self.login("owner@example.com", PASSWORD, ipv4(0)),
                         (429, "too_many_attempts"))
        self.assertEqual(self.login("owner@example.com", PASSWORD, "203.0.113.7"), (200, None))

    def test_L1_one_client_has_few_tries_on_a_hundred_thousand_accounts(self):
        self.spray(networks=1, limit=50)

    def test_L1_a_hundred_clients_have_few_tries_each(self):
        self.spray(networks=100, limit=2)


if __name__ == "__main__":
    unittest.main()
