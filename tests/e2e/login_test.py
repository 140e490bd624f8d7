"""What a person does after the password is set: log in, stay in, change things, get out."""

import concurrent.futures
import contextlib
import json
import pathlib
import random
import sqlite3
import statistics
import subprocess
import time
import unittest
import urllib.parse

import jwt

from harness import PASSWORD, SystemTest
from servers import memory_limit, wait_until

NEW_PASSWORD = "another quiet river 8"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


class Client:
    """One app's API, and what an answer's status, headers and JSON were."""

    def __init__(self, app):
        self.app = app

    def call(self, method, path, fields=None, headers=None):
        headers = dict(headers or {})
        body = None
        if fields is not None:
            body = json.dumps(fields)
            headers.setdefault("Content-Type", "application/json")
        status, answered, text = self.app.request(method, path, body, headers)
        return status, answered, json.loads(text) if text else None

    def login(self, address, password=PASSWORD):
        status, _, pair = self.call("POST", "/login", {"email": address, "password": password})
        assert status == 200, (status, pair)
        return pair

    def refresh(self, token):
        return self.call("POST", "/refresh", {"refresh_token": token})

    def me(self, access_token):
        return self.call("GET", "/me", headers=bearer(access_token))


def confirm_token(mail):
    link = next(word for word in mail.text.split() if "/confirm-email?token=" in word)
    return urllib.parse.parse_qs(urllib.parse.urlsplit(link).query)["token"][0]


