"""`postern accounts` on both databases, beside a system that runs."""

import base64
import contextlib
import datetime
import hashlib
import json
import os
import pathlib
import pty
import sqlite3
import subprocess
import unittest

import pika

from harness import PASSWORD, SystemTest
from oidc_harness import CALLBACK, Browser, Product, query_of
from servers import BINARY, wait_until

HASH = ("$argon2id$v=19$m=19456,t=2,p=1$2wbwmTYsUoFhXGWLvYDGKA$"
        "KQ5P3UpyrySyDPFn4Xh2oBJiXqVnoiTi0aPnz5sMcO4")


class AccountsCommand(SystemTest):
    NEEDS_POSTGRES = True
    NEEDS_RABBITMQ = True

    def on_both(self, queue="outbox"):
        for database in ("sqlite", "postgresql"):
            self.mail.messages.clear()
            system = self.new_system(database, queue)
            yield system
            system.app.stop()
            if system.worker:
                system.worker.stop()

    def run_command(self, system, *arguments, stdin=None):
        """exit code, standard output, standard error"""
        env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **system.settings}
        done = subprocess.run([BINARY, "accounts", *arguments], env=env, cwd=system.folder,
                              input=stdin or "", capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def done(self, system, *arguments, stdin=None):
        code, output, errors = self.run_command(system, *arguments, stdin=stdin)
        self.assertEqual(code, 0, errors)
        return output

    def log_in(self, system, address, password):
        return system.app.post("/login", {"email": address, "password": password})[0]

    def as_json(self, system, *arguments):
        return json.loads(self.done(system, *arguments, "--json"))

    def test_list_and_show(self):
        for system in self.on_both():
            self.assertIn("no accounts", self.done(system, "list"))
            system.confirmed_account("Anna@example.com")
            system.register("boris@example.com", locale="ru")
            system.email_to("boris@example.com")
            whole = self.as_json(system, "list")
            self.assertEqual([account["email"] for account in whole["accounts"]],
                             ["Anna@example.com", "boris@example.com"])
            self.assertIsNone(whole["next"])
            first = self.as_json(system, "list", "--limit", "1")
            self.assertEqual(first["next"], first["accounts"][0]["id"])
            second = self.as_json(system, "list", "--after", first["next"])
            self.assertEqual([account["email"] for account in second["accounts"]],
                             ["boris@example.com"])
            some = self.as_json(system, "list", "--state", "confirmed")
            self.assertEqual([account["state"] for account in some["accounts"]], ["confirmed"])
            text = self.done(system, "list")
            self.assertIn("Anna@example.com", text)
            self.assertNotIn("argon2", text + json.dumps(whole))

            shown = self.as_json(system, "show", "ANNA@example.com")
            self.assertEqual(shown, self.as_json(system, "show", shown["id"]))
            self.assertEqual((shown["state"], shown["locale"]), ("confirmed", "en"))
            datetime.datetime.fromisoformat(shown["created_at"])
            boris = self.as_json(system, "show", "boris@example.com")
            self.assertEqual(boris["locale"], "ru")
            self.assertIn(shown["emails"][0]["mail_id"], self.done(system, "show", shown["id"]))

    def test_R6_an_operator_sees_what_became_of_an_email_and_why(self):
        for queue in ("outbox", "rabbitmq"):
            for system in self.on_both(queue):
                self.mail.refuse["gone@example.com"] = "550 5.1.1 no such user"
                self.mail.refuse["busy@example.com"] = "451 4.7.1 come again"
                wanted = {"fine@example.com": "sent", "gone@example.com": "failed",
                          "busy@example.com": "deferred"}
                for address in wanted:
                    self.assertEqual(system.register(address)[0], 202)
                for address, state in wanted.items():
                    def mail():
                        # The account comes a moment after the response.
                        code, shown, _ = self.run_command(system, "show", address, "--json")
                        return json.loads(shown)["emails"][0] if code == 0 else {"state": ""}
                    wait_until(lambda: mail()["state"] == state, f"{address}: {state}")
                    found = mail()
                    self.assertEqual(found["kind"], "confirm")
                    self.assertEqual(found["next_attempt_at"] is not None, state == "deferred")
                    self.assertEqual(found["relay"], "localhost")
                    self.assertEqual(found["reply"][:3], {"sent": "250", "failed": "RCP",
                                                          "deferred": "RCP"}[state])
                    self.assertEqual("no such user" in found["reply"], state == "failed")
                    self.assertEqual("come again" in found["reply"], state == "deferred")
                    self.assertIn(state, self.done(system, "show", address))

    def test_create(self):
        for system in self.on_both():
            output = self.done(system, "create", "Anna@Example.com", "--locale", "ru")
            mail = system.email_to("Anna@example.com")
            self.assertRegex(mail.subject, "[а-я]")
            self.assertIn(self.as_json(system, "show", "anna@example.com")["id"], output)
            self.assertEqual(system.set_password(mail.token())[0], 200)
            code, _, errors = self.run_command(system, "create", "anna@example.com")
            self.assertEqual((code, errors), (1, "postern: the address has an account\n"))

    def test_T7_an_operators_disable_and_delete_kill_the_tokens_of_emails(self):
        for system in self.on_both("rabbitmq"):
            channel, queue = self.listen()
            system.confirmed_account("anna@example.com")
            account = self.as_json(system, "show", "anna@example.com")["id"]
            system.recover("anna@example.com")
            mail = system.email_to("anna@example.com", 2)
            self.assertEqual(self.done(system, "disable", account), f"{account} is disabled\n")
            self.assertEqual(system.set_password(mail.token())[1]["code"], "invalid_token")
            self.assertEqual(system.recover("anna@example.com")[0], 202)
            self.assertEqual(self.done(system, "disable", account), f"{account} is disabled\n")
            self.assertEqual(self.done(system, "enable", "Anna@example.com"),
                             f"{account} is confirmed\n")
            self.assertEqual(system.set_password(mail.token())[1]["code"], "invalid_token")
            system.recover("anna@example.com")
            mail = system.email_to("anna@example.com", 3)

            self.assertEqual(self.done(system, "delete", account, "--yes"), f"{account} is deleted\n")
            self.assertEqual(system.set_password(mail.token())[1]["code"], "invalid_token")
            for command in ("show", "disable", "enable", "send", "unlock"):
                self.assertEqual(self.run_command(system, command, account),
                                 (1, "", "postern: there is no such account\n"))
            for command in (("delete", account, "--yes"), ("revoke", account, "notes")):
                self.assertEqual(self.run_command(system, *command),
                                 (1, "", "postern: there is no such account\n"))
            self.assertEqual(self.done(system, "list"), "no accounts\n")

            seen = {}
            def complete():
                while (got := channel.basic_get(queue, auto_ack=True))[0]:
                    seen.setdefault(got[0].routing_key, []).append(json.loads(got[2]))
                return "account.deleted" in seen
            wait_until(complete, "the events")
            self.assertEqual(len(seen["account.disabled"]), 1)
            self.assertEqual(seen["account.deleted"][0]["account_id"], account)

    def test_delete_asks_at_a_terminal(self):
        system = self.new_system()
        system.register("anna@example.com")
        system.email_to("anna@example.com")
        code, _, errors = self.run_command(system, "delete", "anna@example.com")
        self.assertEqual(code, 2)
        self.assertIn("--yes: is required", errors)
        for answer, code, said in (("\n", 1, "nothing was deleted"), ("n\n", 1, "nothing was"),
                                   ("y\n", 0, "is deleted")):
            terminal, inside = pty.openpty()
            env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **system.settings}
            with subprocess.Popen([BINARY, "accounts", "delete", "anna@example.com"], env=env,
                                  cwd=system.folder, stdin=inside, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True) as process:
                os.write(terminal, answer.encode())
                output = process.communicate(timeout=60)[0]
            os.close(terminal)
            os.close(inside)
            self.assertEqual(process.returncode, code, output)
            self.assertIn("Delete the account anna@example.com", output)
            self.assertIn(said, output)
        self.assertEqual(self.done(system, "list"), "no accounts\n")

    def test_history_of_an_account_and_of_one_that_was_deleted(self):
        for system in self.on_both():
            system.confirmed_account("anna@example.com")
            account = self.as_json(system, "show", "anna@example.com")["id"]
            self.assertEqual(self.log_in(system, "anna@example.com", "not her password"), 401)
            wanted = [("register", "mail:confirm"), ("set-password", "done"), ("login", "refused")]

            def history(argument, *options):
                entries = self.as_json(system, "history", argument, *options)["entries"]
                return [(entry["action"], entry["outcome"]) for entry in entries]
            self.assertEqual(history("anna@example.com"), wanted)
            self.assertEqual(history(account, "--limit", "1"), wanted[-1:])
            text = self.done(system, "history", account).splitlines()
            self.assertIn("refused", text[-1])
            self.assertEqual(len(text), 4)
            self.done(system, "delete", account, "--yes")
            self.assertEqual(history(account), [*wanted, ("delete", "done")])
            code, _, errors = self.run_command(system, "history", "anna@example.com")
            self.assertEqual(code, 1)
            self.assertIn("by its id", errors)

    def test_L2_an_operator_sends_an_email_again_within_the_limits(self):
        for system in self.on_both("rabbitmq"):
            system.register("anna@example.com")
            first = system.email_to("anna@example.com")
            output = self.done(system, "send", "anna@example.com")
            self.assertIn("the email confirm is queued", output)
            mail = system.email_to("anna@example.com", 2)
            self.assertNotEqual(mail.token(), first.token())
            shown = self.as_json(system, "show", "anna@example.com")
            self.assertIn(shown["emails"][0]["mail_id"], output)
            self.assertIsNone(shown["mails_held_until"])
            code, _, errors = self.run_command(system, "send", "anna@example.com", "--kind",
                                               "recover")
            self.assertEqual(code, 1)
            self.assertIn("the account is unconfirmed: the email that fits it is confirm", errors)
            self.assertEqual(system.set_password(mail.token(), PASSWORD)[0], 200)
            self.assertIn("recover", self.done(system, "send", "anna@example.com", "--kind",
                                               "recover"))
            system.email_to("anna@example.com", 3)
            # MAIL_LIMIT_PER_ADDRESS, 3/h: held back, and said so.
            code, output, errors = self.run_command(system, "send", "anna@example.com")
            self.assertEqual((code, output), (1, ""))
            self.assertIn("MAIL_LIMIT_PER_ADDRESS; there is room again at 20", errors)
            shown = self.as_json(system, "show", "anna@example.com")
            self.assertIn(shown["mails_held_until"][:15], errors)
            self.assertIn("mail limit", self.done(system, "show", "anna@example.com"))
            last = self.as_json(system, "history", "anna@example.com")["entries"][-1]
            self.assertEqual((last["action"], last["outcome"]), ("send", "none:limit"))
            self.done(system, "disable", "anna@example.com")
            self.assertIn("is disabled: it gets no email",
                          self.run_command(system, "send", "anna@example.com")[2])

    def test_unlock_lets_the_right_password_in_again(self):
        for system in self.on_both():
            system.confirmed_account("anna@example.com")
            self.assertIn("no wrong password was counted",
                          self.done(system, "unlock", "anna@example.com"))
            self.assertEqual(self.log_in(system, "anna@example.com", "not her password"), 401)
            self.assertIn("1 wrong passwords of 100", self.done(system, "unlock", "anna@example.com"))
            # The address is at its limit: 100 wrong passwords, from many networks, take long.
            key = base64.urlsafe_b64encode(
                hashlib.sha256(b"anna@example.com").digest()).decode().rstrip("=")
            self.execute(system, "INSERT INTO login_throttle (key, failures, next_at) VALUES "
                                 f"('{key}', 100, 4000000000000)")
            self.assertEqual(self.log_in(system, "anna@example.com", PASSWORD), 429)
            self.assertIn("unlocked: 100 wrong passwords", self.done(system, "unlock",
                                                                     "anna@example.com"))
            self.assertEqual(self.log_in(system, "anna@example.com", PASSWORD), 200)
            history = self.as_json(system, "history", "anna@example.com")["entries"]
            self.assertEqual([e["action"] for e in history].count("unlock"), 3)

    def test_show_lists_products_and_consents_and_revoke_ends_them(self):
        for system in self.on_both():
            system.confirmed_account("anna@example.com")
            browser = Browser(system.app)
            self.assertEqual(browser.ask("POST", "/login", {
                "email": "anna@example.com", "password": PASSWORD}).status, 303)
            made = json.loads(system.app.run_command(
                "clients", "add", "--json", "--id", "notes", "--name", "Acme Notes",
                "--redirect-uri", CALLBACK, "--third-party"))
            notes = Product(system.app, "notes", made["client_secret"])
            page = browser.go(notes.authorize_path())
            allowed = browser.go("/authorize/consent", {**page.fields(), "decision": "allow"})
            tokens = notes.exchange(query_of(allowed.location)["code"]).json()

            shown = self.as_json(system, "show", "anna@example.com")
            for kind in ("products", "consents"):
                self.assertEqual([entry["client_id"] for entry in shown[kind]], ["notes"])
                self.assertIn("offline_access", shown[kind][0]["scope"])
            self.assertRegex(self.done(system, "show", "anna@example.com"),
                             "products\n  notes .*\nconsents\n  notes ")
            self.assertEqual(self.done(system, "revoke", "anna@example.com", "notes"),
                             "notes: consent withdrawn, 1 login ended\n")
            self.assertEqual(notes.refresh(tokens["refresh_token"]).status, 400)
            self.assertEqual(notes.userinfo(tokens["access_token"]).status, 401)
            # The session stays, and the product asks again.
            self.assertIn("Acme Notes", browser.go(notes.authorize_path()).text)
            shown = self.as_json(system, "show", "anna@example.com")
            self.assertEqual((shown["products"], shown["consents"]), ([], []))
            code, _, errors = self.run_command(system, "revoke", "anna@example.com", "notes")
            self.assertEqual(code, 1)
            self.assertIn("no consent and no login for notes", errors)

    def execute(self, system, statement):
        url = system.settings.get("DATABASE_URL", "")
        if url.startswith("postgres"):
            self.postgres.sql(statement, url.rpartition("/")[2])
            return
        path = system.folder / "data/postern.db"
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute(statement)
            database.commit()

    def listen(self):
        connection = pika.BlockingConnection(pika.URLParameters(self.rabbitmq.url()))
        self.addCleanup(connection.close)
        channel = connection.channel()
        channel.exchange_declare("postern.events", "topic", durable=True)
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, "postern.events", "account.*")
        return channel, queue

    def test_export_and_import(self):
        exports = {}
        for system in self.on_both():
            system.confirmed_account("anna@example.com")
            system.register("boris@example.com")
            system.email_to("boris@example.com")
            exported = self.done(system, "export", "--format", "jsonl")
            lines = [json.loads(line) for line in exported.splitlines()]
            self.assertEqual([set(line) for line in lines], 2 * [
                {"id", "email", "state", "locale", "display_name", "created_at",
                 "password_hash"}])
            self.assertTrue(lines[0]["password_hash"].startswith("$argon2id$"))
            self.assertEqual(lines[1]["password_hash"], "")
            exports[system.folder.name] = exported
            again = self.done(system, "import", "-", stdin=exported)
            self.assertEqual(again, "added 0, already there 2, bad lines 0\n")
        for system, exported in zip(self.on_both(), exports.values()):
            path = system.folder / "accounts.jsonl"
            path.write_text(exported + "not JSON\n\n" + "".join(
                json.dumps({"email": f"user{number}@example.com", "password_hash": HASH,
                            "display_name": f"Анна {number}"}) + "\n"
                for number in range(1200)) + json.dumps(
                    {"email": "x@example.com", "password_hash": "$argon2id$v=19$m=4194304,t=2,"
                     "p=1$c2FsdA$aGFzaA"}) + "\n")
            code, output, errors = self.run_command(system, "import", str(path))
            self.assertEqual((code, output), (
                1, "added 1203, already there 0, bad lines 1, without a password 1\n"))
            self.assertEqual(errors.splitlines(), [
                "line 3: is not a JSON object",
                "line 1205: password_hash is of no use here, imported without a password"])
            self.assertEqual(self.run_command(system, "import", str(path))[1],
                             "added 0, already there 1203, bad lines 1\n")
            self.assertTrue(set(exported.splitlines()) <=
                            set(self.done(system, "export").splitlines()))
            lines = self.done(system, "export").splitlines()
            self.assertEqual(len(lines), 1203)
            names = {line["email"]: line["display_name"] for line in map(json.loads, lines)}
            self.assertEqual(names["user7@example.com"], "Анна 7")
            self.assertEqual(self.mail.messages, [])
            # An account that came from elsewhere lives on here.
            system.recover("anna@example.com")
            mail = system.email_to("anna@example.com")
            self.assertEqual(system.set_password(mail.token(), PASSWORD)[0], 200)

    def test_A1_white_space_around_an_address_is_ignored(self):
        for system in self.on_both():
            self.done(system, "create", " anna@example.com ")
            self.assertEqual(self.as_json(system, "show", "anna@example.com ")["email"],
                             "anna@example.com")

    def test_W6_quotes_and_placeholders_are_values_and_no_part_of_a_statement(self):
        address, name = "o'or'1'='1@example.com", "Robert'); DROP TABLE account; --"
        line = json.dumps({"id": "7' OR '1'='1", "email": "robert@example.com",
                           "display_name": name})
        for system in self.on_both():
            self.done(system, "create", address)
            self.assertEqual(system.email_to(address).to, address)
            self.done(system, "import", "-", stdin=line)
            self.assertEqual(self.as_json(system, "show", "7' OR '1'='1")["email"],
                             "robert@example.com")
            exported = map(json.loads, self.done(system, "export").splitlines())
            self.assertIn(name, [account["display_name"] for account in exported])
            for text in ("' OR ''='", "x'; DROP TABLE account; --", "$1", "?1", "%", "_",
                         "x'or'1'='1@example.com"):
                self.assertEqual(self.run_command(system, "show", text)[0], 1, text)
            self.assertEqual(self.log_in(system, "x'or'1'='1@example.com", PASSWORD), 401)
            self.assertEqual(len(self.as_json(system, "list")["accounts"]), 2)

    def test_I1_T12_third_party_ids_are_external_ids_and_work_in_every_token(self):
        lines = [{"id": 42, "email": "anna@example.com", "password_hash": HASH,
                  "display_name": None, "locale": None, "created_at": "2024-01-02 03:04:05"},
                 {"id": "auth0|5f7c", "email": "boris@example.com", "password_hash": None,
                  "state": "confirmed", "locale": "de-DE"}]
        text = "\ufeff" + "".join(json.dumps(line) + "\r\n" for line in lines)
        for system in self.on_both():
            for output in ("added 2, already there 0, bad lines 0\n",
                           "added 0, already there 2, bad lines 0\n"):
                self.assertEqual(self.done(system, "import", "-", stdin=text), output)
            anna = self.as_json(system, "show", "42")
            self.assertEqual((anna["external_id"], anna["email"], anna["created_at"]),
                             ("42", "anna@example.com", "2024-01-02T03:04:05.000Z"))
            self.assertEqual(len(anna["id"]), 36)
            self.assertEqual(self.as_json(system, "show", "auth0|5f7c")["locale"], "en")
            self.assertEqual({account["external_id"] for account in
                              self.as_json(system, "list")["accounts"]}, {"42", "auth0|5f7c"})
            exported = self.done(system, "export")
            self.assertEqual({json.loads(line)["external_id"] for line in exported.splitlines()},
                             {"42", "auth0|5f7c"})
            # The right password of an account with an external id ended the server.
            system.recover("anna@example.com")
            mail = system.email_to("anna@example.com")
            self.assertEqual(system.set_password(mail.token(), PASSWORD)[0], 200)
            self.assertEqual(self.log_in(system, "anna@example.com", PASSWORD), 200)
            self.assertIn(anna["id"], self.done(system, "delete", "42", "--yes"))

    def test_I2_imported_hashes_open_once_and_are_renewed(self):
        hashes = {"argon2": "$argon2id$v=19$m=65536,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg$", "bcrypt": "$2b$12$"}
        corpus = pathlib.Path(__file__).parents[1] / "corpus" / "password_hashes.tsv"
        rows = [line.split("\t") for line in corpus.read_text().splitlines() if line[0] != "#"]
        wanted = {}
        for name, start in hashes.items():
            wanted[name] = next((r[1], r[2]) for r in rows if r[2].startswith(start))
        lines = "".join(json.dumps({"email": name + "@example.com", "password_hash": encoded}) + "\n"
                        for name, (_, encoded) in wanted.items())
        for system in self.on_both():
            self.done(system, "import", "-", stdin=lines)
            for name, (password, _) in wanted.items():
                address = name + "@example.com"
                self.assertEqual(self.log_in(system, address, password + "x"), 401)
                self.assertEqual(self.log_in(system, address, password), 200)
            for line in self.done(system, "export").splitlines():
                self.assertTrue(json.loads(line)["password_hash"].startswith(
                    "$argon2id$v=19$m=19456,t=2,p=1$"))

    def test_usage(self):
        """Exit 2 for wrong usage, 1 where it cannot be done, 0 for --help; no database needed."""
        system = self.new_system()
        for arguments in ([], ["sing"], ["show"], ["list", "--limit", "0"],
                          ["list", "--state", "gone"], ["create", "not an address"],
                          ["create", "a@example.com", "--locale", "xx"], ["import"],
                          ["export", "--format", "csv"], ["delete", "anna@example.com"],
                          ["send", "anna@example.com", "--kind", "password-changed"],
                          ["revoke", "anna@example.com"]):
            code, output, errors = self.run_command(system, *arguments)
            self.assertEqual(code, 2, (arguments, output, errors))
        for arguments in ([], ["list"], ["show"], ["create"], ["disable"], ["enable"], ["delete"],
                          ["history"], ["send"], ["unlock"], ["revoke"], ["export"], ["import"]):
            self.assertIn("Usage", self.done(system, *arguments, "--help"))
        self.assertEqual(self.run_command(system, "import", "no-such-file")[0], 1)
        system.settings["DATABASE_URL"] = "sqlite:none.db"
        code, _, errors = self.run_command(system, "list")
        self.assertEqual((code, errors.count("\n")), (1, 1), errors)
        self.assertIn("postern migrate", errors)
        self.assertFalse((system.folder / "none.db").exists())


if __name__ == "__main__":
    unittest.main()
