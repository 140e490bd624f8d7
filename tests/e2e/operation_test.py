"""Starting, stopping and misconfiguring, as an operator does."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import unittest
import urllib.parse

from harness import SECRET_KEY, SystemTest
from servers import BINARY, Postern, free_port, memory_limit, wait_until


def run(folder, *arguments, **settings):
    env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "LISTEN": f"127.0.0.1:{free_port()}",
           "ADMIN_LISTEN": f"127.0.0.1:{free_port()}", **settings}
    return subprocess.run([BINARY, *arguments], env=env, cwd=folder, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=30)


class Operation(SystemTest):
    def new_folder(self):
        type(self)._systems += 1
        folder = self.folder / f"folder{type(self)._systems}"
        folder.mkdir()
        return folder

    def new_postern(self, **settings):
        postern = Postern("run", self.new_folder(), settings)
        self.addCleanup(lambda: postern.process.running() and postern.stop())
        return postern

    def test_refusals(self):
        """A missing or wrong setting stops the start with one line that names it."""
        self.maxDiff = None
        smtp = {"SMTP_HOST": "localhost", "MAIL_FROM": "a@example.com"}
        cases = [
            ({"POSTERN_LISTNE": "x"}, "POSTERN_LISTNE"), ({"LISTEN": "5001"}, "LISTEN"),
            ({"LISTEN": "127.0.0.1:99999"}, "LISTEN"), ({"BASE_URL": "example.com"}, "BASE_URL"),
            ({"SECRET_KEY": "short"}, "SECRET_KEY"), ({"TOKEN_TTL": "0m"}, "TOKEN_TTL"),
            ({"TOKEN_TTL": "60"}, "TOKEN_TTL"), ({"TOKEN_TTL": "25h"}, "TOKEN_TTL"),
            ({"LISTEN": "0.0.0.0:5999"}, "SECRET_KEY"),
            ({"LISTEN": "0.0.0.0:5999", "SECRET_KEY": SECRET_KEY}, "SMTP_HOST"),
            ({"SMTP_PORT": "587"}, "SMTP_HOST"), ({"SMTP_HOST": "localhost"}, "MAIL_FROM"),
            ({**smtp, "SMTP_PORT": "0"}, "SMTP_PORT"), ({**smtp, "SMTP_TLS": "ssl"}, "SMTP_TLS"),
            ({**smtp, "SMTP_USER": "a"}, "SMTP_PASSWORD"),
            ({**smtp, "MAIL_FROM": "a@b.example\nBcc: c@d.example"}, "MAIL_FROM"),
            ({**smtp, "SMTP_CA_FILE": "/nowhere"}, "SMTP_CA_FILE"),
            ({"SMTP_RELAYS": "localhost"}, "SMTP_HOST"),
            ({**smtp, "SMTP_RELAYS": "http://localhost"}, "SMTP_RELAYS"),
            ({**smtp, "SMTP_RELAYS": "smtp://user:pass@word@localhost"}, "SMTP_RELAYS"),
            ({**smtp, "SMTP_RELAYS": "localhost:0"}, "SMTP_RELAYS"),
            ({"MAIL_LIMIT_PER_ADDRESS": "3"}, "MAIL_LIMIT_PER_ADDRESS"),
            ({"MAIL_LIMIT_PER_ADDRESS": "3/h,5/h"}, "MAIL_LIMIT_PER_ADDRESS"),
            ({"MAIL_LIMIT_PER_ADDRESS": "3/h,10/d,"}, "MAIL_LIMIT_PER_ADDRESS"),
            ({"AUDIT_RETENTION": "47h"}, "AUDIT_RETENTION"),
            ({"MAIL_STATE_RETENTION": "0d"}, "MAIL_STATE_RETENTION"),
            ({"UNCONFIRMED_RETENTION": "1d"}, "UNCONFIRMED_RETENTION"),
            ({"REQUEST_LIMIT_PER_IP": "0/s"}, "REQUEST_LIMIT_PER_IP"),
            ({"PASSWORD_MIN_LENGTH": "7"}, "PASSWORD_MIN_LENGTH"),
            ({"BREACHED_PASSWORDS_FILE": "/etc/hostname"}, "BREACHED_PASSWORDS_FILE"),
            ({"RETURN_URLS": "javascript:alert(1)"}, "RETURN_URLS"),
            ({"CORS_ORIGINS": "*"}, "CORS_ORIGINS"), ({"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
            ({"DATABASE_URL": "mysql://localhost/x"}, "DATABASE_URL"),
            ({"DATABASE_URL": "sqlite:///proc/postern.db"}, "DATABASE_URL"),
            ({"RABBITMQ_URL": "http://localhost"}, "RABBITMQ_URL"),
            ({"TRUSTED_PROXIES": "everyone"}, "TRUSTED_PROXIES"),
            ({"TLS_CERT_FILE": "/nowhere"}, "TLS_CERT_FILE"),
            ({"SECRET_KEY_FILE": "/nowhere"}, "SECRET_KEY_FILE"),
            ({"SECRET_KEY": SECRET_KEY, "SECRET_KEY_FILE": "/nowhere"}, "SECRET_KEY"),
            ({"MAIL_TEMPLATES": "/nowhere"}, "MAIL_TEMPLATES"),
            ({"MAIL_TOKEN_KEY_FILE": "/etc/hostname"}, "MAIL_TOKEN"),
        ]
        for settings, name in cases:
            with self.subTest(settings=settings):
                done = run(self.new_folder(), "run", **settings)
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
                self.assertIn(name, done.stderr)
                self.assertNotIn(SECRET_KEY, done.stderr)

    def test_usage(self):
        """Wrong usage is exit code 2, help is 0."""
        folder = self.new_folder()
        self.assertEqual(run(folder).returncode, 2)
        self.assertEqual(run(folder, "fly").returncode, 2)
        self.assertEqual(run(folder, "run", "--fast").returncode, 2)
        for command in ("run", "app", "worker", "migrate", "check"):
            done = run(folder, command, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn(command, done.stdout)
        for arguments, wanted in (
                (("acounts", "list"), '"acounts"; did you mean "accounts"?'),
                (("accounts", "shwo"), '"shwo"; did you mean "show"?'),
                (("accounts", "list", "--jsno"), '"--jsno"; did you mean "--json"?'),
                (("--env-file", "x", "cleints"), '"cleints"; did you mean "clients"?'),
                (("help", "mial"), '"mial"; did you mean "mail"?'),
                (("fly",), '`postern` has no command "fly"\n'),
                (("accounts", "show"), "`postern accounts show --help`"),
                (("accounts",), "postern accounts show anna@example.com --json"), ((), "postern run")):
            done = run(folder, *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertIn(wanted, done.stderr)
        for arguments in ((), ("accounts",), ("accounts", "show"), ("mail", "replay")):
            done = run(folder, "help", *arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(done.stdout, run(folder, *arguments, "--help").stdout)

    def test_O5_a_command_in_a_folder_without_a_system_creates_nothing(self):
        folder = self.new_folder()
        (folder / "clients.json").write_text('{"clients": []}')
        for arguments in (("accounts", "list"), ("accounts", "create", "anna@example.com"),
                          ("clients", "list"), ("clients", "apply", "clients.json"),
                          ("keys", "list"), ("keys", "rotate"), ("mail", "queue"),
                          ("mail", "dead")):
            done = run(folder, *arguments)
            self.assertEqual((done.returncode, done.stdout), (1, ""), arguments)
            self.assertIn("there is no system here", done.stderr)
        self.assertEqual([path.name for path in folder.iterdir()], ["clients.json"])

    def test_worker_without_mail_server(self):
        done = run(self.new_folder(), "worker", SECRET_KEY=SECRET_KEY)
        self.assertEqual(done.returncode, 1)
        self.assertIn("SMTP_HOST", done.stderr)

    def test_old_schema(self):
        """An older schema is refused, migrate brings it up, --migrate does both."""
        folder = self.new_folder()
        (folder / "data").mkdir()
        (folder / "data/postern.db").touch()
        done = run(folder, "run")
        self.assertEqual(done.returncode, 1)
        self.assertIn("postern migrate", done.stderr)
        # `check` before the first `migrate` is no failure, with an old schema it is.
        done = run(folder, "check")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("note  database  the schema is missing: run `postern migrate`", done.stdout)
        self.assertEqual(run(folder, "migrate").returncode, 0)
        self.assertEqual(run(folder, "check").returncode, 0)
        with contextlib.closing(sqlite3.connect(folder / "data/postern.db")) as database:
            database.execute("DELETE FROM schema_migrations WHERE version > 20")
            database.commit()
        done = run(folder, "check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("older than this program: run `postern migrate`", done.stdout)
        other = self.new_postern()
        self.assertEqual(other.ready()["status"], "ready")

    def test_check(self):
        """check says in one line each what answers, and exits 1 when something does not."""
        folder = self.new_folder()
        run(folder, "migrate", SECRET_KEY=SECRET_KEY)
        done = run(folder, "check", SECRET_KEY=SECRET_KEY, **self.mail.settings())
        self.assertEqual((done.returncode, done.stdout.count("ok  ")), (0, 4), done.stdout)
        wrong = {**self.mail.settings(), "SMTP_PASSWORD": "not the password"}
        done = run(folder, "check", SECRET_KEY=SECRET_KEY, RABBITMQ_URL="amqp://127.0.0.1:1/",
                   **wrong)
        self.assertEqual((done.returncode, done.stdout.count("FAIL")), (1, 2), done.stdout)
        self.assertNotIn("not the password", done.stdout + done.stderr)

    def test_check_tries_every_relay(self):
        """SMTP_RELAYS: a line for each, whichever way it is written."""
        folder = self.new_folder()
        run(folder, "migrate", SECRET_KEY=SECRET_KEY)
        user, password = (urllib.parse.quote(text, safe="")
                          for text in (self.mail.USER, self.mail.PASSWORD))
        host = f"localhost:{self.mail.port}"
        (folder / "relays").write_text(f"{host},smtp://{user}:{password}@{host}\n")
        done = run(folder, "check", SECRET_KEY=SECRET_KEY, SMTP_RELAYS_FILE=str(folder / "relays"),
                   **self.mail.settings())
        self.assertEqual((done.returncode, done.stdout.count(f"{host} answers")), (0, 3),
                         done.stdout)
        done = run(folder, "check", SECRET_KEY=SECRET_KEY,
                   SMTP_RELAYS=f"smtp://{user}:geheim@{host},localhost:1", **self.mail.settings())
        self.assertEqual((done.returncode, done.stdout.count("FAIL  mail")), (1, 2), done.stdout)
        self.assertNotIn("geheim", done.stdout + done.stderr)

    def test_R7_a_relay_that_is_down_holds_up_no_email(self):
        """The next relay of SMTP_RELAYS takes the email at once, and the log says so once."""
        settings = {**self.mail.settings(), "SMTP_PORT": str(free_port()),
                    "SMTP_RELAYS": f"localhost:{self.mail.port}"}
        postern = self.new_postern(**settings)
        for address in ("first@relay.example", "second@relay.example"):
            self.assertEqual(postern.post("/register", {"email": address})[0], 202)
            self.mail.wait_for_email_to(address)
        self.assertEqual(postern.process.log().count("mail relay held back"), 1)

    def test_env_file(self):
        """Settings come from .env, the environment wins, and the prefix POSTERN_ is the same."""
        folder = self.new_folder()
        (folder / ".env").write_text("# a comment\nexport PRODUCT_NAME='Acme Club'\n"
                                     "TOKEN_TTL=99\n")
        done = run(folder, "run")
        self.assertIn("TOKEN_TTL", done.stderr)
        postern = Postern("run", folder, {"POSTERN_TOKEN_TTL": "5m"})
        self.addCleanup(lambda: postern.process.running() and postern.stop())
        page = postern.request("GET", "/", headers={"Accept": "text/html"})[2].decode()
        self.assertIn("Acme Club", page)

    def test_env_file_by_name(self):
        """--env-file takes the place of .env, before and behind every command."""
        folder = self.new_folder()
        (folder / ".env").write_text("TOKEN_TTL=99\n")
        (folder / "etc").mkdir()
        (folder / "etc/one.env").write_text("DATABASE_URL=sqlite:one.db\nOTHER_PROGRAM=1\n")
        one = ("--env-file", "etc/one.env")
        self.assertEqual(run(folder, "migrate", *one).returncode, 0)
        # Relative paths in the file start at the working directory, as those of .env do.
        self.assertTrue((folder / "one.db").exists())
        for arguments in ((*one, "accounts", "list"), ("accounts", *one, "list"),
                          ("keys", "list", *one), ("mail", "queue", *one)):
            done = run(folder, *arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        self.assertIn("etc/one.env: not used", run(folder, "check", *one).stdout)
        self.assertEqual(run(folder, "check", "--env-file", "/dev/null").returncode, 0)
        for name in ("etc/none.env", "etc"):
            done = run(folder, "check", "--env-file", name)
            self.assertEqual(done.returncode, 1)
            self.assertTrue(done.stderr.startswith(f"postern: {name}: "), done.stderr)
        (folder / "etc/wrong.env").write_text("LISTEN='127.0.0.1:1\n")
        self.assertIn("line 1 of etc/wrong.env",
                      run(folder, "check", "--env-file", "etc/wrong.env").stderr)
        self.assertEqual(run(folder, "check", "--env-file", "").returncode, 2)

    def test_first_try(self):
        """With nothing set, run is a whole system: key and database in data, mail captured."""
        postern = self.new_postern()
        mode = (postern.folder / "data/secret.key").stat().st_mode & 0o777
        self.assertEqual(mode, 0o600)
        self.assertEqual((postern.folder / "data").stat().st_mode & 0o777, 0o700)
        for i in range(5):
            self.assertEqual(postern.post("/register", {"email": "first@example.com"})[0], 202)

        def captured():
            body = postern.request("GET", "/dev/mailbox", headers={"Accept": "application/json"})
            return json.loads(body[2])
        wait_until(lambda: len(captured()) == 3, "the emails that the limit allows")
        mail = captured()[0]
        self.assertEqual(set(mail), {"id", "kind", "to", "subject", "text", "html", "sent_at"})

        def held():
            page = postern.request("GET", "/dev/mailbox", headers={"Accept": "text/html"})[2]
            return page.decode().count("first@example.com (confirm)")
        # Requests are resolved after their 202, the last of them when the emails may have left.
        wait_until(lambda: held() == 2, "the emails that the limit holds back")
        token = mail["text"].split("token=")[1].split()[0]
        # The key is kept: a token made before a restart is good after it.
        postern.stop()
        postern.start()
        status, _ = postern.post("/set-password",
                                 {"token": token, "password": "a quiet green river 7"})
        self.assertEqual(status, 200)

    def test_no_mailbox_with_smtp(self):
        system = self.new_system()
        self.assertEqual(system.app.request("GET", "/dev/mailbox")[0], 404)

    def test_memory(self):
        """Under 30 MB after a start with an existing database. script/bench has the time it takes."""
        postern = self.new_postern()
        postern.post("/register", {"email": "first@example.com"})
        postern.stop()
        postern.start()
        status = open(f"/proc/{postern.process.child.pid}/status").read()
        resident_kb = int(status.split("VmRSS:")[1].split()[0])
        self.assertLess(resident_kb, memory_limit(30 * 1024))

    def test_R14_sigterm_finishes_what_is_in_flight(self):
        system = self.new_system()
        system.register("drain@example.com")
        system.email_to("drain@example.com")
        system.app.process.child.send_signal(signal.SIGTERM)
        self.assertEqual(system.app.process.child.wait(30), 0)

    def test_H5_no_token_password_or_address_in_the_log(self):
        system = self.new_system(LOG_LEVEL="debug")
        mail = system.confirmed_account("secret.person@example.com", "a very private river 99")
        system.set_password(mail.token(), "a very private river 98")
        for _ in range(4):
            self.assertEqual(system.app.post("/login", {
                "email": "secret.person@example.com", "password": "a wrong private river"})[0], 401)
        system.app.stop()
        log = system.app.process.log()
        self.assertIn("email sent", log)
        # Identical warnings are written three times a minute; the others are counted.
        refused = "warn login refused email=\"s***@example.com\" client=127.0.0.1 "
        self.assertEqual(log.count(refused + "reason=invalid_credentials\n"), 3)
        self.assertIn('identical lines left out line="login refused" count=1', log)
        for secret in (mail.token(), mail.token()[-43:], "private river", SECRET_KEY,
                       "secret.person", self.mail.PASSWORD):
            self.assertNotIn(secret, log)

    def test_O1_no_core_file_is_written(self):
        postern = self.new_postern()
        limits = open(f"/proc/{postern.process.child.pid}/limits").read()
        line = next(line for line in limits.splitlines() if "core file" in line)
        self.assertEqual(line.split()[4:6], ["0", "0"])

    def test_R13_a_full_disk_is_a_clean_503_and_passes(self):
        if os.geteuid() != 0:
            self.fail("wants root, for a small file system")
        folder = self.new_folder()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], check=True)
        self.addCleanup(lambda: subprocess.run(["umount", "-l", folder], check=True))
        postern = Postern("run", folder, {"LOG_LEVEL": "off"})
        self.addCleanup(lambda: postern.process.running() and postern.stop())
        self.assertEqual(postern.post("/register", {"email": "a@example.com"})[0], 202)
        stone = folder / "stone"
        # Unbuffered: what does not fit any more must fail here, and not when the file is closed.
        file = os.open(stone, os.O_WRONLY | os.O_CREAT)
        with contextlib.suppress(OSError):
            while True:
                os.write(file, b"x" * 4096)
        os.close(file)
        answers = [postern.post("/register", {"email": f"full{i}@example.com"})
                   for i in range(200)]
        refused = [answer for status, answer in answers if status == 503]
        self.assertTrue(refused, "the disk was not full")
        self.assertEqual({answer["code"] for answer in refused}, {"store_unavailable"})
        stone.unlink()
        wait_until(lambda: postern.post("/register", {"email": "b@example.com"})[0] == 202,
                   "202 again")


if __name__ == "__main__":
    unittest.main()
