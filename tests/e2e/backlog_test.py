"""A hundred thousand emails in backlog: bounded memory, and no pause while they drain."""

import itertools
import pathlib
import socket
import sys
import time
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "chaos"))

from cluster import in_parallel  # noqa: E402
from journal_mail import JournalMail  # noqa: E402
from servers import (Postern, RabbitMq, knows_setting, memory_limit,  # noqa: E402
                     scratch_folder, wait_until)

SECRET_KEY = "0123456789abcdef" * 4
JOBS = 100_000
CLIENTS = 64
IN_ONE_WRITE = 32
# Of the process alone: the libraries that it shares with others differ from system to system.
LARGEST_KB = 45 * 1024
LONGEST_PAUSE_S = 3
DRAIN_S = 300


def register(port, numbers):
    """Many requests in one write (HTTP/1.1 pipelining), one 202 for each."""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.settimeout(60)
        while batch := list(itertools.islice(numbers, IN_ONE_WRITE)):
            bodies = [b'{"email":"backlog%d@example.com"}' % number for number in batch]
            sock.sendall(b"".join(
                b"POST /register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body) for body in bodies))
            answers = b""
            while answers.count(b"HTTP/1.1 ") < len(batch) or not answers.endswith(b"}"):
                more = sock.recv(65536)
                if not more:
                    raise AssertionError("the connection ended")
                answers += more
            if answers.count(b"HTTP/1.1 202") != len(batch):
                raise AssertionError(answers[:300])


class Watch:
    """A process's memory and its progress, sampled until the goal is reached."""

    def __init__(self, process, progress, goal):
        self._status = pathlib.Path(f"/proc/{process.child.pid}/status")
        self._progress, self._goal = progress, goal
        self.longest_pause_s, self.anonymous_kb = 0, 0
        self.failure = None

    def _kb(self, name):
        return int(self._status.read_text().split(name + ":")[1].split()[0])

    def run(self):
        started = moved_at = time.monotonic()
        seen = self._progress()
        while seen < self._goal:
            time.sleep(0.1)
            now, value = time.monotonic(), self._progress()
            self.anonymous_kb = max(self.anonymous_kb, self._kb("RssAnon"))
            self.longest_pause_s = max(self.longest_pause_s, now - moved_at)
            if value > seen:
                seen, moved_at = value, now
            if now - started > DRAIN_S:
                raise AssertionError(f"{seen} of {self._goal} within {DRAIN_S} s")
        self.seconds = time.monotonic() - started
        self.largest_kb = self._kb("VmHWM")
        return self

    def line(self, what):
        return (f"{what}: {JOBS} in {self.seconds:.1f} s, {JOBS / self.seconds:.0f}/s; longest "
                f"pause {self.longest_pause_s:.2f} s; VmHWM {self.largest_kb / 1024:.1f} MB, "
                f"RssAnon at most {self.anonymous_kb / 1024:.1f} MB")


class Backlog(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(scratch_folder())
        self.rabbitmq = RabbitMq(self.folder)
        self.addCleanup(self.rabbitmq.end)
        self.mail = JournalMail(self.folder)
        self.addCleanup(self.mail.stop)

    def new_postern(self, command, **settings):
        folder = self.folder / command
        folder.mkdir()
        settings = {"SECRET_KEY": SECRET_KEY, "LOG_LEVEL": "warn",
                    "RABBITMQ_URL": self.rabbitmq.url(), **settings}
        postern = Postern(command, folder, settings)
        self.addCleanup(lambda: postern.process.running() and postern.kill())
        return postern

    def assert_modest(self, watch, what):
        print(watch.line(what), flush=True)
        self.assertLess(watch.anonymous_kb, memory_limit(LARGEST_KB), what)
        self.assertLess(watch.longest_pause_s, LONGEST_PAUSE_S, what)

    def test_R10_R7_100000_jobs_in_backlog_drain_in_45_MB_without_a_pause(self):
        limit = {"OUTBOX_LIMIT": str(2 * JOBS)}
        app = self.new_postern("app", **(limit if knows_setting("OUTBOX_LIMIT", limit) else {}))
        self.rabbitmq.stop()
        started = time.monotonic()
        in_parallel([lambda first=first: register(app.port, iter(range(first, JOBS, CLIENTS)))
                     for first in range(CLIENTS)])
        print(f"registered: {JOBS} in {time.monotonic() - started:.1f} s")
        self.assertEqual(app.ready()["outbox"], JOBS)
        self.rabbitmq.start()
        relayed = Watch(app.process, lambda: JOBS - app.ready()["outbox"], JOBS)
        wait_until(lambda: app.ready()["broker"] == "up", "the broker")
        self.assert_modest(relayed.run(), "relay")

        self.start_mail_servers(2)
        worker = self.new_postern("worker", **self.mail.settings())
        arrived = Watch(worker.process, self.arrived, JOBS)
        self.assert_modest(arrived.run(), "worker")
        self.assertEqual(len({entry["to"] for entry in self.mail.stored()}), JOBS)

    def start_mail_servers(self, count):
        """Behind one port, since Python is slower than what it is to measure."""
        for _ in range(count):
            process = self.mail.start()
            self.addCleanup(lambda process=process: process.running() and process.kill())
        wait_until(self.mail.journal_path.exists, "the mail servers")
        self._counted, self._lines = 0, 0

    def arrived(self):
        """Whole lines of the journal."""
        with open(self.mail.journal_path, "rb") as journal:
            journal.seek(self._counted)
            fresh = journal.read()
        self._counted += len(fresh)
        self._lines += fresh.count(b"\n")
        return self._lines


if __name__ == "__main__":
    unittest.main()
