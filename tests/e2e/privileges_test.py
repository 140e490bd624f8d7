"""Each part with the rights that docs/operations.md gives it: it does its work and no more."""

import os
import pathlib
import re
import secrets
import subprocess
import time
import unittest

import pika

from canary import Canaries
from canary_test import Person
from forged_tokens import Es256, Hs256, Original, derived_key
from harness import PASSWORD, SECRET_KEY, SystemTest
from servers import BINARY, ROOT, Postern, wait_until

OPERATIONS = (ROOT / "docs/operations.md").read_text()
# Users of the system that own nothing: one for the app, one for the worker.
APP_UID, WORKER_UID = 61_001, 61_002


def documented_sql(start):
    """The statements of the SQL block in docs/operations.md that begins so, comments apart."""
    block = next(block for block in re.findall(r"```sql\n(.*?)```", OPERATIONS, re.S)
                 if block.strip().startswith(start))
    text = "\n".join(line.partition("--")[0].strip() for line in block.splitlines())
    return [statement.strip() for statement in text.split(";") if statement.strip()]


def documented_permissions():
    """configure, write, read"""
    return re.search(r"set_permissions postern-app '(.*?)' '(.*?)' '(.*?)'", OPERATIONS).groups()


class Roles(SystemTest):
    NEEDS_POSTGRES = True
    NEEDS_RABBITMQ = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.passwords = {name: secrets.token_hex(12) for name in ("owner", "app", "broker")}
        cls.vhost = "postern"

    def make_database(self):
        """By the commands of docs/operations.md, with logins by password."""
        create, grants = [], []
        for statement in documented_sql("CREATE ROLE postern_owner"):
            (create if statement.startswith("CREATE") else grants).append(statement)
        for statement in create:
            self.postgres.sql(statement)
        for role in ("owner", "app"):
            self.postgres.sql(f"alter role postern_{role} password '{self.passwords[role]}'")
        hba = self.postgres.folder / "data/pg_hba.conf"
        hba.write_text("host all postern_owner,postern_app 127.0.0.1/32 scram-sha-256\n" +
                       hba.read_text())
        self.postgres.sql("select pg_reload_conf()")
        self.addCleanup(self.drop_database, hba, hba.read_text().partition("\n")[2])
        env = {"PATH": "/usr/bin:/bin", "SECRET_KEY": SECRET_KEY,
               "DATABASE_URL": self.database_url("owner")}
        subprocess.run([BINARY, "migrate"], env=env, cwd=self.folder, check=True,
                       capture_output=True)
        self.assertGreaterEqual(len(grants), 1)
        for statement in grants:
            self.postgres.sql(statement, "postern")

    def drop_database(self, hba, lines):
        hba.write_text(lines)
        self.postgres.sql("select pg_reload_conf()")
        self.postgres.sql("drop database postern with (force)")
        self.postgres.sql("drop role postern_app")
        self.postgres.sql("drop role postern_owner")

    def database_url(self, role):
        return (f"postgresql://postern_{role}:{self.passwords[role]}@127.0.0.1:"
                f"{self.postgres.port}/postern")

    def as_role(self, url, statement):
        """What the server says to psql, or nothing when it does it."""
        done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url, "-c",
                               statement], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return done.stderr if done.returncode else ""

    @classmethod
    def make_broker_users(cls):
        cls.rabbitmq.ctl("add_vhost", cls.vhost)
        cls.rabbitmq.ctl("set_permissions", "-p", cls.vhost, "guest", ".*", ".*", ".*")
        for user in ("postern-app", "postern-worker"):
            cls.rabbitmq.ctl("add_user", user, cls.passwords["broker"])
            cls.rabbitmq.ctl("set_permissions", "-p", cls.vhost, user, *documented_permissions())

    def broker_url(self, user, vhost=None):
        vhost = self.vhost if vhost is None else vhost
        return f"amqp://{user}:{self.passwords['broker']}@127.0.0.1:{self.rabbitmq.port}/{vhost}"

    def own(self, command, folder, settings, **more):
        process = Postern(command, folder, settings, **more)
        self.addCleanup(lambda: process.process.running() and process.stop())
        return process