class Life(SystemTest):
    NEEDS_POSTGRES = True

    def verify(self, client, system, token):
        """As a product's back end does it: by the JWKS, with a third-party library."""
        status, headers, keys = client.call("GET", "/.well-known/jwks.json")
        self.assertEqual(status, 200)
        self.assertIn("public, max-age=", headers["Cache-Control"])
        self.assertNotIn('"d"', json.dumps(keys))
        header = jwt.get_unverified_header(token)
        self.assertEqual((header["alg"], header["typ"]), ("ES256", "at+jwt"))
        key = next(key for key in keys["keys"] if key["kid"] == header["kid"])
        base_url = f"http://localhost:{system.app.port}"
        return jwt.decode(token, jwt.PyJWK(key).key, algorithms=["ES256"], audience=base_url,
                          issuer=base_url,
                          options={"require": ["exp", "iat", "sub", "jti", "sid", "auth_time"]})

    def walk(self, database):
        """S1 S2 S3 S4 P4 P5 P6 T7 on one database, from the first email to the last."""
        system = self.new_system(database)
        client = Client(system.app)
        address = f"anna.{database}@example.com"
        system.confirmed_account(address)

        status, headers, problem = client.call(
            "POST", "/login", {"email": address, "password": "a wrong quiet river 9"})
        self.assertEqual((status, problem["code"]), (401, "invalid_credentials"))
        self.assertEqual(headers["WWW-Authenticate"], "Bearer")

        pair = client.login(address)
        self.assertEqual((pair["token_type"], pair["expires_in"]), ("Bearer", 900))
        claims = self.verify(client, system, pair["access_token"])
        self.assertEqual(claims["amr"], ["pwd"])
        status, _, me = client.me(pair["access_token"])
        self.assertEqual((status, me["email"], me["id"]), (200, address, claims["sub"]))

        self.refresh_in_parallel(client, pair["refresh_token"])
        pair = client.login(address)
        other = client.login(address)
        self.assertNotEqual(self.verify(client, system, other["access_token"])["sid"],
                            claims["sid"])
        self.change_profile_and_sessions(client, pair, other)
        pair = self.change_password(system, client, address, pair)
        address = self.change_email(system, client, address, pair)
        self.reset_and_delete(system, client, address)

    def refresh_in_parallel(self, client, token):
        """S2: 50 parallel refreshes, one successor; within the grace its chain goes on."""
        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(lambda _: client.refresh(token), range(50)))
        self.assertEqual({status for status, _, _ in answers}, {200})
        successors = {pair["refresh_token"] for _, _, pair in answers}
        self.assertEqual(len(successors), 1)
        second = successors.pop()
        status, _, pair = client.refresh(second)
        self.assertEqual(status, 200)
        # Spent twice over, but within the grace: the chain's last token comes again.
        self.assertEqual(client.refresh(token)[2]["refresh_token"], pair["refresh_token"])
        self.assertEqual(client.me(pair["access_token"])[0], 200)
        # Any token of the chain logs out.
        self.assertEqual(client.call("POST", "/logout", {"refresh_token": token})[0], 204)
        self.assertEqual(client.me(pair["access_token"])[0], 401)

    def change_profile_and_sessions(self, client, pair, other):
        status, _, me = client.call("PATCH", "/me", {"display_name": "Анна", "locale": "ru"},
                                    bearer(pair["access_token"]))
        self.assertEqual((status, me["display_name"], me["locale"]), (200, "Анна", "ru"))
        status, _, body = client.call("GET", "/me/sessions", headers=bearer(pair["access_token"]))
        self.assertEqual((status, len(body["sessions"])), (200, 2))
        there = next(session for session in body["sessions"] if not session["current"])
        status, _, _ = client.call("DELETE", f"/me/sessions/{there['id']}",
                                   headers=bearer(pair["access_token"]))
        self.assertEqual(status, 204)
        self.assertEqual(client.me(other["access_token"])[0], 401)
        self.assertEqual(client.me(pair["access_token"])[0], 200)
        status, _, _ = client.call("DELETE", f"/me/sessions/{there['id']}",
                                   headers=bearer(pair["access_token"]))
        self.assertEqual(status, 404)

    def change_password(self, system, client, address, pair):
        """P6 P4: the current password is needed, the owner hears of it, other sessions end."""
        other = client.login(address)
        headers = bearer(pair["access_token"])
        fields = {"current_password": "not this quiet one", "new_password": NEW_PASSWORD}
        status, _, problem = client.call("POST", "/me/password", fields, headers)
        self.assertEqual((status, problem["code"]), (403, "wrong_password"))
        fields["current_password"] = PASSWORD
        weak = {**fields, "new_password": "short"}
        self.assertEqual(client.call("POST", "/me/password", weak, headers)[0], 422)
        count = len(self.mail.messages)
        self.assertEqual(client.call("POST", "/me/password", fields, headers)[0], 204)
        mail = self.mail.wait_for(count + 1)[-1]
        self.assertEqual(mail.to, address)
        self.assertIn("Пароль", mail.subject)
        for secret in (PASSWORD, NEW_PASSWORD, "token="):
            self.assertNotIn(secret, mail.text + mail.html)
        self.assertEqual(client.me(other["access_token"])[0], 401)
        self.assertEqual(client.refresh(other["refresh_token"])[0], 401)
        self.assertEqual(client.me(pair["access_token"])[0], 200)
        status, _, pair = client.refresh(pair["refresh_token"])
        self.assertEqual(status, 200)
        return pair

    def change_email(self, system, client, address, pair):
        """T7 T8: confirmed by a link to the new address; the old one gets a notice."""
        new_address = "new." + address
        headers = bearer(pair["access_token"])
        count = len(self.mail.messages)
        status, _, _ = client.call("POST", "/me/email",
                                   {"email": new_address, "password": NEW_PASSWORD}, headers)
        self.assertEqual(status, 202)
        mails = {mail.to: mail for mail in self.mail.wait_for(count + 2)[count:]}
        self.assertEqual(set(mails), {address, new_address})
        self.assertNotIn("token=", mails[address].text)
        token = confirm_token(mails[new_address])
        self.assertEqual(system.set_password(token)[1]["code"], "invalid_token")  # T4
        status, _, page = system.app.request("GET", f"/confirm-email?token={token}",
                                             headers={"Accept": "text/html"})
        self.assertEqual((status, b"/confirm-email" in page), (200, True))
        masked = f"{address[0]}***@{address.split('@')[1]}"
        self.assertIn(masked.encode(), page)  # the account that asks
        self.assertEqual(client.me(pair["access_token"])[2]["email"], address)
        other = client.login(address, NEW_PASSWORD)
        status, _, answer = client.call("POST", "/confirm-email", {"token": token}, headers)
        self.assertEqual((status, answer["status"]), (200, "email_confirmed"))
        self.assertEqual(client.call("POST", "/confirm-email", {"token": token})[0], 400)
        self.assertEqual(client.me(pair["access_token"])[2]["email"], new_address)
        self.assertEqual(client.me(other["access_token"])[0], 401)  # S3
        self.assertEqual(client.call("POST", "/login", {"email": address,
                                                        "password": NEW_PASSWORD})[0], 401)
        client.login(new_address, NEW_PASSWORD)
        notice = self.mail.wait_for(count + 3)[count + 2]
        self.assertEqual(notice.to, address)
        self.take_back(system, client, notice, new_address)
        return address

    def take_back(self, system, client, mail, new_address):
        """T8: the former address gets a notice and takes the account back with a new password."""
        address = mail.to
        status, _, page = system.app.request("GET", f"/set-password?token={mail.token()}",
                                             headers={"Accept": "text/html"})
        masked = f"{address[0]}***@{address.split('@')[1]}"
        self.assertEqual((status, masked.encode() in page), (200, True))
        thief = client.login(new_address, NEW_PASSWORD)
        fields = {"token": mail.token(), "password": NEW_PASSWORD}
        count = len(self.mail.messages)
        self.assertEqual(client.call("POST", "/set-password", fields)[0], 200)
        self.assertEqual(client.call("POST", "/set-password", fields)[0], 400)
        self.assertEqual(client.me(thief["access_token"])[0], 401)
        self.assertEqual(client.call("POST", "/login", {"email": new_address,
                                                        "password": NEW_PASSWORD})[0], 401)
        client.login(address, NEW_PASSWORD)
        notices = self.mail.wait_for(count + 2)[count:]
        self.assertEqual({mail.to for mail in notices}, {address, new_address})

    def reset_and_delete(self, system, client, address):
        """S3 P5: a reset ends all sessions and creates none; a deletion as well."""
        pair = client.login(address, NEW_PASSWORD)
        count = len(self.mail.messages)
        self.assertEqual(system.recover(address)[0], 202)
        mail = self.mail.wait_for(count + 1)[-1]
        status, headers, body = client.call("POST", "/set-password",
                                            {"token": mail.token(), "password": PASSWORD})
        self.assertEqual(status, 200)
        self.assertNotIn("Set-Cookie", headers)
        self.assertNotIn("token", body)
        self.assertEqual(client.me(pair["access_token"])[0], 401)
        self.assertEqual(client.refresh(pair["refresh_token"])[0], 401)
        self.mail.wait_for(count + 2)

        pair = client.login(address)
        headers = bearer(pair["access_token"])
        self.assertEqual(client.call("DELETE", "/me", {"password": NEW_PASSWORD}, headers)[0], 403)
        self.assertEqual(client.call("DELETE", "/me", {"password": PASSWORD}, headers)[0], 204)
        self.mail.wait_for(count + 3)
        self.assertEqual(client.me(pair["access_token"])[0], 401)
        self.assertEqual(client.refresh(pair["refresh_token"])[0], 401)
        self.assertEqual(client.call("POST", "/login", {"email": address,
                                                        "password": PASSWORD})[0], 401)

    def test_S2_S3_P4_P5_P6_T7_on_sqlite(self):
        self.walk("sqlite")

    def test_S2_S3_P4_P5_P6_T7_on_postgresql(self):
        self.walk("postgresql")

    def test_C1_C2_S4_a_browser_logs_in_by_form(self):
        """C1 C2 S4: cookie with all its attributes, new at each login, refused from elsewhere."""
        system = self.new_system()
        address = "browser@example.com"
        system.confirmed_account(address)
        html = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html",
                "Sec-Fetch-Site": "same-origin", "Origin": "null"}
        form = urllib.parse.urlencode({"email": address, "password": PASSWORD})
        cookies = []
        for _ in range(2):
            status, headers, _ = system.app.request("POST", "/login", form, html)
            self.assertEqual((status, headers["Location"]), (303, "/account"))
            attributes = [part.strip() for part in headers["Set-Cookie"].split(";")]
            for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
                self.assertIn(attribute, attributes)
            self.assertTrue(attributes[0].startswith("__Host-postern="))
            self.assertFalse([part for part in attributes if part.startswith("Domain")])
            cookies.append(attributes[0])
            html["Cookie"] = attributes[0]
        self.assertNotEqual(*cookies)
        account = {"Accept": "text/html", "Cookie": cookies[0]}
        self.assertEqual(system.app.request("GET", "/account", headers=account)[0], 303)
        account["Cookie"] = cookies[1]
        status, _, page = system.app.request("GET", "/account", headers=account)
        self.assertEqual((status, address in page.decode()), (200, True))
        for path in ("/me", "/me/password", "/me/email", "/me/sessions", "/logout", "/login"):
            evil = {**html, "Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
            self.assertEqual(system.app.request("POST", path, form, evil)[0], 403, path)
        plain = {"Content-Type": "text/plain", "Cookie": cookies[1]}
        body = json.dumps({"current_password": PASSWORD, "new_password": NEW_PASSWORD})
        self.assertEqual(system.app.request("POST", "/me/password", body, plain)[0], 415)
        status, headers, _ = system.app.request("POST", "/logout", "", html)
        self.assertEqual(status, 303)
        self.assertIn("Max-Age=0", headers["Set-Cookie"])
        self.assertEqual(system.app.request("GET", "/account", headers=account)[0], 303)

    def test_S5_idle_and_absolute_limits(self):
        """S5: the times of the session are moved back in the database, in place of waiting."""
        system = self.new_system(SESSION_TTL="50h", SESSION_IDLE_TTL="20h")
        client = Client(system.app)
        system.confirmed_account("limits@example.com")

        def move_back(hours, *columns):
            with contextlib.closing(sqlite3.connect(system.folder / "data/postern.db",
                                                    timeout=10)) as database, database:
                changed = database.execute("UPDATE session SET " + ", ".join(
                    f"{column} = {column} - {hours * 3_600_000}" for column in columns))
                self.assertGreater(changed.rowcount, 0)

        # A use in time moves the idle limit, and not the absolute one.
        for columns, within, beyond in ((["last_used_at"], 19, 21),
                                        (["created_at", "expires_at"], 49, 2)):
            pair = client.login("limits@example.com")
            move_back(within, *columns)
            self.assertEqual(client.me(pair["access_token"])[0], 200, columns)
            move_back(beyond, *columns)
            self.assertEqual(client.refresh(pair["refresh_token"])[0], 401, columns)
            self.assertEqual(client.me(pair["access_token"])[0], 401, columns)


def database_bytes(system):
    """All that the database's files hold, the log that is not merged yet included."""
    return b"".join(path.read_bytes() for path in system.folder.glob("data/postern.db*"))


# Of a private key on P-256 as PKCS #8 or SEC 1: the curve's name as DER, and how it begins in PEM.
KEY_MARKS = (b"PRIVATE KEY", bytes.fromhex("06082a8648ce3d030107"), b"MIGHAgEAMBMG", b"MHcCAQEE")


class Keys(SystemTest):
    def test_S1_the_operator_sees_sessions_and_no_token(self):
        system = self.new_system()
        client = Client(system.app)
        system.confirmed_account("seen@example.com")
        pair = client.login("seen@example.com")
        shown = system.app.run_command("accounts", "sessions", "seen@example.com", "--json")
        sessions = json.loads(shown)["sessions"]
        self.assertEqual([session["kind"] for session in sessions], ["bearer"])
        self.assertEqual(set(sessions[0]), {"id", "kind", "methods", "created_at", "last_used_at",
                                            "expires_at", "user_agent", "ip"})
        for secret in (pair["refresh_token"], pair["access_token"]):
            self.assertNotIn(secret, shown)
        self.assertIn(sessions[0]["id"],
                      system.app.run_command("accounts", "sessions", "seen@example.com"))

    def test_O2_rotation_with_overlap_and_revocation(self):
        """O2: a new key is published at once, the old one's tokens live on, a revoked one is
        dead."""
        system = self.new_system()
        client = Client(system.app)
        address = "keys@example.com"
        system.confirmed_account(address)
        old = client.login(address)["access_token"]
        old_kid = jwt.get_unverified_header(old)["kid"]

        def command(*arguments):
            return json.loads(system.app.run_command("keys", *arguments, "--json"))

        def published():
            return {key["kid"] for key in client.call("GET", "/.well-known/jwks.json")[2]["keys"]}

        self.assertEqual([(key["kid"], key["state"]) for key in command("list")],
                         [(old_kid, "signing")])
        new_kid = command("rotate", "--now")["kid"]
        wait_until(lambda: published() == {old_kid, new_kid}, "both keys")
        new = client.login(address)["access_token"]
        self.assertEqual(jwt.get_unverified_header(new)["kid"], new_kid)
        self.assertEqual(client.me(old)[0], 200)
        waiting = command("rotate")["kid"]
        states = {key["kid"]: key["state"] for key in command("list")}
        self.assertEqual(states, {old_kid: "retired", new_kid: "signing", waiting: "next"})
        command("revoke", old_kid)
        wait_until(lambda: client.me(old)[0] == 401, "the end of the old key")
        self.assertEqual(published(), {new_kid, waiting})
        self.assertEqual(client.me(new)[0], 200)
        stored = database_bytes(system)
        self.assertIn(new_kid.encode(), stored)
        for mark in KEY_MARKS:
            self.assertNotIn(mark, stored)


class RefusedLogins(SystemTest):
    """Wrong passwords, one at a time: the time until the answer tells nothing about the hash."""

    SAMPLES = 10
    # Begun so long after each other: they wait for their answers together and hash alone.
    GAP_S = 0.25
    # The cheapest and the dearest hash differ by more than 100 ms, ours and the cheapest by 15.
    APART_MS = 8
    HASHES = {
        "bcrypt": "$2b$04$" + "jb3PTWmgoQ/EFOGmC4j16." + "z" * 31,
        "pbkdf2": "$pbkdf2-sha256$1000$c2FsdHNhbHQ$" + "A" * 43,
        "argon2": "$argon2id$v=19$m=65536,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg$" + "A" * 43,
    }

    def import_accounts(self, system):
        lines = [json.dumps({"email": f"{name}@example.com", "password_hash": encoded})
                 for name, encoded in self.HASHES.items()]
        (system.folder / "accounts.jsonl").write_text("\n".join(lines))
        said = system.app.run_command("accounts", "import", "accounts.jsonl")
        self.assertIn("added 3", said)
        self.assertNotIn("without a password", said)

    def medians_ms(self, system):
        times = {name: [] for name in (*self.HASHES, "own", "unknown")}
        order = list(times) * self.SAMPLES
        random.Random(7).shuffle(order)
        begin = time.perf_counter()

        def log_in(number):
            name = order[number]
            body = json.dumps({"email": f"{name}@example.com", "password": "a wrong river 9"})
            # From a network of its own: guesses are throttled.
            headers = {"Content-Type": "application/json",
                       "X-Forwarded-For": f"198.51.{self._round}.{number}"}
            time.sleep(max(0.0, begin + number * self.GAP_S - time.perf_counter()))
            started = time.perf_counter()
            status, _, _ = system.app.request("POST", "/login", body, headers)
            self.assertEqual(status, 401)
            times[name].append((time.perf_counter() - started) * 1e3)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(log_in, range(len(order))))
        return {name: statistics.median(samples) for name, samples in times.items()}

    def test_A8_E3_wrong_passwords_take_the_same_time_whatever_the_stored_hash_costs(self):
        system = self.new_system(TRUSTED_PROXIES="127.0.0.1/32")
        system.confirmed_account("own@example.com")
        self.import_accounts(system)
        # Cores that others want as well may make the dearest hash late for its tick.
        for self._round in range(2):
            medians = self.medians_ms(system)
            if max(medians.values()) - min(medians.values()) < self.APART_MS:
                break
        print(f"A8: {({name: round(value, 1) for name, value in medians.items()})}")
        self.assertLess(max(medians.values()) - min(medians.values()), self.APART_MS, medians)


