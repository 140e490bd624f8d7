"""No attacker floods a mailbox, even with many addresses, accounts and networks."""

import unittest

from harness import PASSWORD, SystemTest
from servers import wait_until


class MailLimits(SystemTest):
    def setUp(self):
        super().setUp()
        self.system = self.new_system(TRUSTED_PROXIES="127.0.0.1/32")

    def post(self, path, fields, network, **headers):
        return self.system.app.post(path, fields, {"X-Forwarded-For": network, **headers})

    def all_sent(self):
        """Every message of the requests so far. They are resolved in their order: when that of the
        last one is there, the others are in the outbox or have left it."""
        last = f"last{len(self.mail.messages)}@elsewhere.example"
        self.post("/register", {"email": last}, "192.0.2.1")
        self.system.email_to(last)
        wait_until(lambda: self.system.app.ready()["outbox"] == 0, "an empty outbox")
        return [mail for mail in self.mail.messages if mail.to != last]

    def test_A5_200_registrations_with_plus_tags_are_bounded_by_their_mailbox(self):
        for number in range(1, 201):
            status, _ = self.post("/register", {"email": f"v+{number}@example.com"},
                                  f"198.51.100.{number}")
            self.assertEqual(status, 202)
        sent = self.all_sent()
        self.assertEqual(sorted(mail.to for mail in sent),
                         [f"v+{number}@example.com" for number in range(1, 7)])
        self.post("/register", {"email": "w@example.com"}, "198.51.100.201")
        self.system.email_to("w@example.com")

    def test_A7_L2_six_accounts_cannot_flood_an_address_by_changing_theirs_to_it(self):
        victim = "victim@example.net"
        for number in range(6):
            address, network = f"asker{number}@example.com", f"198.51.100.{number}"
            self.system.confirmed_account(address)
            status, tokens = self.post("/login", {"email": address, "password": PASSWORD}, network)
            self.assertEqual(status, 200)
            bearer = f"Bearer {tokens['access_token']}"
            for _ in range(2):
                status, _ = self.post("/me/email", {"email": victim, "password": PASSWORD},
                                      network, Authorization=bearer)
                self.assertEqual(status, 202)
        sent = [mail.to for mail in self.all_sent()]
        self.assertEqual(sent.count(victim), 3)
        # Its registration counts by the same limit.
        self.post("/register", {"email": victim}, "198.51.100.200")
        self.assertEqual([mail.to for mail in self.all_sent()].count(victim), 3)


class MailCeiling(SystemTest):
    def test_L2_beyond_the_total_registrations_wait_and_recoveries_are_sent(self):
        system = self.new_system(MAIL_LIMIT_TOTAL="5/h", REQUEST_LIMIT_PER_IP="1000/s")
        addresses = [f"user{number}@domain{number}.example" for number in range(5)]
        for address in addresses:
            system.confirmed_account(address)
        self.assertEqual(202, system.register("new@example.com")[0])
        wait_until(lambda: "MAIL_LIMIT_TOTAL is reached" in system.app.process.log(), "the warning")
        for address in addresses:
            self.assertEqual(202, system.recover(address)[0])
            system.email_to(address, count=2)
        self.assertEqual([], [mail for mail in self.mail.messages if mail.to == "new@example.com"])
        _, _, metrics = system.app.request("GET", "/metrics", port=system.app.admin_port)
        self.assertIn('postern_mail_limited_total{limit="total"} 1\n', metrics.decode())


if __name__ == "__main__":
    unittest.main()
