"""Every flow is played with secrets that the test knows; then they are searched for in whatever the
system leaves behind: logs, database, broker, events, metrics, backups, core files, memory."""

import base64
import json
import resource
import secrets
import signal
import sqlite3
import subprocess
import time
import unittest
import urllib.parse

import jwt
import pika
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from canary import Canaries, StoppedProcess
from forged_tokens import derived_key, open_sealed
from harness import SystemTest
from oidc_harness import CALLBACK, Browser, Product, query_of
from servers import POSTGRES_BIN, wait_until

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JSON = {"Content-Type": "application/json"}
PASSWORDS = ("set", "form", "changed", "recovered", "taken back", "wrong", "weak", "rated",
             "in bad JSON", "of no account")


class Consumer:
    """Reads what goes through the broker's exchanges: mail jobs and events."""

    def __init__(self, url):
        self.bodies = []
        self._connection = pika.BlockingConnection(pika.URLParameters(url))
        channel = self._connection.channel()
        queue = channel.queue_declare("", exclusive=True).method.queue
        for exchange, key in (("postern.mail", "mail"), ("postern.events", "#")):
            channel.queue_bind(queue, exchange, key)
        self._channel, self._queue = channel, queue

    def read(self):
        while True:
            method, properties, body = self._channel.basic_get(self._queue, auto_ack=True)
            if method is None:
                return b"\n".join(self.bodies)
            self.bodies.append(body + repr(properties).encode())

    def close(self):
        self._connection.close()