LOAD = pathlib.Path(__file__).resolve().parent / "login_load.py"
LOAD_S = 8


class Load(SystemTest):
    def start(self, *arguments):
        """A client in a process of its own, so that none holds up another's clock."""
        client = subprocess.Popen(["/usr/bin/python3", LOAD, *map(str, arguments)],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.addCleanup(client.kill)
        return client

    def result(self, client):
        output = client.communicate(timeout=60)[0]
        self.assertEqual(client.returncode, 0)
        return json.loads(output)

    def rss_kib(self, app):
        status = pathlib.Path(f"/proc/{app.process.child.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def test_K2_E3_500_parallel_logins(self):
        """Memory stays flat, the surplus gets 503 and Retry-After, other routes are served. How fast
        they are is measured by script/bench."""
        system = self.new_system()
        client = Client(system.app)
        address = "many@example.com"
        system.confirmed_account(address)
        client.login(address)
        before = peak = self.rss_kib(system.app)
        logins = self.start("logins", system.app.port, 500, LOAD_S + 2)
        others = self.start("samples", system.app.port, system.app.admin_port, LOAD_S)
        while others.poll() is None:
            peak = max(peak, self.rss_kib(system.app))
            time.sleep(0.02)
        self.assertIsNone(logins.poll(), "the logins ended before the samples")
        answers, served = self.result(logins), self.result(others)
        print(f"K2: {answers}, memory +{(peak - before) // 1024} MiB")
        self.assertEqual(set(answers), {"401 ", "503 2"})
        self.assertGreater(answers["503 2"], 500)
        self.assertTrue(all(served.values()), "each route was served")
        self.assertLess(peak - before, memory_limit(64 * 1024),
                        "more than the hashing threads' memory")

        def logged_in():
            status, _, answer = client.call("POST", "/login",
                                            {"email": address, "password": PASSWORD})
            self.assertIn(status, (200, 503), answer)
            return status == 200
        # The passwords that were accepted are still being hashed.
        wait_until(logged_in, "room for one more login")


if __name__ == "__main__":
    unittest.main()
