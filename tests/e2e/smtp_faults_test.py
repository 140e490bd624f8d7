"""What mail servers do that is not in the book: each case by its id, against a scripted server."""

import json
import os
import pathlib
import sqlite3
import threading
import time
import unittest

from scripted_smtp import CLOSE, ScriptedSmtp
from servers import BINARY, Postern, RabbitMq, scratch_folder, wait_until

BUILD = pathlib.Path(os.environ.get("POSTERN_BUILD", BINARY.parent))
SECRET_KEY = "0123456789abcdef" * 4


class Case(unittest.TestCase):
    BROKER = None

    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(scratch_folder())
        cls.rabbitmq = None
        if cls.BROKER:
            cls.rabbitmq = RabbitMq(cls.folder)
            cls.addClassCleanup(cls.rabbitmq.end)

    def server(self, answer=None, **options):
        server = ScriptedSmtp(answer, **options)
        self.addCleanup(server.stop)
        return server

    def start(self, server, quicker=1, name=None, **settings):
        """`postern run`, or app and worker with a broker; the SMTP time-outs so much shorter."""
        folder = self.folder / (name or self.id().rsplit(".", 1)[1])
        folder.mkdir()
        common = {"SECRET_KEY": SECRET_KEY, "SMTP_QUICKER": str(quicker),
                  "MAIL_LIMIT_PER_ADDRESS": "1000/h", **server.settings(), **settings}
        if self.rabbitmq:
            common["RABBITMQ_URL"] = self.rabbitmq.new_vhost(folder.name)
        self.app = self._own("app" if self.rabbitmq else "run", folder, common)
        self.sender = self.app
        if self.rabbitmq:
            base = {"BASE_URL": f"http://localhost:{self.app.port}"}
            self.sender = self._own("worker", folder, {**base, **common})
        return self.app

    def _own(self, command, folder, settings):
        process = Postern(command, folder, settings, binary=BUILD / "postern_crash")
        self.addCleanup(lambda: process.process.running() and process.kill())
        return process

    def register(self, *addresses):
        for address in addresses:
            self.assertEqual(self.app.post("/register", {"email": address})[0], 202)

    def assert_arrive(self, server, addresses, seconds=30):
        wanted = set(addresses)
        try:
            wait_until(lambda: wanted <= set(server.recipients()), "all arrive", seconds)
        except AssertionError:
            self.fail(f"missing: {wanted - set(server.recipients())}\n{self.sender.process.log()}")

    def select(self, statement, *parameters):
        database = sqlite3.connect(f"file:{self.app.folder}/data/postern.db?mode=ro", uri=True)
        try:
            database.row_factory = sqlite3.Row
            return database.execute(statement, parameters).fetchall()
        finally:
            database.close()

    def row(self, address):
        """The job's row in the outbox, when that is the queue."""
        rows = self.select("SELECT * FROM outbox WHERE body LIKE ?", f'%"{address}"%')
        return rows[0] if rows else None

    def deferrals(self):
        """When each job that waits for another try was deferred, and until when."""
        return [tuple(row) for row in self.select(
            "SELECT changed_at, next_try_at FROM mail_state WHERE state = 'deferred'")]

    def dead(self):
        return json.loads(self.app.run_command("mail", "dead", "--json"))

    def held_back(self):
        return self.sender.process.log().count("mail relay held back")


