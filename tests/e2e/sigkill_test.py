"""One process and one SQLite file: plugs pulled, disks filled, and every 202 is an email."""

import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import time
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "chaos"))

from journal_mail import JournalMail  # noqa: E402
from ledger import count  # noqa: E402
from load import Load  # noqa: E402
from servers import Postern, port_answers, scratch_folder, wait_until  # noqa: E402

SECRET_KEY = "0123456789abcdef" * 4
KILLS = 200
PER_SECOND = 150
ARRIVE_WITHIN_S = 60
# An email whose settling failed on a full disk is settled when its lease of 180 s has run out.
LEASE_S = 180


def rows(database, query):
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


class Plugs(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(scratch_folder())
        self.mail = JournalMail(self.folder).start_and_wait()
        self.addCleanup(self.mail.stop)

    def new_postern(self, folder):
        settings = {"SECRET_KEY": SECRET_KEY, "LOG_LEVEL": "off", **self.mail.settings()}
        postern = Postern("run", folder, settings)
        self.addCleanup(lambda: postern.process.running() and postern.kill())
        return postern

    def rows_in_flight(self, folder):
        """What a killed process held: read from a copy, so that its successor finds the write-ahead
        log as the kill has left it."""
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for file in (folder / "data").glob("postern.db*"):
            if file.suffix in (".db", ".db-wal"):
                shutil.copy(file, copy)
        connection = sqlite3.connect(copy / "postern.db")
        held = connection.execute(
            "select count(*) from outbox where leased_until > 0 and dead_at is null").fetchone()[0]
        connection.close()
        return held

    def assert_kept(self, load, folder, in_flight):
        database = folder / "data/postern.db"
        wait_until(lambda: rows(database, "select (select count(*) from outbox where dead_at is null)"
                                " + (select coalesce(sum(unresolved), 0) from mail_request)") == [(0,)],
                   "an empty outbox", ARRIVE_WITHIN_S + LEASE_S)
        dead = {}
        for body, reason in rows(database, "select body, reason from outbox"):
            dead[body.split('"email":"')[1].split('"')[0]] = reason
        counts = count(load.requests, self.mail.journal(), dead, [])
        self.assertEqual((counts.lost, counts.unexpected, counts.dead_without_cause), ([], [], []))
        self.assertLessEqual(counts.repeated, in_flight)
        accounts = {key for key, in rows(database, "select email_key from account")}
        asked = {address for address, request in load.requests.items()
                 if request.answer != "unsent"}
        accepted = {address for address, request in load.requests.items()
                    if request.answer == 202}
        self.assertLessEqual(accepted, accounts)
        self.assertLessEqual(accounts, asked)
        self.assertEqual(rows(database, "pragma integrity_check"), [("ok",)])
        return counts

    def test_R1_R4_sigkill_200_times_under_load_loses_nothing_and_repeats_what_was_in_flight(self):
        postern = self.new_postern(self.folder)
        load = Load("plug", [postern.port], PER_SECOND).start()
        chance, in_flight = random.Random(4), 0
        for _ in range(KILLS):
            # The moment of the kill is drawn, not waited for.
            time.sleep(chance.uniform(0.02, 0.6))
            postern.kill()
            in_flight += self.rows_in_flight(self.folder)
            postern.start(wait=False)
            wait_until(lambda: port_answers(postern.port), "the next one")
        load.stop()
        counts = self.assert_kept(load, self.folder, in_flight)
        self.assertGreater(counts.accepted, KILLS)
        print(f"{KILLS} kills: {counts.accepted} answered 202, {counts.delivered} emails, "
              f"lost 0, repeated {counts.repeated} of {in_flight} in flight, unexpected 0")

    def fill(self, folder):
        """To the last byte. Unbuffered: what does not fit must fail here."""
        file = os.open(folder / "stone", os.O_WRONLY | os.O_CREAT)
        try:
            while True:
                os.write(file, b"x" * 4096)
        except OSError:
            pass
        finally:
            os.close(file)

    def refusals(self, load):
        return sum(request.answer == 503 for request in list(load.requests.values()))

    def test_R13_R4_a_full_disk_that_has_room_again_loses_nothing(self):
        if os.geteuid() != 0:
            self.fail("wants root, for a small file system")
        folder = self.folder / "small"
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], check=True)
        self.addCleanup(lambda: subprocess.run(["umount", "-l", folder], check=True))
        postern = self.new_postern(folder)
        load = Load("full", [postern.port], PER_SECOND).start()
        self.addCleanup(load.stop)
        in_flight = 0
        for round_number in range(4):
            wait_until(lambda: len(self.mail.stored()) > 50 * (round_number + 1), "emails")
            before = self.refusals(load)
            self.fill(folder)
            wait_until(lambda: self.refusals(load) > before + 50, "a full disk")
            if round_number % 2:
                postern.kill()
            (folder / "stone").unlink()
            if round_number % 2:
                in_flight += self.rows_in_flight(folder)
                postern.start()
            accepted = sum(request.answer == 202 for request in list(load.requests.values()))
            wait_until(lambda: sum(request.answer == 202 for request in list(
                load.requests.values())) > accepted + 50, "202 again")
        load.stop()
        counts = self.assert_kept(load, folder, in_flight)
        print(f"full disk, 4 times, twice with a kill: {counts.accepted} answered 202, "
              f"{self.refusals(load)} answered 503, {counts.delivered} emails, lost 0, "
              f"repeated {counts.repeated} of {in_flight} in flight, unexpected 0")


if __name__ == "__main__":
    unittest.main()
