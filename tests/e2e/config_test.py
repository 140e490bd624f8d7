"""Configuration and start, with real files, processes and servers."""

import base64
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import socketserver
import subprocess
import threading
import unittest
import urllib.request

from harness import PASSWORD, SECRET_KEY, SystemTest, System
from servers import BINARY, SANITIZERS, Postern, Process, free_port, port_answers, wait_until


def run(folder, *arguments, wrapper=(), **settings):
    env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "LISTEN": f"127.0.0.1:{free_port()}",
           "ADMIN_LISTEN": f"127.0.0.1:{free_port()}", **settings}
    return subprocess.run([*wrapper, BINARY, *arguments], env=env, cwd=folder,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)


def ask(port, *lines):
    """The status of one raw request to that port."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return int(connection.makefile("rb").readline().split()[1])


class Pooler:
    """A private PgBouncer in transaction mode, before one database of `postgres`."""

    def __init__(self, folder, postgres, database):
        folder = pathlib.Path(folder) / "pgbouncer"
        folder.mkdir()
        self.port, self.database = free_port(), database
        (folder / "users").write_text('"postgres" ""\n')
        (folder / "pgbouncer.ini").write_text(
            f"[databases]\n{database} = host=127.0.0.1 port={postgres.port}\n[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\n"
            f"auth_type = trust\nauth_file = {folder}/users\npool_mode = transaction\n"
            "default_pool_size = 2\n"
            + ("max_prepared_statements = 0\n" if self.tracks_statements() else ""))
        shutil.chown(folder, "postgres", "postgres")
        self.process = Process(
            ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups",
             "/usr/sbin/pgbouncer", folder / "pgbouncer.ini"],
            {"PATH": "/usr/bin:/bin"}, folder, "pgbouncer")
        wait_until(lambda: port_answers(self.port), "PgBouncer")

    @staticmethod
    def tracks_statements():
        """Whether this PgBouncer has the setting at all: from 1.21 on."""
        said = subprocess.run(["/usr/sbin/pgbouncer", "--version"], capture_output=True, text=True)
        major, minor = said.stdout.split()[1].split(".")[:2]
        return (int(major), int(minor)) >= (1, 21)

    def url(self):
        return f"postgresql://postgres@127.0.0.1:{self.port}/{self.database}"


class TokenEndpoint(http.server.BaseHTTPRequestHandler):
    """Gives token1, token2, … while `away` is not set."""

    def do_POST(self):
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.forms.append((self.headers["Content-Type"], form))
        if self.server.away:
            status, answer = 503, {"error": "temporarily_unavailable"}
        else:
            status, answer = 200, {"token_type": "Bearer", "expires_in": 3600,
                                   "access_token": f"token{len(self.server.forms)}"}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class OAuthMailServer(socketserver.StreamRequestHandler):
    """Takes mail after AUTH XOAUTH2 with a token of `server.good`."""

    def handle(self):
        self.say("220 fake ready")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            verb = line.split()[0].upper()
            if verb == "EHLO":
                self.say("250-fake\r\n250 AUTH XOAUTH2")
            elif verb == "AUTH":
                self.login(base64.b64decode(line.split()[2]).decode())
            elif verb == "DATA":
                self.say("354 go ahead")
                while self.rfile.readline() != b".\r\n":
                    pass
                self.server.messages += 1
                self.say("250 ok")
            elif verb == "QUIT":
                return self.say("221 bye")
            else:
                self.say("250 ok")
        return None

    def login(self, message):
        self.server.logins.append(message)
        if message.split("Bearer ")[1].rstrip("\1") in self.server.good:
            return self.say("235 ok")
        self.say("334 " + base64.b64encode(b'{"status":"401","schemes":"Bearer"}').decode())
        self.rfile.readline()
        return self.say("535 5.7.3 Authentication unsuccessful")

    def say(self, text):
        self.wfile.write((text + "\r\n").encode())


class OAuth(SystemTest):
    def serve(self, server):
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server

    def setUp(self):
        super().setUp()
        self.tokens = self.serve(
            http.server.ThreadingHTTPServer(("127.0.0.1", 0), TokenEndpoint))
        self.tokens.forms, self.tokens.away = [], False
        self.smtp = self.serve(socketserver.ThreadingTCPServer(("127.0.0.1", 0), OAuthMailServer))
        self.smtp.logins, self.smtp.messages, self.smtp.good = [], 0, set()
        self.settings = {
            "SECRET_KEY": SECRET_KEY, "SMTP_HOST": "127.0.0.1", "SMTP_TLS": "none",
            "SMTP_PORT": str(self.smtp.server_address[1]), "SMTP_USER": "app@example.com",
            "SMTP_AUTH": "xoauth2", "SMTP_OAUTH_CLIENT_ID": "client", "SMTP_OAUTH_SCOPE": "mail",
            "SMTP_OAUTH_TOKEN_URL": f"http://127.0.0.1:{self.tokens.server_address[1]}/token",
            "SMTP_OAUTH_CLIENT_SECRET": "s3cr=t"}

    def test_check_and_send_test(self):
        """check and send-test log in by OAuth, and say what is refused without a secret."""
        self.smtp.good = {"token1", "token3"}
        run(self.folder, "migrate", **self.settings)
        done = run(self.folder, "check", **self.settings)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("the login is right", done.stdout)
        self.assertEqual(self.tokens.forms[0], (
            "application/x-www-form-urlencoded", "grant_type=client_credentials&client_id=client"
            "&client_secret=s3cr%3Dt&scope=mail"))
        self.assertEqual(self.smtp.logins, ["user=app@example.com\1auth=Bearer token1\1\1"])
        # token2 is refused, and renewed once.
        done = run(self.folder, "mail", "send-test", "someone@example.com", **self.settings)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual((self.smtp.messages, len(self.smtp.logins)), (1, 3))
        self.smtp.good = set()
        done = run(self.folder, "check", **self.settings)
        self.assertEqual(done.returncode, 1)
        self.assertIn("AUTH: 535 5.7.3 (status 401)", done.stdout)
        self.tokens.away = True
        done = run(self.folder, "check", **self.settings)
        self.assertIn("token endpoint: HTTP 503 temporarily_unavailable", done.stdout)
        for secret in ("s3cr", "token4", "token5"):
            self.assertNotIn(secret, done.stdout + done.stderr)

    def test_R6_an_endpoint_that_is_away_costs_no_job_and_its_return_sends_all(self):
        self.tokens.away = True
        self.smtp.good = {f"token{number}" for number in range(1000)}
        postern = Postern("run", self.folder, self.settings)
        self.addCleanup(lambda: postern.process.running() and postern.stop())
        for number in range(3):
            postern.post("/register", {"email": f"waits{number}@example.com"})
        wait_until(lambda: "token endpoint: HTTP 503" in postern.process.log(), "the held relay")
        self.assertEqual(self.smtp.messages, 0)
        self.tokens.away = False
        wait_until(lambda: self.smtp.messages == 3, "the three messages")
        self.assertNotIn("s3cr", postern.process.log())


class Configuration(SystemTest):
    NEEDS_POSTGRES = True

    def new_folder(self):
        type(self)._systems += 1
        folder = self.folder / f"config{type(self)._systems}"
        folder.mkdir()
        return folder

    def new_postern(self, command="run", wait=True, **settings):
        postern = Postern(command, self.new_folder(), settings, wait=wait)
        self.addCleanup(lambda: postern.process.running() and postern.stop())
        return postern

    def start_by_env_file(self, folder, **environment):
        """`postern run` with what `.env` says and nothing else; its LISTEN is read from there."""
        port = int(re.search(r"LISTEN=\"?127\.0\.0\.1:(\d+)", (folder / ".env").read_text())[1])
        env = {"PATH": "/usr/bin:/bin", "ADMIN_LISTEN": f"127.0.0.1:{free_port()}", **environment}
        process = Process([BINARY, "run"], env, folder, "run", cwd=folder)
        self.addCleanup(lambda: process.running() and process.stop())
        wait_until(lambda: port_answers(port) or not process.running(), "postern")
        self.assertTrue(process.running(), process.log())
        return process, port

    def test_C1_variables_of_the_platform_are_ignored_and_a_misspelt_setting_is_not(self):
        folder = self.new_folder()
        (folder / ".env").write_text(f"LISTEN=127.0.0.1:{free_port()}\n"
                                     "COMPOSE_PROJECT_NAME=acme\n")
        process, _ = self.start_by_env_file(
            folder, POSTERN_SERVICE_HOST="10.0.0.7", POSTERN_PORT="tcp://10.0.0.7:5001",
            POSTERN_PORT_5001_TCP_ADDR="10.0.0.7", POSTERN_APP_PORT="tcp://10.0.0.7:5001")
        self.assertEqual(process.log().count("COMPOSE_PROJECT_NAME"), 1)
        done = run(folder, "run", POSTERN_BASEURL="https://example.com")
        self.assertEqual(done.returncode, 1)
        self.assertIn("POSTERN_BASEURL", done.stderr)

    def test_C2_a_comment_after_a_quoted_value_is_no_part_of_it(self):
        folder, port = self.new_folder(), free_port()
        text = (f'LISTEN="127.0.0.1:{port}" # where\r\n'
                "SMTP_TLS='starttls'   # or \"implicit\"\r\n"
                f"SMTP_HOST=localhost\r\nSMTP_PORT={self.mail.port}\r\n"
                "MAIL_FROM=no-reply@example.com\r\n"
                f'SECRET_KEY="{SECRET_KEY}"\r\n')
        (folder / ".env").write_bytes((text + "PRODUCT_NAME='Acme\r\nClub'\r\n").encode())
        self.assertIn("PRODUCT_NAME: has a line break", run(folder, "check").stderr)
        (folder / ".env").write_bytes((text + "PRODUCT_NAME='Acme Club' # \"us\"\r\n").encode())
        self.start_by_env_file(folder)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/register") as page:
            self.assertIn("Acme Club", page.read().decode())

    def test_C3_a_byte_order_mark_is_no_part_of_an_env_file_or_a_secret(self):
        mark = b"\xef\xbb\xbf"
        folder = self.new_folder()
        (folder / "key").write_bytes(SECRET_KEY.encode())
        env = "\n".join(f"{name}={value}" for name, value in {
            "LISTEN": f"127.0.0.1:{free_port()}", "SECRET_KEY_FILE": f"{folder}/key",
            **self.mail.settings()}.items())
        (folder / ".env").write_bytes(env.encode())
        process, port = self.start_by_env_file(folder)

        def post(path, **fields):
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}{path}", json.dumps(fields).encode(),
                {"Content-Type": "application/json"})
            with urllib.request.urlopen(request) as answer:
                return answer.status

        self.assertEqual(post("/register", email="mark@example.com"), 202)
        link = self.mail.wait_for_email_to("mark@example.com")
        process.stop()
        # The same secret, and the first setting of the file has the same name.
        (folder / "key").write_bytes(mark + SECRET_KEY.encode() + b"\r\n")
        (folder / ".env").write_bytes(mark + env.encode())
        self.start_by_env_file(folder)
        self.assertEqual(post("/set-password", token=link.token(), password=PASSWORD), 200)
        self.assertFalse((folder / "data/secret.key").exists())

    def test_C4_O5_a_dot_env_that_cannot_be_read_stops_the_start_and_leaves_nothing(self):
        def refused(make, wrapper=()):
            folder = self.new_folder()
            make(folder / ".env")
            for command in ("run", "check"):
                done = run(folder, command, wrapper=wrapper)
                self.assertEqual(done.returncode, 1, done.stdout)
                lines = done.stderr.splitlines()
                if SANITIZERS:  # which complain of another user's rights
                    lines = [line for line in lines if line.startswith("postern: ")]
                self.assertEqual(len(lines), 1, done.stderr)
                self.assertIn(".env: ", lines[0])
            self.assertFalse((folder / "data").exists())

        def unreadable(path):
            path.write_text("LOG_LEVEL=info\n")
            path.chmod(0)

        refused(lambda path: path.mkdir())
        refused(lambda path: path.symlink_to("nowhere"))
        refused(lambda path: path.write_bytes(b"A=1\0"))
        self.assertEqual(os.geteuid(), 0, "wants root, to run as another user")
        refused(unreadable, ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))

    def test_H1_O5_base_url_with_a_path_is_refused_with_the_reason(self):
        done = run(self.new_folder(), "run", BASE_URL="https://example.com/accounts")
        self.assertEqual(done.returncode, 1)
        self.assertIn("BASE_URL: has a path", done.stderr)

    def test_X3_captured_mail_and_the_admin_listener_are_for_this_machine(self):
        done = run(self.new_folder(), "run", BASE_URL="https://accounts.example.com")
        self.assertEqual(done.returncode, 1)
        self.assertIn("SMTP_HOST: is missing: captured mail", done.stderr)
        done = run(self.new_folder(), "check", BASE_URL="https://accounts.example.com")
        self.assertIn("`postern run` would not start: SMTP_HOST is missing", done.stdout)
        done = run(self.new_folder(), "run", TRUSTED_PROXIES="127.0.0.1")
        self.assertEqual(done.returncode, 1)
        postern = self.new_postern()
        get, local = "GET /dev/mailbox HTTP/1.1", f"Host: localhost:{postern.port}"
        self.assertEqual(ask(postern.port, get, local), 200)
        for lines in ((get, "Host: accounts.example.com"),
                      (get, local, "X-Forwarded-For: 127.0.0.1"), (get, local, "Via: 1.1 proxy"),
                      (get, local, "Forwarded: for=127.0.0.1"), (get, local, "X-Real-IP: ::1"),
                      ("GET /dev/mailbox HTTP/1.0", local),
                      ("GET //dev/%6dailbox HTTP/1.1", "Host: accounts.example.com"),
                      ("GET http://localhost/dev/mailbox HTTP/1.1", "Host: example.com")):
            self.assertIn(ask(postern.port, *lines), (400, 404), lines)
        for path in ("/healthz", "/readyz", "/metrics"):
            get = f"GET {path} HTTP/1.1"
            for host in ("10.244.1.7:5002", "[2001:db8::7]:5002", "localhost"):
                self.assertEqual(ask(postern.admin_port, get, f"Host: {host}"), 200, path)
            self.assertEqual(ask(postern.admin_port, f"GET {path} HTTP/1.0"), 200, path)
            self.assertEqual(ask(postern.admin_port, get, "Host: rebound.example:5002"), 421, path)

    def test_open_doors(self):
        """An open admin listener and plaintext mail are said at the start and by check."""
        settings = {"ADMIN_LISTEN": f"0.0.0.0:{free_port()}", "SECRET_KEY": SECRET_KEY,
                    "SMTP_TLS": "none", "SMTP_HOST": "smtp.invalid", "MAIL_FROM": "a@example.com"}
        postern = self.new_postern(**settings)
        for line in ("ADMIN_LISTEN: health and metrics are open", "SMTP_TLS=none: "):
            self.assertIn(line, postern.process.log())
            self.assertIn(line, run(postern.folder, "check", **settings).stdout)

    def test_U1_a_database_that_comes_up_after_the_start_is_waited_for(self):
        database = self.postgres.create_database("late")
        self.postgres.stop()
        try:
            postern = self.new_postern(wait=False, DATABASE_URL=database)
            wait_until(lambda: "waiting up to 60 s for the database" in postern.process.log(),
                       "the line about the wait")
            migrating = self.new_folder()
            migrate = Process([BINARY, "migrate"], {"DATABASE_URL": database}, migrating, "migrate",
                              cwd=migrating)
            self.addCleanup(lambda: migrate.running() and migrate.kill())
            wait_until(lambda: "waiting up to 60 s" in migrate.log(), "the line of migrate")
            stopped = self.new_postern(wait=False, DATABASE_URL=database)
            wait_until(lambda: "waiting up to" in stopped.process.log(), "the wait of the third")
            self.assertEqual(stopped.process.stop(signal.SIGTERM), 0)
        finally:
            self.postgres.start()
        wait_until(lambda: port_answers(postern.port), "postern")
        wait_until(lambda: not migrate.running(), "migrate")
        self.assertEqual(migrate.stop(), 0, migrate.log())
        self.assertEqual(postern.process.log().count("waiting up to"), 1)
        self.assertEqual(postern.post("/register", {"email": "late@example.com"})[0], 202)

    def test_U1_a_wrong_password_or_a_missing_database_is_not_waited_for(self):
        self.postgres.sql("CREATE ROLE guarded LOGIN PASSWORD 'right'")
        hba = self.postgres.folder / "data/pg_hba.conf"
        kept = hba.read_text()
        hba.write_text("host all guarded 127.0.0.1/32 scram-sha-256\n" + kept)
        self.postgres.sql("SELECT pg_reload_conf()")
        self.addCleanup(hba.write_text, kept)
        server = f"127.0.0.1:{self.postgres.port}"
        for command in ("run", "migrate"):
            for url, words in ((f"postgresql://guarded:wrong1@{server}/postgres", "password"),
                               (f"postgresql://postgres@{server}/nowhere", '"nowhere" does not')):
                done = run(self.new_folder(), command, SECRET_KEY=SECRET_KEY, DATABASE_URL=url)
                self.assertEqual(done.returncode, 1)
                self.assertIn(words, done.stderr)
                self.assertIn("DATABASE_URL", done.stderr)
                self.assertNotIn("waiting up to", done.stdout + done.stderr)
                self.assertNotIn("wrong1", done.stdout + done.stderr)

    def test_D1_two_apps_behind_pgbouncer_in_transaction_mode(self):
        self.postgres.create_database("pooled")
        pooler = Pooler(self.folder, self.postgres, "pooled")
        self.addCleanup(lambda: pooler.process.stop(signal.SIGINT))
        settings = {"SECRET_KEY": SECRET_KEY, "DATABASE_URL": pooler.url(),
                    **self.mail.settings()}
        folder = self.new_folder()
        self.assertEqual(run(folder, "migrate", **settings).returncode, 0)
        done = run(folder, "check", **settings)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("through a connection pooler", done.stdout)
        folders = [self.new_folder(), self.new_folder()]
        systems = [System(self, folder, settings, "outbox", True) for folder in folders]
        for number, system in enumerate(systems * 5):
            address = f"pooled{number}@example.com"
            system.confirmed_account(address)
            other = systems[(number + 1) % 2]
            status, session = other.app.post("/login", {"email": address, "password": PASSWORD})
            self.assertEqual(status, 200, session)
            status, _ = system.app.post("/refresh", {"refresh_token": session["refresh_token"]})
            self.assertEqual(status, 200)
        listed = json.loads(systems[0].app.run_command("accounts", "list", "--json"))
        self.assertEqual(len(listed["accounts"]), 10)
        self.assertEqual(systems[0].app.ready()["status"], "ready")
        for system in systems:
            self.assertNotIn("error", system.app.process.log().lower().replace("error=", ""))
        # Nothing of ours stays in a connection that another program gets next.
        shown = subprocess.run(
            ["psql", "-XAtq", "-d", pooler.url(), "-c", "SHOW statement_timeout", "-c",
             "SHOW enable_seqscan", "-c", "SELECT count(*) FROM pg_prepared_statements"],
            capture_output=True, text=True, check=True)
        self.assertEqual(shown.stdout.split(), ["0", "on", "0"])


if __name__ == "__main__":
    unittest.main()
