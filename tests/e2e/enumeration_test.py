"""Responses never reveal who has an account: not by bytes, not by time, not by a fault."""

import base64
import itertools
import json
import os
import statistics
import subprocess
import unittest

from harness import SystemTest
from servers import free_port, wait_until
from timing import AREA_LIMIT, Timer, area_under_curve, interleaved

VARYING = {"x-request-id", "date"}
# Of each state. For two equal distributions the area then has a standard deviation of 0.012, and the
# limit is more than four of those away.
SAMPLES = int(os.environ.get("POSTERN_TIMING_SAMPLES", "1200"))


class Enumeration(SystemTest):
    NEEDS_POSTGRES = True
    NEEDS_RABBITMQ = True

    def unresolved(self, system):
        """How many accepted requests are not resolved yet."""
        metrics = system.app.request("GET", "/metrics", port=system.app.admin_port)[2]
        return int(metrics.split(b"\npostern_requests_unresolved ")[1].split()[0])

    def answer(self, system, path, address, accept="*/*"):
        status, headers, body = system.app.request(
            "POST", path, json.dumps({"email": address}),
            {"Content-Type": "application/json", "Accept": accept})
        kept = sorted((name.lower(), value) for name, value in headers.items()
                      if name.lower() not in VARYING)
        return status, kept, body

    def prepare(self, system):
        """known addresses by state"""
        system.confirmed_account("confirmed@example.com")
        system.register("unconfirmed@example.com")
        system.email_to("unconfirmed@example.com")
        system.confirmed_account("disabled@example.com")
        import sqlite3
        with sqlite3.connect(system.folder / "data/postern.db", timeout=10) as database:
            changed = database.execute("update account set state = 'disabled', "
                                       "revision = revision + 1 "
                                       "where email = 'disabled@example.com'")
            self.assertEqual(changed.rowcount, 1)
        database.close()
        for _ in range(3):
            system.register("exhausted@example.com")
        system.email_to("exhausted@example.com", 3)
        return ["confirmed@example.com", "unconfirmed@example.com", "disabled@example.com",
                "exhausted@example.com", "unknown@example.com"]

    def assert_alike(self, system, addresses):
        for path in ("/recover-password", "/register"):
            for accept in ("*/*", "text/html"):
                answers = {repr(self.answer(system, path, address, accept)): address
                           for address in addresses}
                self.assertEqual(len(answers), 1, answers)
                self.assertIn("202", next(iter(answers)))

    def test_E1_every_state_gets_the_same_bytes(self):
        system = self.new_system()
        self.assert_alike(system, self.prepare(system))

    def test_E1_unknown_and_disabled_addresses_get_no_email(self):
        system = self.new_system()
        self.prepare(system)
        self.mail.messages.clear()
        system.recover("unknown@example.com")
        system.recover("disabled@example.com")
        system.register("disabled@example.com")
        system.recover("confirmed@example.com")
        # Emails may leave in any order: all are sent when no request and no mail job waits.
        wait_until(lambda: self.unresolved(system) == 0, "all requests are resolved")
        wait_until(lambda: system.app.ready()["outbox"] == 0, "an empty outbox")
        self.assertEqual([mail.to for mail in self.mail.messages], ["confirmed@example.com"])

    def test_E4_a_broken_mail_server_or_broker_tells_nothing(self):
        system = self.new_system(queue="rabbitmq")
        addresses = self.prepare(system)
        self.mail.refuse.update({address: "550 5.1.1 no such user" for address in addresses})
        self.assert_alike(system, addresses)
        self.rabbitmq.stop()
        try:
            wait_until(lambda: system.app.ready()["status"] == "degraded", "degraded")
            self.assert_alike(system, addresses)
        finally:
            self.rabbitmq.start()

    def test_E5_the_email_goes_to_the_stored_address(self):
        system = self.new_system()
        system.confirmed_account("Stored.Name@example.com")
        system.recover("sTORED.nAME@EXAMPLE.com")
        self.assertEqual(self.mail.wait_for(2)[-1].to, "Stored.Name@example.com")

    def times_ms(self, port, path, addresses):
        """{state: times}. `addresses`: {state: iterator}."""
        times = {state: [] for state in addresses}
        timer = Timer(port)
        for state in interleaved(addresses, SAMPLES):
            times[state].append(timer.post_address_ms(path, next(addresses[state])))
        timer.close()
        return times

    def assert_indistinguishable(self, path, times):
        for one, other in itertools.combinations(times, 2):
            area = area_under_curve(times[one], times[other])
            medians = [statistics.median(times[state]) for state in (one, other)]
            self.assertLessEqual(area, AREA_LIMIT, f"{path}: {one} and {other}: {medians} ms")

    def assert_same_time(self, system):
        """E2 for every pair of states, on both routes."""
        states = ["confirmed", "unconfirmed", "disabled"]
        lines = [json.dumps({"email": f"{state}{number}@example.com", "state": state})
                 for state in states for number in range(40)]
        (system.folder / "accounts.jsonl").write_text("\n".join(lines))
        system.app.run_command("accounts", "import", "accounts.jsonl")
        fresh = (f"new{number}@example.com" for number in itertools.count())
        for path in ("/recover-password", "/register"):
            # Lists: a generator would read `state` later, when it names the last one.
            addresses = {state: itertools.cycle([f"{state}{number}@example.com"
                                                 for number in range(40)]) for state in states}
            addresses["limited"] = itertools.repeat("confirmed0@example.com")
            addresses["unknown"] = (fresh if path == "/register"
                                    else itertools.repeat("unknown@example.com"))
            times = self.times_ms(system.app.port, path, addresses)
            self.assert_indistinguishable(path, times)

    def test_E2_requests_are_answered_while_no_account_can_be_read_or_written(self):
        system = self.new_system(database="postgresql", queue="outbox")
        system.confirmed_account("confirmed@example.com")
        system.register("unconfirmed@example.com")
        system.email_to("unconfirmed@example.com")
        wait_until(lambda: system.app.ready()["outbox"] == 0, "an empty outbox")
        other = subprocess.Popen(["psql", "-XAtq", "-d", system.settings["DATABASE_URL"]],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(other.kill)

        def execute(statements):
            print(statements, "SELECT 'done';", file=other.stdin, flush=True)
            self.assertEqual(other.stdout.readline(), "done\n")

        for path in ("/register", "/recover-password"):
            for state in ("confirmed", "unconfirmed", "new"):
                execute("BEGIN; LOCK TABLE account IN ACCESS EXCLUSIVE MODE;")
                timer = Timer(system.app.port)
                timer.socket.settimeout(10)
                timer.post_address_ms(path, f"{state}@example.com")
                self.assertEqual(self.unresolved(system), 1, "no account was read yet")
                execute("COMMIT;")
                timer.close()
                wait_until(lambda: self.unresolved(system) == 0, "the request is resolved")

    def test_E2_no_state_takes_another_time_with_a_worker(self):
        self.assert_same_time(self.new_system(MAIL_LIMIT_PER_ADDRESS="1000000/h"))

    def test_E2_no_state_takes_another_time_without_a_worker(self):
        self.assert_same_time(self.new_system(worker=False))

    def test_E2_no_state_takes_another_time_while_the_mail_server_is_away(self):
        self.assert_same_time(self.new_system(
            database="postgresql", queue="rabbitmq", MAIL_LIMIT_PER_ADDRESS="1000000/h",
            SMTP_PORT=str(free_port())))

    def test_E2_an_unknown_client_and_a_wrong_secret_take_the_same_time(self):
        system = self.new_system(worker=False)
        for client, kind in (("notes", "web"), ("cards", "spa")):
            system.app.run_command("clients", "add", "--id", client, "--name", client, "--type", kind,
                                   "--redirect-uri", "https://notes.example/callback")
        # Ids of one length, as the requests must be.
        clients = {"wrong secret": "notes", "public client": "cards", "unknown client": "other"}
        body = "grant_type=refresh_token&refresh_token=unknown"
        times = {state: [] for state in clients}
        timer = Timer(system.app.port)
        for state in interleaved(clients, SAMPLES):
            login = base64.b64encode(f"{clients[state]}:wrong".encode()).decode()
            times[state].append(timer.post_ms("/token", body, 401, {
                "Content-Type": "application/x-www-form-urlencoded",
                "Authorization": f"Basic {login}"}))
        timer.close()
        self.assert_indistinguishable("/token", times)


if __name__ == "__main__":
    unittest.main()