class Person:
    """Plays every flow of one system, and notes what must not be found."""

    def __init__(self, system, canaries):
        self.system, self.app, self.canaries = system, system.app, canaries
        self.passwords = {
            name: canaries.secret(f"password {name}", f"quiet {name} {secrets.token_hex(9)}")
            for name in PASSWORDS}

    def ask(self, method, path, fields=None, headers=None):
        body = fields if fields is None or isinstance(fields, (str, bytes)) else json.dumps(fields)
        status, _, text = self.app.request(method, path, body, {**JSON, **(headers or {})})
        return status, json.loads(text) if text.startswith(b"{") else {}

    def token(self, name, value):
        return self.canaries.token(name, value)

    def links(self, address, path):
        return [urllib.parse.parse_qs(urllib.parse.urlsplit(word).query)["token"][0]
                for mail in list(self.system.mail.messages) if mail.to == address
                for word in mail.text.split() if f"{path}?token=" in word]

    def link(self, name, address, path="/set-password", beyond=0):
        wait_until(lambda: len(self.links(address, path)) > beyond, f"the link {name}")
        return self.token(f"mail token {name}", self.links(address, path)[-1])

    def bearer(self, pair):
        return {"Authorization": f"Bearer {pair['access_token']}"}

    def note_pair(self, name, pair):
        for part, value in pair.items():
            if part.endswith("_token"):
                self.token(f"{part} {name}", value)
        return pair

    def login(self, name, address, password):
        status, pair = self.ask("POST", "/login", {"email": address, "password": password})
        assert status == 200, pair
        return self.note_pair(name, pair)

    def play(self):
        self.play_api("anna.canary@example.com")
        self.play_products("boris.canary@example.com")
        self.play_faults("anna.canary@example.com")

    def play_api(self, address):
        say, ask = self.passwords, self.ask
        assert ask("POST", "/register", {"email": address})[0] == 202
        first = self.link("set", address)
        self.app.request("GET", f"/set-password?token={first}")
        ask("POST", "/password-strength", {"password": say["rated"], "token": first})
        ask("POST", "/set-password", {"token": first, "password": "weak " + say["weak"][:3]})
        assert ask("POST", f"/set-password?token={first}", {"password": say["set"]})[0] == 200
        assert ask("POST", "/set-password", {"token": first, "password": say["wrong"]})[0] == 400
        assert ask("POST", "/login", {"email": address, "password": say["wrong"]})[0] == 401
        assert ask("POST", "/login", {"email": "x.canary@example.com",
                                      "password": say["of no account"]})[0] == 401
        pair = self.login("login", address, say["set"])
        pair = self.note_pair("refresh", ask("POST", "/refresh", {
            "refresh_token": pair["refresh_token"]})[1])
        mine = self.bearer(pair)
        ask("POST", "/me/password", {"current_password": say["wrong"],
                                     "new_password": say["changed"]}, mine)
        assert ask("POST", "/me/password", {"current_password": say["set"],
                                            "new_password": say["changed"]}, mine)[0] == 204
        moved = f"moved.{address}"
        assert ask("POST", "/me/email", {"email": moved, "password": say["changed"]},
                   mine)[0] == 202
        token = self.link("confirm", moved, "/confirm-email")
        self.app.request("GET", f"/confirm-email?token={token}")
        assert ask("POST", "/confirm-email", {"token": token}, mine)[0] == 200
        back = self.link("take back", address, beyond=1)
        assert ask("POST", "/recover-password", {"email": moved})[0] == 202
        token = self.link("recover", moved)
        for link, password in ((token, "recovered"), (back, "taken back")):
            assert ask("POST", "/set-password",
                       {"token": link, "password": say[password]})[0] == 200
        pair = self.login("again", address, say["taken back"])
        assert ask("POST", "/logout", {"refresh_token": pair["refresh_token"]})[0] == 204
        self.link("unused", address, beyond=1) if ask(
            "POST", "/recover-password", {"email": address})[0] == 202 else None

    def client(self, name, *options):
        made = json.loads(self.app.run_command(
            "clients", "add", "--json", "--id", name, "--name", name, "--redirect-uri", CALLBACK,
            *options))
        return Product(self.app, name, made.get("client_secret"))

    def play_products(self, address):
        say, browser = self.passwords, Browser(self.app)
        notes = self.client("notes")
        self.canaries.secret("client secret", notes.secret)
        self.canaries.secret("code_verifier", notes.verifier)
        page = browser.go(notes.authorize_path(prompt="create"))
        browser.go("/register", {**page.fields(), "email": address})
        form = browser.go(f"/set-password?token={self.link('form', address)}")
        back = browser.go("/set-password", {**form.fields(), "password": say["form"]})
        code = self.token("code", query_of(back.location)["code"])
        tokens = self.note_pair("of a client", notes.exchange(code).json())
        browser.ask("POST", "/logout", {})
        browser.ask("POST", "/login", {"email": address, "password": say["wrong"]})
        browser.ask("POST", "/login", {"email": address, "password": say["form"]})
        self.token("cookie", browser.cookies["__Host-postern"])
        code = self.token("code again", query_of(
            browser.go(notes.authorize_path(state="x")).location)["code"])
        tokens = self.note_pair("of a client again", notes.exchange(code).json())
        assert notes.userinfo(tokens["access_token"]).status == 200
        next_ones = notes.refresh(tokens["refresh_token"]).json()
        self.note_pair("of a client, next", next_ones)
        notes.exchange(code)
        wrong = Product(self.app, "notes", self.canaries.secret(
            "wrong client secret", secrets.token_urlsafe(32)))
        assert wrong.refresh("x").status == 401
        notes.post("/revoke", {"token": next_ones["refresh_token"]})
        self.play_assertion()
        rotated = json.loads(self.app.run_command("clients", "rotate-secret", "notes", "--json"))
        self.canaries.secret("next client secret", rotated["client_secret"])
        self.app.run_command("keys", "rotate", "--now")

    def play_assertion(self):
        key = ec.generate_private_key(ec.SECP256R1())
        jwk = {**json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key())), "kid": "one"}
        file = self.system.folder / "jwks.json"
        file.write_text(json.dumps({"keys": [jwk]}))
        keyed = self.client("keyed", "--jwks", str(file))
        assertion = jwt.encode(
            {"iss": "keyed", "sub": "keyed", "aud": f"http://localhost:{self.app.port}",
             "jti": secrets.token_hex(8), "exp": int(time.time()) + 60}, key, "ES256",
            {"kid": "one"})
        self.token("assertion", assertion)
        answer = keyed.post("/token", {"grant_type": "refresh_token", "refresh_token": "x",
                                       "client_assertion": assertion,
                                       "client_assertion_type": ASSERTION})
        assert answer.json()["error"] == "invalid_grant", answer.text

    def play_faults(self, address):
        """What a log line might be made of: requests that cannot be read, and tokens in places
        where they do not belong."""
        say, ask = self.passwords, self.ask
        token = self.canaries.values["mail token unused"]
        # No form sends a password in a target or a header: it is looked for in all but memory.
        stray = self.canaries.secret("stray password", f"quiet stray {secrets.token_hex(9)}")
        ask("POST", "/login", '{"email":"' + address + '","password":"' + say["in bad JSON"])
        ask("POST", "/login", {"email": address, "password": [say["in bad JSON"]]})
        ask("POST", "/login", {"email": [address], "password": say["in bad JSON"]})
        ask("POST", f"/no-such-page?token={token}&password={stray.replace(' ', '+')}")
        ask("GET", f"/login?password={stray.replace(' ', '+')}")
        ask("GET", f"/set-password/{token}")
        ask("POST", "/set-password", {"token": token + "x", "password": say["wrong"]})
        ask("GET", "/me", None, {"Authorization": f"Bearer {token}"})
        pair = f"{address}:{stray}"
        ask("GET", "/me", None, {
            "Authorization": "Basic " + base64.b64encode(pair.encode()).decode()})
        ask("GET", "/me", None, {"Cookie": f"__Host-postern={token}; a=\"{stray}",
                                 "Referer": f"https://x.example/?token={token}"})