class Database(Roles):
    def test_O3_the_apps_role_plays_every_flow_and_cannot_change_the_schema(self):
        self.make_database()
        self.postgres.create_database = lambda name: self.database_url("app")
        system = self.new_system("postgresql", MAIL_LIMIT_PER_ADDRESS="1000/h")
        Person(system, Canaries()).play()
        self.assertEqual(system.app.run_command("migrate"), system.app.run_command("migrate"))
        url = self.database_url("app")
        self.assertEqual(self.as_role(url, "select count(*) from account"), "")
        for statement in (
                "create table x (y int)", "create table public.x as select 1", "drop table account",
                "alter table account add column x int", "alter table account disable trigger all",
                "alter table account owner to postern_app", "truncate account",
                "truncate audit cascade", "create index on account (email)",
                "drop index session_account", "create schema x", "create view x as select 1",
                "create function x() returns int language sql as 'select 1'",
                "create trigger x before insert on account execute function now()",
                "create rule x as on delete to audit do instead nothing", "create role x",
                "alter role postern_app superuser", "set role postern_owner", "set role postgres",
                "create database x", "drop database postern",
                "alter system set fsync = off", "create extension file_fdw",
                "copy (select 1) to program 'true'", "copy account to '/tmp/x'",
                "select pg_read_file('/etc/passwd')", "select rolpassword from pg_authid",
                "create publication x for all tables", "create event trigger x on ddl_command_end"
                " execute function now()", "comment on table account is 'x'",
                "delete from schema_migrations",
                "update schema_migrations set version = version + 1",
                "insert into schema_migrations values (9999)"):
            said = self.as_role(url, statement) or "done"
            self.assertRegex(said, "permission denied|must be (owner|superuser|able)|"
                             "only superusers|Must be superuser", statement)
        self.assertEqual(system.app.ready()["database"], "up")

    def test_O3_without_its_password_the_database_is_closed_to_all(self):
        self.make_database()
        url = f"127.0.0.1:{self.postgres.port}/postern"
        for role in ("postern_app", "postern_owner"):
            self.assertIn("password", self.as_role(f"postgresql://{role}@{url}", "select 1"))
            self.assertIn("password authentication failed", self.as_role(
                f"postgresql://{role}:{self.passwords['broker']}@{url}", "select 1"))


class Broker(Roles):
    def channel(self, url):
        connection = pika.BlockingConnection(pika.URLParameters(url))
        self.addCleanup(lambda: connection.is_open and connection.close())
        return connection.channel()

    def assert_refused(self, url, what, action):
        with self.assertRaises(pika.exceptions.ChannelClosedByBroker, msg=what) as refused:
            channel = self.channel(url)
            channel.confirm_delivery()
            action(channel)
        self.assertEqual(refused.exception.reply_code, 403, what)

    def test_O3_the_users_of_app_and_worker_do_their_work_and_reach_no_other_queue(self):
        self.make_broker_users()
        guest = self.rabbitmq.url(self.vhost)
        others = self.channel(guest)
        others.queue_declare("billing", durable=True)
        others.exchange_declare("billing", "direct", durable=True)
        others.basic_publish("", "billing", b"x")
        self.rabbitmq.url = lambda: self.broker_url("postern-app")
        system = self.new_system(queue="rabbitmq", worker=False)
        system.start_worker(RABBITMQ_URL=self.broker_url("postern-worker"))
        # Sent, deferred to a retry queue, refused to the dead letters: all that a worker publishes.
        self.mail.refuse["later@example.com"] = "451 4.7.1 come again"
        self.mail.refuse["never@example.com"] = "550 5.1.1 no such user"
        for name in ("now", "later", "never"):
            self.assertEqual(system.register(f"{name}@example.com")[0], 202)
        self.assertEqual(system.set_password(system.email_to("now@example.com").token())[0], 200)

        def depth(queue):
            return others.queue_declare(queue, passive=True).method.message_count
        wait_until(lambda: depth("postern.mail.dead") == 1, "the dead letter")
        wait_until(lambda: sum(depth(f"postern.mail.retry.{wait}")
                               for wait in ("10s", "1m", "10m", "1h")) == 1, "the retry")
        for user in ("postern-app", "postern-worker"):
            url = self.broker_url(user)
            for what, action in {
                    "read": lambda channel: channel.basic_get("billing"),
                    "consume": lambda channel: channel.basic_consume("billing", print),
                    "remove": lambda channel: channel.queue_delete("billing"),
                    "empty": lambda channel: channel.queue_purge("billing"),
                    "bind": lambda channel: channel.queue_bind("billing", "billing", "x"),
                    "take over": lambda channel: channel.queue_bind(
                        "postern.mail", "billing", "x"),
                    "divert": lambda channel: channel.queue_bind(
                        "billing", "postern.mail", "mail"),
                    "publish": lambda channel: channel.basic_publish("billing", "x", b"x"),
                    "publish by amq.topic": lambda channel: channel.basic_publish(
                        "amq.topic", "x", b"x"),
                    "declare": lambda channel: channel.queue_declare("another"),
                    "declare with a similar name": lambda channel: channel.queue_declare(
                        "posternx.mail"),
                    "declare an exchange": lambda channel: channel.exchange_declare("another"),
                    "have a queue named by the broker": lambda channel: channel.queue_declare(""),
                    "read the broker's log": lambda channel: channel.queue_bind(
                        "postern.mail", "amq.rabbitmq.log", "#")}.items():
                self.assert_refused(url, f"{user}: {what}", action)
            with self.assertRaises(pika.exceptions.ProbableAccessDeniedError):
                self.channel(self.broker_url(user, ""))
        self.assertEqual(depth("billing"), 1)
        self.assertEqual(re.findall(r"postern-\w+\s+\[(.*)\]", self.rabbitmq.ctl("list_users")),
                         ["", ""], "tags")