class EveryQueue:
    """Cases that are tried with either queue."""

    def test_S1_a_250_long_after_the_final_dot_is_one_message_and_delays_no_other(self):
        slow, release = "slow@example.com", threading.Event()

        def answer(step, text, session):
            if step == "." and session.to == slow:
                release.wait(8)
        server = self.server(answer)
        self.start(server, quicker=60, SMTP_CONNECTIONS="1")
        self.register(slow)
        wait_until(lambda: slow in server.said("."), "its final dot")
        others = [f"other{i}@example.com" for i in range(5)]
        self.register(*others)
        self.assert_arrive(server, others)
        self.assertNotIn(slow, server.recipients())
        release.set()
        self.assert_arrive(server, [slow])
        wait_until(lambda: self.app.ready()["outbox"] == 0, "an empty outbox")
        self.assertEqual(server.recipients().count(slow), 1)
        self.assertEqual(self.held_back(), 0)

    def test_S6_a_421_to_one_recipient_delays_no_other(self):
        bad = "no-route@example.com"

        def answer(step, text, session):
            if step == "RCPT" and session.to == bad:
                return "421 4.3.0 Recipient not in route list"
        server = self.server(answer)
        self.start(server)
        self.register(bad)
        wait_until(lambda: any(bad in text for text in server.said("RCPT")), "its RCPT")
        others = [f"other{i}@example.com" for i in range(20)]
        self.register(*others)
        self.assert_arrive(server, others)
        self.assertEqual(self.held_back(), 0)
        if not self.rabbitmq:
            wait_until(lambda: self.row(bad)["attempts"] == 1, "an attempt that counts")

    def test_R6_S9_what_waited_for_a_relay_leaves_as_soon_as_it_is_back(self):
        server = self.server()
        self.start(server)
        self.register("before@example.com")
        self.assert_arrive(server, ["before@example.com"])
        server.stop()
        waiting = [f"waiting{i}@example.com" for i in range(30)]
        self.register(*waiting)
        deferrals = wait_until(self.deferrals, "a deferral")
        # They wait for the relay alone, and for no step of the back-off.
        for changed_at, next_try_at in deferrals:
            self.assertLessEqual(next_try_at, changed_at)
        server.start()
        self.assert_arrive(server, waiting)
        self.assertEqual(self.held_back(), 1)
        wait_until(lambda: "mail relay works again" in self.sender.process.log(), "one log line")


