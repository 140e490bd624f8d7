"""`postern clients`, as an operator uses it; what the clients can do is oidc_test.py's."""

import json
import os
import subprocess
import unittest

from harness import SystemTest
from oidc_harness import CALLBACK, Browser, Product
from servers import BINARY

FILE = {"clients": [
    {"client_id": "notes", "client_name": "Acme Notes", "redirect_uris": [CALLBACK],
     "client_uri": "https://notes.example/", "client_secret_env": "NOTES_SECRET"},
    {"client_id": "spa", "client_name": "Acme Page", "redirect_uris": [CALLBACK],
     "token_endpoint_auth_method": "none", "third_party": True}]}
# RFC 7517, appendix A.1.
JWKS = {"keys": [{"kty": "EC", "crv": "P-256", "kid": "1",
                  "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
                  "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}
SECRET = "the secret of the notes, long enough"


class Clients(SystemTest):
    DATABASE = "sqlite"

    def setUp(self):
        super().setUp()
        self.system = self.new_system(self.DATABASE)

    def run_clients(self, *words, code=0, **env):
        app = self.system.app
        done = subprocess.run(
            [BINARY, "clients", *words], cwd=app.folder, text=True, stdin=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **app.settings, **env},
            capture_output=True)
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout if code == 0 else done.stderr

    def add(self, *words):
        return json.loads(self.run_clients("add", "--json", "--name", "Acme", "--redirect-uri",
                                           CALLBACK, *words))

    def works(self, client_id, secret):
        """401 without the right secret, 400 for the token that is none."""
        return Product(self.system.app, client_id, secret).refresh("x").status == 400

    def test_a_secret_is_shown_once_and_rotates_with_overlap(self):
        made = self.add("--id", "notes")
        first = made["client_secret"]
        self.assertGreaterEqual(len(first), 43)
        self.assertTrue(self.works("notes", first))
        for words in (["show", "notes"], ["show", "notes", "--json"], ["list", "--json"]):
            said = self.run_clients(*words)
            self.assertIn("notes", said)
            self.assertNotIn(first, said)
            self.assertNotIn("hash", said)
        second = json.loads(self.run_clients("rotate-secret", "notes", "--json"))["client_secret"]
        self.assertTrue(self.works("notes", first) and self.works("notes", second))
        self.assertIn("previous_secret_until", self.run_clients("show", "notes"))
        third = json.loads(self.run_clients("rotate-secret", "notes", "--keep-old", "0s",
                                            "--json"))["client_secret"]
        # What a process knows is a second old at most, and a refusal is never older.
        self.assertTrue(self.works("notes", third))
        self.assertFalse(self.works("notes", second) or self.works("notes", first))

    def test_update_changes_what_it_names_and_remove_ends_it(self):
        self.add("--id", "notes", "--public", "--third-party")
        self.run_clients("update", "notes", "--name", "Acme Notes", "--first-party",
                         "--redirect-uri", "https://notes.example/other")
        shown = json.loads(self.run_clients("show", "notes", "--json"))
        self.assertEqual((shown["client_name"], shown["third_party"], shown["redirect_uris"]),
                         ("Acme Notes", False, ["https://notes.example/other"]))
        self.assertEqual(shown["token_endpoint_auth_method"], "none")
        product = Product(self.system.app, "notes", redirect_uri="https://notes.example/other")
        browser = Browser(self.system.app)
        self.assertEqual(browser.ask("GET", product.authorize_path()).status, 303)
        self.run_clients("remove", "notes")
        self.assertIn('there is no client "notes"', self.run_clients("show", "notes", code=1))
        self.assertEqual(json.loads(self.run_clients("list", "--json")), [])

    def test_what_is_wrong_is_named_in_one_line_and_writes_nothing(self):
        self.add("--id", "notes")
        for words, name in (
                (["add", "--name", "A", "--redirect-uri", CALLBACK, "--id", "notes"], "already"),
                (["add", "--name", "A", "--redirect-uri", CALLBACK, "--id", "a b"], "client_id"),
                (["add", "--name", "A\nB", "--redirect-uri", CALLBACK], "client_name"),
                (["add", "--name", "A", "--redirect-uri", "http://evil.example/"], "http"),
                (["add", "--name", "A", "--redirect-uri", CALLBACK + "#x"], "fragment"),
                (["add", "--name", "A", "--redirect-uri", CALLBACK, "--url", "x"], "client_uri"),
                (["update", "none", "--name", "A"], "no client"),
                (["rotate-secret", "notes", "--keep-old", "soon"], "--keep-old"),
                (["rotate-secret", "none"], "no client"), (["remove", "none"], "no client")):
            said = self.run_clients(*words, code=1)
            self.assertIn(name, said)
            self.assertEqual(said.count("\n"), 1, said)
        self.assertEqual(len(json.loads(self.run_clients("list", "--json"))), 1)
        self.run_clients("add", "--name", "A", code=2)
        self.run_clients("apply", "missing.json", code=2)

    def test_update_changes_the_authentication_and_removes_values(self):
        first = self.add("--id", "notes", "--url", "https://notes.example/",
                         "--post-logout-redirect-uri", CALLBACK)["client_secret"]
        # The id follows a list.
        self.run_clients("update", "--redirect-uri", CALLBACK, "notes", "--url", "",
                         "--post-logout-redirect-uri", "")
        shown = json.loads(self.run_clients("show", "notes", "--json"))
        self.assertNotIn("client_uri", shown)
        self.assertEqual((shown["redirect_uris"], shown["post_logout_redirect_uris"]),
                         ([CALLBACK], []))
        self.assertTrue(self.works("notes", first))
        self.run_clients("update", "notes", "--redirect-uri", "", code=1)
        self.assertNotIn("client_secret", json.loads(
            self.run_clients("update", "notes", "--type", "spa", "--json")))
        # First what an old view of the client refuses: then it is read again.
        self.assertTrue(self.works("notes", None))
        self.assertFalse(self.works("notes", first))
        second = json.loads(self.run_clients("update", "notes", "--type", "web", "--json"))
        self.assertTrue(self.works("notes", second["client_secret"]))
        self.assertFalse(self.works("notes", first) or self.works("notes", None))
        (self.system.app.folder / "jwks.json").write_text(json.dumps(JWKS))
        keys = json.loads(self.run_clients("update", "notes", "--jwks", "jwks.json", "--json"))
        self.assertEqual((keys["token_endpoint_auth_method"], keys["jwks"]),
                         ("private_key_jwt", JWKS))
        self.assertIn("no secret", self.run_clients("rotate-secret", "notes", code=1))
        third = json.loads(self.run_clients("update", "notes", "--jwks", "", "--json"))
        self.assertTrue(self.works("notes", third["client_secret"]))
        self.assertNotIn("jwks", third)
        self.run_clients("update", "notes", "--public", "--jwks", "jwks.json", code=1)
        self.run_clients("update", "notes", "--type", "desktop", code=2)

    def test_a_secret_of_the_environment_is_replaced_with_overlap(self):
        self.apply(FILE, NOTES_SECRET=SECRET)
        self.assertEqual(self.apply(FILE, NOTES_SECRET=SECRET[::-1]),
                         "~ notes\n    client_secret: changed\n")
        self.assertTrue(self.works("notes", SECRET) and self.works("notes", SECRET[::-1]))

    def apply(self, content, *words, code=0, **env):
        file = self.system.folder / "clients.json"
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        return self.run_clients("apply", str(file), *words, code=code, **env)

    def test_apply_brings_the_clients_to_the_file_and_again_changes_nothing(self):
        secret = {"NOTES_SECRET": SECRET}
        said = self.apply(FILE, "--dry-run", **secret)
        self.assertIn("+ notes", said)
        self.assertEqual(json.loads(self.run_clients("list", "--json")), [])
        self.assertEqual(self.apply(FILE, **secret), said)
        self.assertNotIn(SECRET, said)
        self.assertTrue(self.works("notes", SECRET))
        self.assertEqual(self.apply(FILE, **secret), "nothing changes\n")
        changed = json.loads(json.dumps(FILE))
        changed["clients"][0]["client_name"] = "Acme Notebook"
        self.assertEqual(self.apply(changed, **secret),
                         "~ notes\n    client_name: Acme Notes -> Acme Notebook\n")
        fewer = {"clients": changed["clients"][:1]}
        self.assertEqual(self.apply(fewer, **secret), "nothing changes\n")
        self.assertEqual(self.apply(fewer, "--remove-others", **secret), "- spa\n")
        self.assertEqual(len(json.loads(self.run_clients("list", "--json"))), 1)

    def test_apply_makes_a_secret_once_where_none_is_named(self):
        one = {"clients": [{"client_id": "one", "client_name": "One", "redirect_uris": [CALLBACK]}]}
        said = self.apply(one)
        secret = said.split("client_secret: ")[1].strip()
        self.assertTrue(self.works("one", secret))
        self.assertEqual(self.apply(one), "nothing changes\n")
        self.assertTrue(self.works("one", secret))

    def test_apply_writes_nothing_when_one_entry_is_wrong(self):
        good = FILE["clients"][1]
        for bad, name in (({**good, "client_id": "b", "redirect_uri": "x"}, "redirect_uri"),
                          ({**good, "client_id": "b", "redirect_uris": ["x"]}, "x"),
                          ({**good, "client_id": "b", "third_party": "yes"}, "third_party"),
                          ({**good, "client_id": "b", "jwks": {"keys": []},
                            "token_endpoint_auth_method": "private_key_jwt"}, "jwks"),
                          (FILE["clients"][0], "NOTES_SECRET"), (good, "twice"), ("x", "object")):
            said = self.apply({"clients": [good, bad]}, code=1)
            self.assertIn("entry 2", said)
            self.assertIn(name, said)
        self.assertIn("NOTES_SECRET", self.apply(FILE, code=1, NOTES_SECRET="short"))
        for text in ("", "[]", "{}", '{"clients": {}}', '{"clients": [], "more": 1}'):
            self.apply(text, code=1)
        self.assertEqual(json.loads(self.run_clients("list", "--json")), [])


class ClientsOnPostgres(Clients):
    NEEDS_POSTGRES = True
    DATABASE = "postgresql"


if __name__ == "__main__":
    unittest.main()