class Compromised(Roles):
    """App and worker as two users of the system, each with files that it alone can read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_broker_users()

    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.fail("wants root, for two users")
        self.make_database()
        self.folder.chmod(0o755)
        self.private = Es256()
        self.app_folder = self.home("app", APP_UID)
        self.worker_folder = self.home("worker", WORKER_UID)
        public = self.secret_file(self.app_folder, "mail.pub", self.private.public_pem(), APP_UID)
        self.app = self.start_as(APP_UID, "app", self.app_folder, {
            "SECRET_KEY_FILE": self.secret_file(self.app_folder, "secret", SECRET_KEY, APP_UID),
            "DATABASE_URL_FILE": self.secret_file(
                self.app_folder, "database", self.database_url("app"), APP_UID),
            "RABBITMQ_URL": self.broker_url("postern-app"),
            "MAIL_TOKEN_PUBLIC_KEY_FILE": public})
        # A key of its own: with a key pair the worker needs nothing that is the app's.
        self.worker = self.start_as(WORKER_UID, "worker", self.worker_folder, {
            "BASE_URL": f"http://localhost:{self.app.port}",
            "SECRET_KEY_FILE": self.secret_file(
                self.worker_folder, "secret", SECRET_KEY[::-1], WORKER_UID),
            "RABBITMQ_URL": self.broker_url("postern-worker"),
            "MAIL_TOKEN_KEY_FILE": self.secret_file(
                self.worker_folder, "mail.key", private_pem(self.private), WORKER_UID),
            **self.mail.settings()})
        self.address = "ann@example.com"
        self.assertEqual(self.app.post("/register", {"email": self.address})[0], 202)
        self.token = self.mail.wait_for_email_to(self.address).token()

    def home(self, name, uid):
        folder = pathlib.Path(self.folder) / f"{name}-{self.id().rpartition(chr(46))[2]}"
        folder.mkdir(mode=0o700)
        os.chown(folder, uid, uid)
        return folder

    def secret_file(self, folder, name, text, uid):
        path = folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(0o400)
        os.chown(path, uid, uid)
        return str(path)

    def start_as(self, uid, command, folder, settings):
        wrapper = pathlib.Path(self.folder) / f"as-{uid}"
        wrapper.write_text(f"#!/bin/sh\nexec setpriv --reuid={uid} --regid={uid} --clear-groups "
                           f"--no-new-privs {BINARY} \"$@\"\n")
        wrapper.chmod(0o755)
        return self.own(command, folder, settings, binary=wrapper)

    def reads(self, uid, path):
        return subprocess.run(["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups",
                               "cat", path], capture_output=True, cwd="/").returncode == 0

    def account(self):
        return self.postgres.sql("select * from account order by id", "postern")

    def test_O3_neither_user_can_read_what_is_the_others(self):
        for process, folder, uid, other in ((self.app, self.app_folder, APP_UID, WORKER_UID),
                                            (self.worker, self.worker_folder, WORKER_UID, APP_UID)):
            pid = process.process.child.pid
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            self.assertRegex(status, rf"Uid:\s+{uid}\s+{uid}\s+{uid}")
            files = [path for path in folder.iterdir() if path.stat().st_uid == uid
                     and path.is_file()]
            self.assertGreaterEqual(len(files), 2)
            for path in (*files, *(f"/proc/{pid}/{part}" for part in ("environ", "mem", "maps"))):
                self.assertFalse(self.reads(other, path), path)
            for path in files:
                self.assertTrue(self.reads(uid, path), path)

    def test_O3_a_compromised_app_cannot_create_a_token_of_an_email(self):
        """With all that the app has: its key, its public key, its database and its broker user."""
        original = Original(self.token, self.private)
        kid = original.header["kid"]
        keys = [Hs256(SECRET_KEY.encode()), Hs256(derived_key(SECRET_KEY, "mail-token")),
                Hs256(self.private.public_pem()), Es256()]
        for key in keys:
            for alg in ("HS256", "ES256"):
                for name in (kid, original.mine.jwk()["x"], ""):
                    token = original.signed({"alg": alg, "kid": name}, {"jti": "x"}, key)
                    status, answer = self.app.post("/set-password", {
                        "token": token, "password": PASSWORD})
                    self.assertEqual((status, answer.get("code")), (400, "invalid_token"))
        self.assertEqual(self.app.post("/set-password", {
            "token": original.signed(claims={"jti": "x"}), "password": PASSWORD})[0], 200,
            "the key was all that was missing")

    def test_O3_a_compromised_worker_neither_reads_the_database_nor_changes_an_account(self):
        """With all that the worker has: its key pair, its broker user and its network."""
        before = self.account()
        url = f"127.0.0.1:{self.postgres.port}/postern"
        for login in ("postern_app@", "postern_owner@",
                      f"postern_app:{self.passwords['broker']}@"):
            self.assertTrue(self.as_role(f"postgresql://{login}{url}", "select * from account"))
        account_id = Original(self.token, self.private).claims["sub"]
        connection = pika.BlockingConnection(
            pika.URLParameters(self.broker_url("postern-worker")))
        channel = connection.channel()
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        outcome = ('{"v":1,"outcomes":[{"mail_id":"%s","account_id":"%s","kind":"confirm",'
                   '"outcome":"%s","at":"%s","attempt":1,"relay":"x","reply":"x",'
                   '"state":"confirmed","email":"thief@evil.example"}]}')
        for mail_id in ("x", account_id, "' or 1=1 --"):
            for kind in ("sent", "failed", "deferred", "deleted"):
                channel.basic_publish("", "postern.mail.outcomes",
                                      (outcome % (mail_id, account_id, kind, now)).encode())
        for body in (b"", b"{}", b"\xff", b'{"v":2}', b'{"v":1,"outcomes":[{}]}',
                     b'{"v":1,"type":"account.confirmed","account_id":"' + account_id.encode() +
                     b'"}'):
            for exchange, key in (("", "postern.mail.outcomes"), ("postern.events", "account.x")):
                channel.basic_publish(exchange, key, body)
        wait_until(lambda: channel.queue_declare(
            "postern.mail.outcomes", passive=True).method.message_count == 0, "the outcomes")
        connection.close()
        # What comes after all of these has been recorded: so were they, or were dropped.
        self.assertEqual(self.app.post("/register", {"email": "bo@example.com"})[0], 202)
        self.mail.wait_for_email_to("bo@example.com")
        wait_until(lambda: len(self.account()) == 2, "the second account")
        self.assertEqual([row for row in self.account() if "bo@example.com" not in row], before)
        # No token of its pair opens a session, and its SECRET_KEY is not the app's.
        forged = Original(self.token, self.private)
        for typ in ("at+jwt", "JWT"):
            status, _, _ = self.app.request("GET", "/me", None, {
                "Authorization": f"Bearer {forged.signed({'typ': typ})}"})
            self.assertEqual(status, 401)
        self.assertEqual(self.app.post("/set-password", {
            "token": self.token, "password": PASSWORD})[0], 200)


def private_pem(key):
    from cryptography.hazmat.primitives import serialization
    return key.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption())


if __name__ == "__main__":
    unittest.main()
