"""Passwords that are known from data breaches are refused: those of the list that is compiled in,
and those of a filter that was made from a public list."""

import hashlib
import unittest

from harness import PASSWORD, SystemTest

# Good ones, if they had not been published.
PUBLISHED = ["a quiet green river 8", "the seventh lamp of the harbour"]
IN_THE_LIST = "Never gonna give you up"


def hash_lines(passwords):
    """As the public lists have them."""
    hashes = sorted(hashlib.sha1(password.encode()).hexdigest().upper() for password in passwords)
    return "".join(f"{digest}:{number}\r\n" for number, digest in enumerate(hashes, 1))


class BreachedPasswordsTest(SystemTest):
    def assert_breached(self, answer):
        status, problem = answer
        self.assertEqual((422, "weak_password", "breached"),
                         (status, problem["code"], problem["reason"]))

    def filter_of(self, passwords):
        """The filter's file."""
        system = self.new_system()
        (system.folder / "list.txt").write_text(hash_lines(passwords), newline="")
        said = system.app.run_command("breached", "build", "list.txt", "--output", "filter")
        self.assertIn(f"filter: {len(passwords)} hashes", said)
        return system.folder / "filter"

    def test_P2_breached_passwords_are_refused_when_they_are_set_and_changed(self):
        file = self.filter_of(PUBLISHED + [f"filler {number}" for number in range(1000)])
        # Two bytes a hash, and the table of buckets.
        self.assertLess(file.stat().st_size, 4096)
        system = self.new_system(BREACHED_PASSWORDS_FILE=str(file))
        self.assertIn("1002 breached ones are refused", system.app.run_command("check"))
        system.register("anna@example.com")
        token = system.email_to("anna@example.com").token()
        for password in [*PUBLISHED, IN_THE_LIST]:
            self.assert_breached(system.set_password(token, password))
            _, meter = system.app.post("/password-strength", {"password": password, "token": token})
            self.assertEqual((False, "breached"), (meter["accepted"], meter["reason"]))
        _, _, page = system.app.request(
            "POST", "/set-password", f"token={token}&password=a+quiet+green+river+8",
            {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html",
             "Accept-Language": "ru"})
        self.assertIn("известен по утечке", page.decode())
        self.assertEqual(200, system.set_password(token)[0])

        _, session = system.app.post("/login", {"email": "anna@example.com", "password": PASSWORD})
        self.assert_breached(system.app.post(
            "/me/password", {"current_password": PASSWORD, "new_password": PUBLISHED[1]},
            {"Authorization": f"Bearer {session['access_token']}"}))

    def test_P2_without_a_filter_the_list_that_is_compiled_in_is_used(self):
        system = self.new_system()
        system.register("anna@example.com")
        token = system.email_to("anna@example.com").token()
        self.assert_breached(system.set_password(token, IN_THE_LIST))
        self.assertEqual(200, system.set_password(token, PUBLISHED[0])[0])


if __name__ == "__main__":
    unittest.main()
