"""Dead letters for operators: `postern mail …` on both kinds of queue."""

import datetime
import json
import os
import subprocess
import unittest
import urllib.parse
import uuid

import pika

from harness import SystemTest
from servers import BINARY, POSTGRES_BIN, wait_until

REFUSED = "550 5.1.1 no such user"


class Commands(SystemTest):
    def mail_command(self, system, *arguments, settings=None):
        """exit code, stdout, stderr"""
        env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **system.settings, **(settings or {})}
        done = subprocess.run([BINARY, "mail", *arguments], env=env, cwd=system.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def data(self, system, *arguments):
        code, out, err = self.mail_command(system, *arguments, "--json")
        self.assertEqual(code, 0, err)
        return json.loads(out)

    def dead(self, system):
        return self.data(system, "dead")

    def wait_for_dead(self, system, count):
        found = []

        def all_there():
            found[:] = self.dead(system)
            return len(found) == count
        try:
            wait_until(all_there, f"{count} dead letters")
        except AssertionError as late:
            raise AssertionError(f"{late}, but {found}") from None
        return found

    def dead_letter(self, system, address):
        self.mail.refuse[address] = REFUSED
        before = len(self.dead(system))
        self.assertEqual(system.register(address)[0], 202)
        letters = self.wait_for_dead(system, before + 1)
        del self.mail.refuse[address]
        return letters[-1]


class DeadLetters(Commands):
    NEEDS_RABBITMQ = True
    NEEDS_POSTGRES = True

    def each_system(self):
        for database, queue in (("sqlite", "outbox"), ("postgresql", "outbox"),
                                ("postgresql", "rabbitmq")):
            self.mail.messages.clear()
            system = self.new_system(database, queue)
            yield system, queue
            system.app.stop()
            if system.worker:
                system.worker.stop()

    def test_R6_a_dead_letter_is_seen_replayed_and_arrives_with_a_working_token(self):
        for system, queue in self.each_system():
            address = f"gone-{queue}@example.com"
            letter = self.dead_letter(system, address)
            self.assertEqual(set(letter), {"id", "kind", "email", "reason", "tries", "died_at",
                                           "age_seconds"})
            self.assertEqual((letter["kind"], letter["tries"]), ("confirm", 1))
            self.assertEqual(letter["email"], "g***@example.com")
            self.assertIn("no such user", letter["reason"])
            died_at = datetime.datetime.fromisoformat(letter["died_at"])
            now = datetime.datetime.now(datetime.timezone.utc)
            self.assertLess(abs((now - died_at).total_seconds()), 60)
            self.assertLess(letter["age_seconds"], 60)
            code, table, _ = self.mail_command(system, "dead")
            self.assertEqual(code, 0)
            self.assertIn(letter["id"], table)
            self.assertNotIn(address, table)
            self.assertEqual(self.data(system, "queue")["dead"], 1)

            code, out, err = self.mail_command(system, "replay", letter["id"])
            self.assertEqual((code, out), (0, "1 dead letter replayed\n"), err)
            arrived = self.mail.wait_for_email_to(address)
            self.assertIn(letter["id"], arrived.message["Message-ID"])
            self.assertEqual(system.set_password(arrived.token())[0], 200)
            self.assertEqual(self.dead(system), [])
            self.assertEqual(len([m for m in self.mail.messages if m.to == address]), 1)

    def test_R6_letters_are_chosen_by_id_by_reason_or_all_together(self):
        for system, queue in self.each_system():
            for name in ("a", "b", "c"):
                self.dead_letter(system, f"{name}-{queue}@example.com")
            self.assertEqual([letter["email"][0] for letter in self.dead(system)],
                             ["a", "b", "c"])
            limited = self.data(system, "dead", "--limit", "2")
            self.assertEqual([letter["email"][0] for letter in limited], ["a", "b"])
            self.assertEqual(self.mail_command(system, "replay", "--reason", "over quota")[:2],
                             (0, "0 dead letters replayed\n"))
            middle = self.dead(system)[1]["id"]
            self.assertEqual(self.mail_command(system, "drop", middle)[:2],
                             (0, "1 dead letter dropped\n"))
            self.assertEqual([letter["email"][0] for letter in self.dead(system)], ["a", "c"])
            self.assertEqual(self.mail_command(system, "replay", "--reason", "no such")[:2],
                             (0, "2 dead letters replayed\n"))
            self.mail.wait_for_email_to(f"a-{queue}@example.com")
            self.mail.wait_for_email_to(f"c-{queue}@example.com")
            self.dead_letter(system, f"d-{queue}@example.com")
            self.assertEqual(self.mail_command(system, "drop", "--all")[:2],
                             (0, "1 dead letter dropped\n"))
            self.assertEqual(self.dead(system), [])
            self.assertNotIn(f"b-{queue}@example.com", [m.to for m in self.mail.messages])

    def test_exit_codes(self):
        """An unknown id is 1, wrong usage is 2, and neither changes anything."""
        for system, queue in self.each_system():
            self.dead_letter(system, f"stays-{queue}@example.com")
            for command in ("replay", "drop"):
                code, _, err = self.mail_command(system, command, str(uuid.uuid4()))
                self.assertEqual(code, 1)
                self.assertIn("there is no dead letter", err)
                for wrong in ((), ("--all", "--reason", "x"), ("id", "--all"), ("",),
                              ("--reason", ""), ("--sing",)):
                    code, _, err = self.mail_command(system, command, *wrong)
                    self.assertEqual(code, 2, (command, wrong, err))
            for wrong in ((), ("dead", "--limit", "0"), ("dead", "--limit", "x"), ("sing",)):
                self.assertEqual(self.mail_command(system, *wrong)[0], 2, wrong)
            for command in ("queue", "dead", "replay", "drop", "preview", "send-test"):
                code, out, _ = self.mail_command(system, command, "--help")
                self.assertEqual(code, 0)
                self.assertIn(command, out)
            self.assertEqual(len(self.dead(system)), 1)

    def test_R6_the_counts_tell_what_waits_and_what_waits_for_a_retry(self):
        for system, queue in self.each_system():
            address = f"busy-{queue}@example.com"
            self.mail.refuse[address] = "451 4.7.1 come again"
            system.register(address)
            counts = wait_until(
                lambda: (found := self.data(system, "queue"))["retry"]["10s"] == 1 and found,
                "a letter that waits for a retry")
            self.assertEqual(set(counts), {"queue", "waiting", "waiting_bulk", "in_flight", "retry", "dead",
                                           "workers", "outbox"})
            self.assertEqual(counts["queue"], queue)
            self.assertEqual((counts["waiting"], counts["dead"]), (0, 0))
            self.assertEqual(set(counts["retry"]), {"10s", "1m", "10m", "1h"})
            self.assertEqual(counts["workers"], 1 if queue == "rabbitmq" else None)
            self.assertEqual(counts["outbox"], 0 if queue == "rabbitmq" else 1)
            code, table, _ = self.mail_command(system, "queue")
            self.assertEqual(code, 0)
            self.assertRegex(table, r"retry 10s +1\n")
            del self.mail.refuse[address]
            self.mail.wait_for_email_to(address)


class StrangersLetters(Commands):
    NEEDS_RABBITMQ = True

    def test_R8_what_is_no_job_is_shown_with_its_reason_and_can_be_dropped(self):
        system = self.new_system(queue="rabbitmq")
        wait_until(lambda: system.app.ready()["broker"] == "up", "the broker")
        with pika.BlockingConnection(pika.URLParameters(self.rabbitmq.url())) as connection:
            channel = connection.channel()
            # Without confirms nothing is promised to a publisher that leaves at once.
            channel.confirm_delivery()
            for body, message_id in (("not json \x1b[31m", None), ("{}", "strange\n\x1b[2J"),
                                     ("x" * 100_000, "huge")):
                channel.basic_publish("postern.mail", "mail", body.encode("latin-1"),
                                      pika.BasicProperties(message_id=message_id),
                                      mandatory=True)
        letters = {letter["id"]: letter for letter in self.wait_for_dead(system, 3)}
        self.assertEqual(set(letters), {"-", "strange  [2J", "huge"})
        self.assertIn("bad_job", letters["-"]["reason"])
        self.assertEqual(letters["-"]["email"], "-")
        self.assertIsNotNone(letters["-"]["died_at"])
        # Too large to be read: the broker moved it there and says so.
        self.assertEqual(letters["huge"]["reason"], "rejected")
        self.assertIsNotNone(letters["huge"]["died_at"])
        _, table, _ = self.mail_command(system, "dead")
        self.assertNotIn("\x1b", table)

        code, _, err = self.mail_command(system, "replay", "huge")
        self.assertEqual(code, 1)
        self.assertIn("no worker can read", err)
        code, out, err = self.mail_command(system, "replay", "--reason", "bad_job: not")
        self.assertEqual((code, out), (0, "0 dead letters replayed\n"))
        self.assertIn("1 dead letter left", err)
        self.assertEqual(len(self.dead(system)), 3)
        self.assertEqual(self.mail_command(system, "drop", "huge")[:2],
                         (0, "1 dead letter dropped\n"))
        self.assertEqual(self.mail_command(system, "drop", "--reason", "bad_job")[:2],
                         (0, "2 dead letters dropped\n"))
        self.assertEqual(self.dead(system), [])

    def test_R6_a_workers_machine_has_no_database_and_needs_none(self):
        system = self.new_system(queue="rabbitmq")
        letter = self.dead_letter(system, "far@example.com")
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        system.folder = elsewhere
        self.assertIsNone(self.data(system, "queue")["outbox"])
        code, out, err = self.mail_command(system, "replay", letter["id"])
        self.assertEqual((code, out, err), (0, "1 dead letter replayed\n", ""))
        self.mail.wait_for_email_to("far@example.com")
        self.assertEqual(os.listdir(elsewhere), [])

    def test_no_broker(self):
        system = self.new_system()
        settings = {"RABBITMQ_URL": "amqp://guest:secret@127.0.0.1:1/"}
        for command in (("queue",), ("dead",), ("replay", "--all"), ("drop", "--all")):
            code, out, err = self.mail_command(system, *command, settings=settings)
            self.assertEqual((code, out), (1, ""), command)
            self.assertTrue(err.startswith("postern: "), err)
            self.assertNotIn("secret", err)


class States(Commands):
    NEEDS_RABBITMQ = True
    NEEDS_POSTGRES = True

    def state(self, url):
        database = urllib.parse.urlsplit(url)
        done = subprocess.run(
            [POSTGRES_BIN / "psql", "-h", "127.0.0.1", "-p", str(database.port), "-U",
             "postgres", "-At", "-c", "SELECT state FROM mail_state", database.path.strip("/")],
            check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def test_R6_a_replayed_letter_is_noted_as_queued_and_then_as_sent(self):
        for queue in ("outbox", "rabbitmq"):
            with self.subTest(queue=queue):
                system = self.new_system("postgresql", queue)
                url = system.settings["DATABASE_URL"]
                letter = self.dead_letter(system, f"state-{queue}@example.com")
                wait_until(lambda: self.state(url) == "failed", "the state failed")
                # No worker takes it: the recorded state stays.
                (system.worker or system.app).stop()
                self.assertEqual(self.mail_command(system, "replay", letter["id"])[0], 0)
                self.assertEqual(self.state(url), "queued")
                if queue == "rabbitmq":
                    system.start_worker()
                else:
                    system.app.start()
                self.mail.wait_for_email_to(f"state-{queue}@example.com")
                wait_until(lambda: self.state(url) == "sent", "the state sent")


class EmailCommands(Commands):
    def test_M7_emails_can_be_looked_at_in_both_languages(self):
        system = self.new_system(worker=False, PRODUCT_NAME="Fen & Co")
        code, out, err = self.mail_command(system, "preview", "confirm")
        self.assertEqual(code, 0, err)
        self.assertRegex(out, r"\ASubject: .*Fen & Co")
        self.assertIn("/set-password?token=", out)
        code, html, _ = self.mail_command(system, "preview", "recover", "--locale", "ru", "--html")
        self.assertEqual(code, 0)
        self.assertIn("<html", html)
        self.assertIn("Fen &amp; Co", html)
        self.assertRegex(html, "[а-я]{4}")
        for kind, link in (("already-registered", "/login"), ("password-changed", "/recover-password"),
                           ("confirm-email", "/confirm-email?token="),
                           ("email-change-requested", "/recover-password"),
                           ("email-changed", "/set-password?token="),
                           ("account-deleted", "/register")):
            code, text, err = self.mail_command(system, "preview", kind, "--text")
            self.assertEqual(code, 0, err)
            self.assertNotIn("Subject:", text)
            self.assertIn(link, text)
        templates = system.folder / "mine"
        (templates / "en").mkdir(parents=True)
        (templates / "en" / "confirm.txt").write_text("Mine: {{link}}\n")
        code, text, _ = self.mail_command(system, "preview", "confirm", "--text",
                                          settings={"MAIL_TEMPLATES": str(templates)})
        self.assertEqual(code, 0)
        self.assertRegex(text, r"\AMine: http")
        (templates / "en" / "confirm.txt").write_text("no link\n")
        code, _, err = self.mail_command(system, "preview", "confirm",
                                         settings={"MAIL_TEMPLATES": str(templates)})
        self.assertEqual(code, 1)
        self.assertIn("confirm.txt", err)
        for wrong in ((), ("sing",), ("confirm", "--locale", "xx"),
                      ("confirm", "--html", "--text")):
            self.assertEqual(self.mail_command(system, "preview", *wrong)[0], 2, wrong)

    def test_send_test(self):
        """A test email goes the way of all emails, and tells the server's words."""
        system = self.new_system(worker=False)
        code, out, err = self.mail_command(system, "send-test", "anna@example.com", "--kind",
                                           "recover", "--locale", "ru")
        self.assertEqual(code, 0, err)
        self.assertRegex(out, r"\Ataken: 250")
        mail = self.mail.wait_for_email_to("anna@example.com")
        self.assertRegex(mail.subject, "[а-я]")
        status, _, _ = system.app.request("GET", f"/set-password?token={mail.token()}")
        self.assertEqual(status, 400, "its link opens nothing")
        self.mail.refuse["gone@example.com"] = REFUSED
        code, _, err = self.mail_command(system, "send-test", "gone@example.com")
        self.assertEqual(code, 1)
        self.assertIn("no such user", err)
        self.assertNotIn("gone@example.com", err)
        self.assertEqual(self.mail_command(system, "send-test", "no address")[0], 2)
        code, _, err = self.mail_command(system, "send-test", "anna@example.com",
                                         settings={"SMTP_PASSWORD": "wrong"})
        self.assertEqual(code, 1)
        self.assertNotIn("wrong", err)
        code, _, err = self.mail_command(
            system, "send-test", "anna@example.com",
            settings={name: "" for name in self.mail.settings() if name != "MAIL_FROM"})
        self.assertEqual(code, 1)
        self.assertIn("SMTP_HOST", err)


if __name__ == "__main__":
    unittest.main()