class OutboxFaults(EveryQueue, Case):
    def test_S1_every_step_may_take_as_long_as_the_RFC_says(self):
        pauses = {"greeting": .75, "MAIL": .4, "RCPT": .7, "DATA": 1.2, ".": 1.3}

        def answer(step, text, session):
            time.sleep(pauses.get(step, 0))
        server = self.server(answer)
        self.start(server, quicker=60)
        self.register("a@example.com")
        self.assert_arrive(server, ["a@example.com"])
        wait_until(lambda: self.app.ready()["outbox"] == 0, "an empty outbox")
        self.assertEqual(len(server.dots), 1)

    def test_S1_without_a_reply_to_the_final_dot_no_copy_for_ten_minutes(self):
        server = self.server(lambda step, text, session: CLOSE if step == "." else None)
        self.start(server)
        self.register("a@example.com")
        row = wait_until(lambda: (row := self.row("a@example.com")) and row["attempts"] and row,
                         "a deferral")
        self.assertGreaterEqual(row["available_at"] - time.time() * 1000, 590_000)
        self.assertEqual(row["unknown_outcomes"], 1)
        self.assertIn("outcome unknown", row["reason"])
        self.assertEqual(len(server.dots), 1)
        self.assertEqual(self.held_back(), 0)

    def test_S2_a_571_to_one_recipient_is_a_dead_letter_with_its_words(self):
        bad = "turned-away@example.com"

        def answer(step, text, session):
            if step == "RCPT" and session.to == bad:
                return "571 Delivery not authorized, message refused"
        server = self.server(answer)
        self.start(server)
        self.register(bad, "other@example.com")
        self.assert_arrive(server, ["other@example.com"])
        dead = wait_until(self.dead, "a dead letter")
        self.assertIn("571 Delivery not authorized, message refused", json.dumps(dead))
        self.assertEqual(self.held_back(), 0)

    def test_S3_a_sender_that_is_not_ours_kills_nothing_and_is_named(self):
        for number, refusal in enumerate((
                "554 5.2.252 SendAsDenied; app@example.com not allowed to send as"
                " no-reply@example.com",
                "550 5.7.60 SMTP; Client does not have permissions to send as this sender")):
            with self.subTest(refusal):
                allowed = threading.Event()

                def answer(step, text, session):
                    return refusal if step == "." and not allowed.is_set() else None
                server = self.server(answer)
                self.start(server, name=f"sender{number}")
                addresses = [f"user{i}@example.com" for i in range(8)]
                self.register(*addresses)
                wait_until(self.held_back, "the relay is held back")
                self.assertIn("MAIL_FROM=no-reply@example.com", self.app.process.log())
                self.assertEqual(self.dead(), [])
                allowed.set()
                self.assert_arrive(server, addresses, seconds=60)
                self.assertEqual(self.held_back(), 1)
                self.app.stop()

    def test_S3_the_second_relay_takes_what_the_first_does_not_let_us_send(self):
        first = self.server(lambda step, text, session:
                            "554 5.2.252 SendAsDenied; not allowed to send as" if step == "."
                            else None)
        second = self.server()
        self.start(first, SMTP_RELAYS=f"127.0.0.1:{second.port}")
        addresses = [f"user{i}@example.com" for i in range(8)]
        self.register(*addresses)
        self.assert_arrive(second, addresses)
        self.assertEqual(self.dead(), [])

    def test_S4_a_limit_on_the_rate_makes_all_of_them_slower_and_none_dead(self):
        seconds, lock = {}, threading.Lock()

        def answer(step, text, session):
            if step != "DATA":
                return None
            with lock:
                second = int(time.monotonic())
                seconds[second] = seconds.get(second, 0) + 1
                if seconds[second] > 3:
                    return "550 5.7.0 Requested action not taken: too many emails per second"
        server = self.server(answer)
        self.start(server)
        addresses = [f"user{i}@example.com" for i in range(30)]
        self.register(*addresses)
        self.assert_arrive(server, addresses, seconds=90)
        self.assertEqual(self.dead(), [])

    def test_S4_a_daily_limit_defers(self):
        server = self.server(lambda step, text, session:
                             "550 5.4.5 Daily user sending limit exceeded" if step == "."
                             else None)
        self.start(server)
        self.register("a@example.com", "b@example.com")
        wait_until(self.held_back, "the relay is held back")
        self.assertIn("sending limit", self.app.process.log())
        self.assertEqual(self.dead(), [])
        self.assertEqual(self.row("a@example.com")["dead_at"], None)

    def test_S5_EHLO_says_a_domain_name(self):
        def answer(step, text, session):
            if step == "EHLO" and ("[" in text or "." not in text):
                return "421 4.7.0 Try again later, closing connection. (EHLO)"
        for number, settings in enumerate(({"SMTP_HELO_NAME": "mail.example.com"},
                                           {"BASE_URL": "https://mail.example.com"})):
            server = self.server(answer)
            self.start(server, name=f"helo{number}", **settings)
            self.register("a@example.com")
            self.assert_arrive(server, ["a@example.com"])
            self.assertEqual(set(server.said("EHLO")), {"EHLO mail.example.com"})
            self.app.stop()

    def test_S8_HELO_where_EHLO_is_unknown(self):
        server = self.server(lambda step, text, session:
                             "502 5.5.1 unknown" if step == "EHLO" else None)
        self.start(server)
        self.register("a@example.com", "b@example.com")
        self.assert_arrive(server, ["a@example.com", "b@example.com"])

    def test_S9_pauses_grow_after_a_refused_login_and_one_line_says_so(self):
        right = threading.Event()

        def answer(step, text, session):
            if step == "AUTH" and not right.is_set():
                return "535 5.7.139 Authentication unsuccessful"
        server = self.server(answer, auth=True)
        self.start(server, SMTP_USER="app@example.com", SMTP_PASSWORD="secret",
                   SMTP_CONNECTIONS="1")
        self.register("a@example.com")
        wait_until(lambda: len(server.times("AUTH")) >= 4, "four logins")
        times = server.times("AUTH")
        gaps = [after - before for before, after in zip(times, times[1:])]
        self.assertEqual(gaps, sorted(gaps))
        self.assertGreater(gaps[2], 3)
        self.assertEqual(self.held_back(), 1)
        self.assertIn("check SMTP_USER and SMTP_PASSWORD", self.app.process.log())
        self.assertEqual(self.row("a@example.com")["attempts"], 0)
        right.set()
        self.assert_arrive(server, ["a@example.com"])
        self.assertEqual(self.held_back(), 1)

    def test_M1_an_encoded_MAIL_FROM_is_decoded_once(self):
        server = self.server()
        self.start(server,
                   MAIL_FROM="=?UTF-8?B?0J/RgNC40LzQtdGA?= <no-reply@example.com>")
        self.register("a@example.com")
        self.assert_arrive(server, ["a@example.com"])
        sender = server.message_to("a@example.com")["From"].addresses[0]
        self.assertEqual((sender.display_name, sender.addr_spec),
                         ("Пример", "no-reply@example.com"))

    def test_M1_no_break_spaces_of_a_copied_app_password_are_no_part_of_it(self):
        passwords = []

        def answer(step, text, session):
            if step == "AUTH":
                passwords.append(session.password)
        server = self.server(answer, auth=True)
        self.start(server, SMTP_USER="app@example.com",
                   SMTP_PASSWORD="abcd\u00a0efgh\u00a0ijkl\u00a0mnop")
        self.register("a@example.com")
        self.assert_arrive(server, ["a@example.com"])
        self.assertEqual(set(passwords), {"abcdefghijklmnop"})


class RabbitFaults(EveryQueue, Case):
    BROKER = True


if __name__ == "__main__":
    unittest.main()
