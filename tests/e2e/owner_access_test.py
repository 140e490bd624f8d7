"""Whatever others try, the owner gets in; and what is stored opens nothing."""

import base64
import concurrent.futures
import hashlib
import json
import sqlite3
import subprocess
import unittest
import urllib.parse

from harness import PASSWORD, SystemTest
from servers import wait_until

NEW_PASSWORD = "another quiet river 8"
WRONG = "a wrong quiet river 9"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html",
        "Sec-Fetch-Site": "same-origin"}


def code(answer):
    status, body = answer
    return body.get("code", status)


def cookies_of(headers):
    """The cookies that an answer sets, by name."""
    values = [value.split(";")[0] for value in headers.get_all("Set-Cookie") or []]
    return dict(value.split("=", 1) for value in values)


class OwnerAccess(SystemTest):
    NEEDS_POSTGRES = True

    def login(self, app, address, password, network="203.0.113.9", **fields):
        return app.post("/login", {"email": address, "password": password, **fields},
                        {"X-Forwarded-For": network})

    def form(self, app, path, fields, cookies=None, network="203.0.113.9"):
        headers = {**FORM, "X-Forwarded-For": network}
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return app.request("POST", path, urllib.parse.urlencode(fields), headers)

    def attack(self, apps, address, net):
        """200 wrong passwords at the same time from 40 networks: a hundred of them are tried."""
        def guess(number):
            return code(self.login(apps[number % len(apps)], address, WRONG,
                                   f"{net}.{number % 40}"))
        with concurrent.futures.ThreadPoolExecutor(40) as pool:
            codes = list(pool.map(guess, range(200)))
        self.assertLessEqual(set(codes), {"invalid_credentials", "too_many_attempts"})
        self.assertEqual(codes.count("invalid_credentials"), 100)

    def walk(self, system, apps):
        app, address = system.app, "owner@example.com"
        system.confirmed_account(address)
        status, headers, _ = self.form(app, "/login", {"email": address, "password": PASSWORD})
        self.assertEqual(status, 303)
        browser = cookies_of(headers)
        device = next(value for value in headers.get_all("Set-Cookie") if "-device=" in value)
        for attribute in ("__Host-", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            self.assertIn(attribute, device)
        status, tokens = self.login(app, address, PASSWORD)
        self.assertEqual(status, 200)

        self.attack(apps, address, "198.51.100")
        for other in apps:
            self.assertEqual(code(self.login(other, address, PASSWORD)), "too_many_attempts")
        known = {"__Host-postern-device": browser["__Host-postern-device"]}
        form = {"email": address, "password": PASSWORD}
        self.assertEqual(self.form(apps[-1], "/login", form, known)[0], 303)
        self.assertEqual(self.form(app, "/login", form)[0], 429)
        status, again = self.login(app, address, PASSWORD, "198.51.100.1",
                                   device_token=tokens["device_token"])
        self.assertEqual(status, 200)
        # In a living session as well.
        bearer = {"Authorization": f"Bearer {again['access_token']}"}
        change = {"current_password": WRONG, "new_password": NEW_PASSWORD}
        self.assertEqual(code(app.post("/me/password", change, bearer)), "wrong_password")

        # From an unknown device by a link, whatever was asked for before.
        for number in range(12):
            for path in ("/recover-password", "/register"):
                app.post(path, {"email": address}, {"X-Forwarded-For": f"198.51.100.{number}"})
        self.assertEqual(app.post("/recover-password", {"email": address})[0], 202)
        # The first one confirmed the account.
        link = wait_until(lambda: [mail for mail in self.mail.messages if mail.to == address
                                   and "token=" in mail.text][1:], "a link")[-1]
        status, headers, _ = self.form(app, "/set-password",
                                       {"token": link.token(), "password": NEW_PASSWORD})
        self.assertEqual(status, 200)
        renewed = cookies_of(headers)
        self.assertEqual(set(renewed), {"__Host-postern-device"}, "P5: no session")
        self.assertEqual(self.login(app, address, NEW_PASSWORD)[0], 200, "the block is gone")
        self.attack(apps, address, "192.0.2")
        form["password"] = NEW_PASSWORD
        self.assertEqual(self.form(app, "/login", form, renewed)[0], 303)
        self.assertEqual(self.form(app, "/login", form, known)[0], 429, "from before the reset")
        self.assertEqual(code(self.login(app, address, NEW_PASSWORD,
                                         device_token=tokens["device_token"])),
                         "too_many_attempts")

    def test_L1_L2_L6_the_owner_gets_in_on_sqlite(self):
        system = self.new_system(TRUSTED_PROXIES="127.0.0.1/32")
        self.walk(system, [system.app])

    def test_L1_L2_L6_the_owner_gets_in_on_postgresql_with_two_apps(self):
        system = self.new_system("postgresql", TRUSTED_PROXIES="127.0.0.1/32")
        base_url = f"http://localhost:{system.app.port}"
        second = system._own("app", {**system.settings, "BASE_URL": base_url})
        self.walk(system, [system.app, second])

    def spend_emails(self, system, address):
        """What limits the emails of an address: its own, its mailbox's, its domain's."""
        app, user = system.app, address.partition("@")[0]
        attacker = "attacker@example.net"
        system.confirmed_account(attacker)
        tokens = self.login(app, attacker, PASSWORD, "192.0.2.77")[1]
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        for number in range(40):
            network = {"X-Forwarded-For": f"192.0.2.{number}"}
            for path, email in (("/recover-password", address), ("/register", address),
                                ("/register", f"{user}+{number}@example.com"),
                                ("/register", f"neighbour{number}@example.com")):
                self.assertEqual(app.post(path, {"email": email}, network)[0], 202)
        change = {"email": address, "password": PASSWORD}
        self.assertIn(app.post("/me/email", change, bearer)[0], (202, 409))

    def emails_to(self, address):
        return [mail for mail in self.mail.messages if mail.to == address]

    def test_A3_L1_L2_with_both_limits_spent_the_owner_gets_in_or_gets_a_link(self):
        address = "owner@example.com"
        # The link itself is good for half a minute longer: clocks may differ.
        system = self.new_system(TRUSTED_PROXIES="127.0.0.1/32", MAIL_LIMIT_PER_DOMAIN="20/h",
                                 TOKEN_TTL="2s")
        app = system.app
        system.confirmed_account(address)
        tokens = self.login(app, address, PASSWORD)[1]
        self.attack([app], address, "198.51.100")
        self.spend_emails(system, address)
        self.assertEqual(code(self.login(app, address, PASSWORD)), "too_many_attempts")
        app.post("/register", {"email": "one.more@example.com"})
        app.post("/register", {"email": "last@example.org"})
        system.email_to("last@example.org")
        self.assertEqual(self.emails_to("one.more@example.com"), [], "the domain's are spent")
        # Known by its device, from the attacker's own network.
        status, known = self.login(app, address, PASSWORD, "198.51.100.1",
                                   device_token=tokens["device_token"])
        self.assertEqual(status, 200)

        # Unknown: a link, as soon as the last one has expired and whatever else was asked for.
        wait_until(lambda: app.ready()["outbox"] == 0, "an empty outbox")
        links = len(self.emails_to(address))
        self.assertLessEqual(links, 12)

        def link():
            app.post("/recover-password", {"email": address}, {"X-Forwarded-For": "203.0.113.50"})
            return self.emails_to(address)[links:]
        mail = wait_until(link, "a recovery link of its own")[0]
        self.assertEqual(system.set_password(mail.token(), NEW_PASSWORD)[0], 200)
        status, _ = self.login(app, address, NEW_PASSWORD, "203.0.113.50")
        self.assertEqual(status, 200, "the new password opens from an unknown device")
        bearer = {"Authorization": f"Bearer {known['access_token']}"}
        self.assertEqual(app.request("GET", "/me", headers=bearer)[0], 401)

    def test_E4_a_known_and_an_unknown_address_are_refused_alike(self):
        """Status, headers and body, up to the limits and behind them."""
        system = self.new_system(TRUSTED_PROXIES="127.0.0.1/32")
        system.confirmed_account("owner@example.com")
        seen = {}
        for address in ("owner@example.com", "unknown@example.com"):
            def guess(number, address=address):
                body = json.dumps({"email": address, "password": WRONG})
                status, headers, text = system.app.request(
                    "POST", "/login", body, {"Content-Type": "application/json",
                                             "X-Forwarded-For": f"198.51.100.{number // 5}"})
                kept = [(name, value) for name, value in headers.items()
                        if name.lower() not in ("date", "x-request-id")]
                return repr((status, kept, text))
            with concurrent.futures.ThreadPoolExecutor(40) as pool:
                answers = list(pool.map(guess, range(100)))
            seen[address] = answers + [guess(number) for number in range(100, 120)]
        self.assertEqual(*seen.values())
        self.assertEqual(len(set(seen["unknown@example.com"])), 2, "401 and 429")


class Deletion(SystemTest):
    def test_an_account_is_deleted_by_clients_that_send_no_body_with_DELETE(self):
        system = self.new_system()
        system.confirmed_account("gone@example.com")
        tokens = system.app.post("/login", {"email": "gone@example.com", "password": PASSWORD})[1]
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        status, _, body = system.app.request("DELETE", "/me", headers=bearer)
        problem = json.loads(body)
        self.assertEqual((status, problem["code"]), (400, "missing_field"))
        self.assertIn("/me/delete", problem["detail"])
        self.assertEqual(code(system.app.post("/me/delete", {"password": WRONG}, bearer)),
                         "wrong_password")
        body = json.dumps({"password": PASSWORD})
        status, _, _ = system.app.request("POST", "/me/delete", body,
                                          {**bearer, "Content-Type": "application/json"})
        self.assertEqual(status, 204)
        self.assertEqual(system.app.request("GET", "/me", headers=bearer)[0], 401)


class RefreshChain(SystemTest):
    NEEDS_POSTGRES = True

    def refresh(self, app, token):
        status, body = app.post("/refresh", {"refresh_token": token})
        return body["refresh_token"] if status == 200 else body["code"]

    def walk(self, system):
        system.confirmed_account("chain@example.com")
        app = system.app
        first = app.post("/login", {"email": "chain@example.com",
                                    "password": PASSWORD})[1]["refresh_token"]
        second = self.refresh(app, first)
        app.kill()
        app.start()
        self.assertEqual(self.refresh(app, first), second, "T1: the answer was lost in a crash")
        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            third = set(pool.map(lambda _: self.refresh(app, second), range(50)))
        self.assertEqual(len(third), 1, third)
        third = third.pop()
        self.assertEqual(len(third), len(first), third)
        self.assertEqual(self.refresh(app, first), third, "T4: a successor of its chain")
        fourth = self.refresh(app, third)
        self.assertEqual(len(fourth), len(first), fourth)
        self.assertEqual(self.refresh(app, fourth) == fourth, False)

    def test_T1_T4_S2_the_chain_on_sqlite(self):
        self.walk(self.new_system())

    def test_T1_T4_S2_the_chain_on_postgresql(self):
        self.walk(self.new_system("postgresql"))


def sqlite_cells(system):
    """(table, column, value) of every text and blob in the database."""
    database = sqlite3.connect(f"file:{system.folder}/data/postern.db?mode=ro", uri=True)
    database.text_factory = bytes
    tables = [name.decode() for (name,) in
              database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    for table in tables:
        cursor = database.execute(f'SELECT * FROM "{table}"')
        columns = [column[0] for column in cursor.description]
        for row in cursor:
            for column, value in zip(columns, row):
                if isinstance(value, bytes):
                    yield table, column, value


def postgres_cells(url):
    """The same, from pg_dump."""
    dump = subprocess.run(["pg_dump", "--data-only", "--column-inserts", url], check=True,
                          capture_output=True).stdout
    for line in dump.splitlines():
        if not line.startswith(b"INSERT INTO "):
            continue
        head, _, values = line.partition(b" VALUES (")
        table, _, columns = head[len(b"INSERT INTO "):].partition(b" (")
        names = columns.rstrip(b")").split(b", ")
        cells = values.rstrip(b");").split(b", ")
        for position, value in enumerate(cells):
            # A text with a comma is several cells; what is looked for has none.
            name = names[position] if len(cells) == len(names) else b"?"
            yield table.decode().removeprefix("public."), name.decode(), value.strip(b"'")


def forms_of(data):
    """How bytes may be written down."""
    return {"raw": data, "hex": data.hex().encode(), "HEX": data.hex().upper().encode(),
            "base64url": base64.urlsafe_b64encode(data).rstrip(b"="),
            "base64": base64.b64encode(data).rstrip(b"=")}


class StoredTokens(SystemTest):
    NEEDS_POSTGRES = True

    def tokens_in_use(self, system):
        """Every token that opens or names something, with what its random part is."""
        address = "seen@example.com"
        mail_token = system.confirmed_account(address).token()
        app = system.app
        first = app.post("/login", {"email": address, "password": PASSWORD})[1]
        second = app.post("/refresh", {"refresh_token": first["refresh_token"]})[1]
        form = urllib.parse.urlencode({"email": address, "password": PASSWORD})
        cookies = cookies_of(app.request("POST", "/login", form, FORM)[1])
        app.post("/recover-password", {"email": address})
        recovery = system.email_to(address, 2).token()
        opaque = [first["refresh_token"], second["refresh_token"], cookies["__Host-postern"]]
        others = [first["access_token"], second["access_token"], first["device_token"],
                  cookies["__Host-postern-device"], mail_token, recovery]
        return opaque, others

    def check(self, opaque, others, cells, whole=b""):
        cells = list(cells)
        self.assertTrue(cells)
        secrets = [token.encode() for token in opaque + others]
        for token in opaque:
            secret = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[32:64]
            self.assertEqual(len(secret), 32)
            secrets += forms_of(secret).values()
        # A signature alone would do for an attacker who knows the rest.
        secrets += [token.rpartition(".")[2].encode() for token in others if "." in token]
        for secret in secrets:
            self.assertNotIn(secret, whole)
            for table, column, value in cells:
                self.assertNotIn(secret, value, f"{table}.{column}")
        current = 0
        for token in opaque + others:
            digest = hashlib.sha256(token.encode()).digest()
            for table, column, value in cells:
                if any(form in value for form in forms_of(digest).values()):
                    self.assertEqual((table, column), ("session", "token_hash"))
                    current += 1
        self.assertEqual(current, 2, "the session of the second refresh token, and the cookie's")

    def test_S1_no_column_of_sqlite_holds_a_token_and_one_holds_its_hash(self):
        system = self.new_system()
        opaque, others = self.tokens_in_use(system)
        whole = b"".join(path.read_bytes() for path in system.folder.glob("data/postern.db*"))
        self.check(opaque, others, sqlite_cells(system), whole)

    def test_S1_no_column_of_postgresql_holds_a_token_and_one_holds_its_hash(self):
        system = self.new_system("postgresql")
        opaque, others = self.tokens_in_use(system)
        self.check(opaque, others, postgres_cells(system.settings["DATABASE_URL"]))


if __name__ == "__main__":
    unittest.main()
