"""Authorization requests as data, with the answer to each written out."""

import json
import unittest
import urllib.parse

from harness import PASSWORD, SystemTest
from oidc_harness import CALLBACK, Browser, Product
from servers import ROOT

CORPUS = ROOT / "tests/corpus/authorization_requests.tsv"
STATE, NONCE = "a state", "a nonce"


def rows():
    for line in CORPUS.read_text().splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


class AuthorizationRequests(SystemTest):
    def setUp(self):
        super().setUp()
        self.system = self.new_system(MAIL_LIMIT_PER_ADDRESS="1000/h")
        self.add_client("native", "--public", "--redirect-uri", "com.example.native:/callback",
                        "--redirect-uri", "http://127.0.0.1/callback")
        made = self.add_client("notes", "--redirect-uri", CALLBACK)
        self.notes = Product(self.system.app, "notes", made["client_secret"])
        self.issuer = f"http://localhost:{self.system.app.port}"

    def add_client(self, name, *options):
        return json.loads(self.system.app.run_command(
            "clients", "add", "--json", "--id", name, "--name", name, *options))

    def query(self, change):
        """The changed query as it is sent, and the parameters that it was made from."""
        parameters = {"client_id": "notes", "redirect_uri": CALLBACK, "response_type": "code",
                      "scope": "openid email", "state": STATE, "nonce": NONCE,
                      "code_challenge": self.notes.challenge, "code_challenge_method": "S256"}
        parts = {name: f"{name}={urllib.parse.quote(value, safe='')}"
                 for name, value in parameters.items()}
        more = []
        for part in filter(None, change.split("&")):
            name = part.partition("=")[0]
            if part.startswith("!"):
                del parts[name[1:]]
            elif part.startswith("+"):
                more.append(part[1:])
            else:
                parts[name] = part
        return "&".join([*parts.values(), *more])

    def answer_of(self, browser, query):
        """The answer in the words of the corpus."""
        answer = browser.ask("GET", "/authorize?" + query)
        if answer.status == 400:
            self.assertEqual(answer.location, "")
            self.assertIsNone(answer.headers["Set-Cookie"])
            self.assertNotIn("evil.example", answer.text, "nothing of the request is on the page")
            self.assertIn("form-action 'self'", answer.headers["Content-Security-Policy"])
            return "page"
        self.assertEqual(answer.status, 303)
        where = urllib.parse.urlsplit(answer.location)
        if answer.location.startswith(("/", self.issuer)):
            return self.own_page(browser, where)
        return self.response_to_client(query, answer.location)

    def own_page(self, browser, where):
        self.assertEqual(len(browser.flows()), 1)
        if where.path != "/authorize/continue":
            return where.path.removeprefix("/")
        page = browser.ask("GET", f"{where.path}?{where.query}")
        self.assertEqual((page.status, 'name="decision"' in page.text), (200, True))
        return "consent"

    def response_to_client(self, query, location):
        """It goes to the redirect URI of the request, byte for byte, with state and issuer."""
        asked = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        given, _, answered = location.partition("?")
        self.assertEqual(given, asked["redirect_uri"])
        answered = urllib.parse.parse_qs(answered, strict_parsing=True)
        self.assertEqual(answered.pop("iss"), [self.issuer])
        self.assertEqual(answered.pop("state", [""]), [asked.get("state", "")])
        if "code" in answered:
            self.assertEqual(set(answered), {"code"})
            return "code"
        [error] = answered.pop("error")
        self.assertLessEqual(set(answered), {"error_description"})
        return f"error {error}"

    def assert_answers(self, column, new_browser):
        wrong = []
        for what, change, *expected in rows():
            with self.subTest(what):
                answer = self.answer_of(new_browser(), self.query(change))
                if answer != expected[column]:
                    wrong.append((what, expected[column], answer))
        self.assertEqual(wrong, [])

    def test_I3_I4_I6_I7_I8_each_request_without_a_login_gets_its_answer(self):
        self.assertGreaterEqual(len(list(rows())), 100)
        self.assert_answers(0, lambda: Browser(self.system.app))

    def test_I3_I4_I6_I7_I8_each_request_of_a_person_who_is_logged_in_gets_its_answer(self):
        self.system.confirmed_account("ann@example.org")
        person = Browser(self.system.app)
        person.ask("POST", "/login", {"email": "ann@example.org", "password": PASSWORD})

        def same_person():
            browser = Browser(self.system.app)
            browser.cookies = {"__Host-postern": person.cookies["__Host-postern"]}
            return browser

        self.assert_answers(1, same_person)


if __name__ == "__main__":
    unittest.main()
