"""A network whose requests are spent goes on by a proof of work, or waits."""

import hashlib
import itertools
import unittest

from harness import SystemTest

HTML = "text/html,application/xhtml+xml"


def solve(challenge):
    """The cookie for a value of Postern-Challenge; searched by a third party's SHA-256."""
    text, bits = challenge.split("; bits=")
    for number in itertools.count():
        proof = f"{text}.{number}"
        digest = int.from_bytes(hashlib.sha256(proof.encode()).digest())
        if digest >> (256 - int(bits)) == 0:
            return {"Cookie": f"__Host-postern-work={proof}"}


class WorkProofTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.system = self.new_system(worker=False, REQUEST_LIMIT_PER_IP="2/h",
                                      TRUSTED_PROXIES="127.0.0.1/32")

    def send(self, network="198.51.100.1", **headers):
        """Status and headers of a form."""
        status, answered, body = self.system.app.request(
            "POST", "/register", "email=anna%40example.com",
            {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": network,
             **headers})
        return status, answered, body.decode()

    def spend(self, network="198.51.100.1"):
        """The challenge of the first refusal."""
        for _ in range(2):
            self.assertEqual(202, self.send(network)[0])
        status, headers, _ = self.send(network)
        self.assertEqual(429, status)
        self.assertGreater(int(headers["Retry-After"]), 60)
        return headers["Postern-Challenge"]

    def test_L6_a_proof_is_good_for_few_requests_of_its_network(self):
        proof = solve(self.spend())
        self.spend("198.51.100.2")
        self.assertEqual(429, self.send("198.51.100.2", **proof)[0])
        # The second limit is as large as the first.
        self.assertEqual([202, 202, 429],
                         [self.send("198.51.100.1", **proof)[0] for _ in range(3)])
        self.assertEqual(429, self.send("198.51.100.1", Cookie="__Host-postern-work=none.1")[0])

    def test_the_page_has_a_way_on_with_a_script_and_without(self):
        self.spend()
        status, _, page = self.send(Accept=HTML, **{"Accept-Language": "ru"})
        self.assertEqual(429, status)
        self.assertIn("отправьте форму ещё раз через 30 минут", page)
        self.assertIn(' data-bits="18"', page)


if __name__ == "__main__":
    unittest.main()
