"""Nothing tells who has an account: not the bytes, not the time, not a fault."""

import http.client
import json
import random
import statistics
import time
import unittest

from harness import SystemTest
from servers import wait_until

VARYING = {"x-request-id", "date"}


class Enumeration(SystemTest):
    NEEDS_RABBITMQ = True

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
        system.letter_to("unconfirmed@example.com")
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
        system.letter_to("exhausted@example.com", 3)
        return ["confirmed@example.com", "unconfirmed@example.com", "disabled@example.com",
                "exhausted@example.com", "unknown@example.com"]

    def assert_alike(self, system, addresses):
        for path in ("/recover-password", "/register"):
            for accept in ("*/*", "text/html"):
                answers = {repr(self.answer(system, path, address, accept)): address
                           for address in addresses}
                self.assertEqual(len(answers), 1, answers)
                self.assertIn("202", next(iter(answers)))

    def test_bytes(self):
        """E1_every_state_gets_the_same_bytes"""
        system = self.new_system()
        self.assert_alike(system, self.prepare(system))

    def test_no_letter(self):
        """E1_unknown_and_disabled_addresses_get_no_letter"""
        system = self.new_system()
        self.prepare(system)
        self.mail.messages.clear()
        system.recover("unknown@example.com")
        system.recover("disabled@example.com")
        system.register("disabled@example.com")
        system.recover("confirmed@example.com")
        # Letters go out in order: when the last one is there, the others would be.
        self.assertEqual([letter.to for letter in self.mail.wait_for(1)],
                         ["confirmed@example.com"])

    def test_faults(self):
        """E4_a_broken_mail_server_or_broker_tells_nothing"""
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

    def test_recipient(self):
        """E5_the_letter_goes_to_the_stored_address"""
        system = self.new_system()
        system.confirmed_account("Stored.Name@example.com")
        system.recover("sTORED.nAME@EXAMPLE.com")
        self.assertEqual(self.mail.wait_for(2)[-1].to, "Stored.Name@example.com")

    def test_time(self):
        """E2_known_and_unknown_take_the_same_time"""
        system = self.new_system(queue="rabbitmq", MAIL_LIMIT_PER_ADDRESS="3/d")
        system.confirmed_account("known@example.com")
        connection = http.client.HTTPConnection("127.0.0.1", system.app.port)
        times_ms = {"known@example.com": [], "unknown@example.com": []}
        order = list(times_ms) * 2000
        random.Random(7).shuffle(order)
        for address in order:
            body = json.dumps({"email": address})
            started = time.perf_counter()
            connection.request("POST", "/recover-password", body,
                               {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            times_ms[address].append((time.perf_counter() - started) * 1000)
            self.assertEqual(response.status, 202)
        known, unknown = (statistics.median(values) for values in times_ms.values())
        self.assertLess(abs(known - unknown), 1.0, f"known {known} ms, unknown {unknown} ms")


if __name__ == "__main__":
    unittest.main()