class CanaryRun(SystemTest):
    NEEDS_POSTGRES = True
    NEEDS_RABBITMQ = True

    def start(self, database, queue, **settings):
        self.canaries = Canaries()
        if queue == "rabbitmq":
            self.protect_servers()
        secret_key = self.canaries.secret("SECRET_KEY", secrets.token_hex(32))
        self.canaries.secret("SMTP_PASSWORD", self.mail.PASSWORD)
        self.system = self.new_system(database, queue, LOG_LEVEL="debug", SECRET_KEY=secret_key,
                                      MAIL_LIMIT_PER_ADDRESS="1000/h", **settings)
        self.processes = [process for process in (self.system.app, self.system.worker) if process]

    def protect_servers(self):
        """URLs of database and broker with passwords that are canaries."""
        broker, database = (self.canaries.secret(f"{name}'s password", secrets.token_urlsafe(24))
                            for name in ("broker", "database"))
        self.rabbitmq.ctl("add_user", "canary", broker)
        self.rabbitmq.ctl("set_permissions", "canary", ".*", ".*", ".*")
        self.rabbitmq.url = lambda: f"amqp://canary:{broker}@127.0.0.1:{self.rabbitmq.port}/"
        self.postgres.url = lambda name="postgres": (
            f"postgresql://postgres:{database}@127.0.0.1:{self.postgres.port}/{name}")

    def note_signing_keys(self, rows):
        for kid, sealed in rows:
            seal_key = derived_key(self.system.settings["SECRET_KEY"], "signing-key")
            pem = open_sealed(seal_key, kid, sealed)
            key = serialization.load_pem_private_key(pem, None)
            number = key.private_numbers().private_value.to_bytes(32, "big")
            self.canaries.secret(f"signing key {kid}", pem.decode().split("\n")[1])
            self.canaries.token(f"signing key {kid} as JWK",
                                base64.urlsafe_b64encode(number).decode().rstrip("="))

    def assert_nowhere(self, found, where):
        self.assertFalse(found, f"{where}: {found}")

    def check_logs_and_metrics(self):
        for process in self.processes:
            log = process.process.log_path.read_bytes()
            self.assertIn(b"started" if process is self.system.app else b"email sent", log)
            self.assert_nowhere(self.canaries.found_in(log), f"log of {process.command}")
            for path in ("/metrics", "/readyz", "/healthz"):
                text = process.request("GET", path, port=process.admin_port)[2]
                self.assertGreater(len(text), 2)
                self.assert_nowhere(self.canaries.found_in(text), f"{path} of {process.command}")

    def check_memory(self, process):
        with StoppedProcess(process.process.child.pid) as stopped:
            regions = list(stopped.regions())
        # The search works: what the process needs is there.
        self.assertTrue(any(self.canaries.found_in(data, "SECRET_KEY") for _, data in regions))
        found = {}
        for name, data in regions:
            for canary in self.canaries.found_in(data, "password "):
                found.setdefault(canary, []).append(name or "anonymous")
        self.assert_nowhere(found, f"memory of {process.command}")

    def test_H5_nothing_on_sqlite_holds_a_secret_after_every_flow(self):
        self.start("sqlite", "outbox")
        Person(self.system, self.canaries).play()
        data = self.system.folder / "data"
        with sqlite3.connect(data / "postern.db") as database:
            self.note_signing_keys(database.execute("SELECT kid, sealed FROM signing_key"))
        self.assertTrue((data / "postern.db-wal").stat().st_size)
        self.system.app.run_command("backup", str(self.system.folder / "backup.db"))
        self.assertGreater((self.system.folder / "backup.db").stat().st_size, 10_000)
        self.check_logs_and_metrics()
        self.assert_nowhere(self.canaries.found_below(self.system.folder), "files")
        self.check_memory(self.system.app)
        self.assertGreaterEqual(len(self.canaries.names()), 45)

    def test_H5_nothing_on_postgresql_and_rabbitmq_holds_a_secret_after_every_flow(self):
        self.start("postgresql", "rabbitmq")
        wait_until(lambda: self.system.app.ready()["status"] == "ready", "the broker")
        consumer = Consumer(self.rabbitmq.url())
        self.addCleanup(consumer.close)
        Person(self.system, self.canaries).play()
        name = self.system.app.settings["DATABASE_URL"].rpartition("/")[2]
        self.note_signing_keys(row.split("|") for row in self.postgres.sql(
            "select kid, sealed from signing_key", name))
        read = wait_until(lambda: (text := consumer.read()).count(b"mail.sent") >= 10 and text,
                          "the events")
        for kind in (b"account.registered", b"session.created", b"confirm-email"):
            self.assertIn(kind, read)
        self.assert_nowhere(self.canaries.found_in(read), "messages")
        dump = subprocess.run([POSTGRES_BIN / "pg_dump", "-d", self.postgres.url(name)],
                              capture_output=True, check=True).stdout
        self.assertGreater(dump.count(b"anna.canary@example.com"), 1)
        self.assert_nowhere(self.canaries.found_in(dump), "pg_dump")
        self.check_logs_and_metrics()
        self.postgres.sql("checkpoint")
        for folder in (self.system.folder, self.rabbitmq.folder, self.postgres.folder):
            self.assert_nowhere(self.canaries.found_below(folder), folder.name)
        for process in self.processes:
            self.check_memory(process)

    def test_H5_O1_a_process_that_crashes_leaves_no_core_file(self):
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        soft = resource.getrlimit(resource.RLIMIT_CORE)[0]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_CORE, (soft, hard))
        for crash in (signal.SIGSEGV, signal.SIGABRT):
            self.start("sqlite", "outbox")
            before = {path.name for path in self.system.folder.iterdir()}
            self.assertEqual(self.system.app.process.stop(crash), -crash)
            self.assertEqual({path.name for path in self.system.folder.iterdir()}, before)


if __name__ == "__main__":
    unittest.main()
