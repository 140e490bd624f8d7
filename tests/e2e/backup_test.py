"""`postern backup` beside a system under load, and what is valid after `postern restore`."""

import contextlib
import fcntl
import json
import os
import re
import shutil
import sqlite3
import subprocess
import threading
import time
import unittest

from harness import PASSWORD, SECRET_KEY, SystemTest
from servers import BINARY, POSTGRES_BIN, wait_until

CRASHING = f"{BINARY}_crash"
NEW_PASSWORD = "another quiet river 8"


class BackupTest(SystemTest):
    def run_command(self, system, *arguments, binary=BINARY, **more):
        """exit code, standard output, standard error"""
        env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **system.settings, **more}
        done = subprocess.run([binary, *map(str, arguments)], env=env, cwd=system.folder, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def done(self, system, *arguments):
        code, output, errors = self.run_command(system, *arguments)
        self.assertEqual((code, errors), (0, ""))
        return output

    def refused(self, system, why, *arguments, **more):
        code, output, errors = self.run_command(system, *arguments, **more)
        self.assertEqual((code, output), (1, ""), errors)
        self.assertRegex(errors, why)
        self.assertEqual(errors.count("\n"), 1, errors)

    def small_folder(self, size):
        if os.geteuid() != 0:
            self.fail("wants root, for a small file system")
        folder = self.folder / f"small-{size}"
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
        self.addCleanup(lambda: subprocess.run(["umount", "-l", folder], check=True))
        return folder

    def assert_invalid(self, system, token):
        status, answer = system.set_password(token)
        self.assertEqual((status, answer.get("code")), (400, "invalid_token"))

    def login(self, system, address, password=PASSWORD):
        return system.app.post("/login", {"email": address, "password": password})

    def me(self, system, pair):
        return system.app.request("GET", "/me", headers={
            "Authorization": f"Bearer {pair['access_token']}"})[0]


def rows(database, sql):
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


def database_of(system):
    return system.folder / "data/postern.db"


class Backup(BackupTest):
    def test_O4_a_backup_under_load_has_every_account_that_was_acknowledged_before(self):
        system = self.new_system()
        acknowledged, stop = [], threading.Event()

        def register(client):
            number = 0
            while not stop.is_set():
                address = f"load{client}.{number}@example.com"
                if system.register(address)[0] == 202:
                    acknowledged.append(address)
                number += 1

        clients = [threading.Thread(target=register, args=(client,)) for client in range(4)]
        for client in clients:
            client.start()
        try:
            wait_until(lambda: len(acknowledged) > 300, "some load")
            before = list(acknowledged)
            output = self.done(system, "backup", "first.db")
            during = len(acknowledged)
            self.done(system, "backup", "second.db")
        finally:
            stop.set()
            for client in clients:
                client.join()
        self.assertGreater(during, len(before), "no registration while the backup was written")
        backup = system.folder / "first.db"
        self.assertEqual(backup.stat().st_mode & 0o777, 0o600)
        self.assertEqual(rows(backup, "pragma integrity_check"), [("ok",)])
        self.assertIn("does not contain SECRET_KEY", output)
        self.assertEqual(sorted(path.name for path in system.folder.glob("*.db*")),
                         ["first.db", "second.db"])

        # On another machine, with another SECRET_KEY: one file is enough.
        other = self.new_system(SECRET_KEY=SECRET_KEY[::-1], worker=False)
        other.app.stop()
        self.done(other, "restore", backup)
        other.app.start()
        stored = database_of(other)
        wait_until(lambda: rows(stored, "select count(*) from mail_request") == [(0,)],
                   "the accounts of accepted requests")
        there = {email for email, in rows(stored, "select email_key from account")}
        self.assertEqual(set(before) - there, set())
        self.assertEqual(other.register("new@example.com")[0], 202)

    def test_an_existing_file_is_replaced_with_force_alone(self):
        system = self.new_system(worker=False)
        file = system.folder / "kept.db"
        file.write_text("precious")
        self.refused(system, r"kept\.db exists; --force", "backup", file)
        self.assertEqual(file.read_text(), "precious")
        self.done(system, "backup", "--force", file)
        self.assertEqual(rows(file, "select count(*) from backup"), [(1,)])
        self.refused(system, "is the database itself", "backup", "--force", "data/postern.db")
        self.refused(system, "cannot be written: No such file", "backup", "absent/file.db")
        self.assertEqual(self.run_command(system, "backup")[0], 2)

    def test_a_killed_backup_leaves_no_file_and_the_next_one_works(self):
        system = self.new_system(worker=False)
        code, _, _ = self.run_command(system, "backup", "file.db", binary=CRASHING,
                                      CRASH_AT="backup.before_naming")
        self.assertEqual(code, -9)
        self.assertFalse((system.folder / "file.db").exists())
        self.done(system, "backup", "file.db")
        self.assertEqual([path.name for path in system.folder.glob("file.db*")], ["file.db"])

    def test_a_full_disk_is_one_line_and_leaves_nothing(self):
        system = self.new_system(worker=False)
        disk = self.small_folder("64k")
        self.refused(system, "database or disk is full", "backup", disk / "file.db")
        self.assertEqual(list(disk.iterdir()), [])

        self.done(system, "backup", "file.db")
        system.app.stop()
        disk = self.small_folder("400k")
        system.settings["DATABASE_URL"] = f"sqlite://{disk}/postern.db"
        self.done(system, "restore", "file.db")
        before = rows(disk / "postern.db", "select * from audit")
        (disk / "stone").write_bytes(b"x" * 90_000)
        self.refused(system, "full|No space", "restore", "file.db")
        self.assertEqual({path.name for path in disk.iterdir()},
                         {"postern.db", "postern.db.lock", "stone"})
        self.assertEqual(rows(disk / "postern.db", "select * from audit"), before)


class Restore(BackupTest):
    def test_O4_nothing_that_was_issued_before_a_restore_is_valid(self):
        system = self.new_system(MAIL_LIMIT_PER_ADDRESS="1000/h")
        anna, boris = "anna@example.com", "boris@example.com"
        system.confirmed_account(anna)
        pair = self.login(system, anna)[1]
        unused = system.register(boris) and system.email_to(boris).token()
        self.assertEqual(system.recover(anna)[0], 202)
        used = system.email_to(anna, 2).token()
        self.mail.refuse["clara@example.com"] = "451 4.3.0 later"
        self.assertEqual(system.register("clara@example.com")[0], 202)
        wait_until(lambda: rows(database_of(system), "select 1 from outbox where attempts > 0"),
                   "the refused email")
        self.done(system, "backup", "file.db")

        # What the backup does not know.
        self.assertEqual(system.app.post("/refresh", {"refresh_token": pair["refresh_token"]})[0],
                         200)
        self.assertEqual(system.set_password(used, NEW_PASSWORD)[0], 200)
        self.assertEqual(system.recover(anna)[0], 202)
        later = system.email_to(anna, 4).token()
        kid = json.loads(system.app.run_command("keys", "list", "--json"))[0]["kid"]
        system.app.run_command("keys", "revoke", kid)
        self.assertEqual(system.register("dora@example.com")[0], 202)
        system.email_to("dora@example.com")
        self.refused(system, "app or worker use the database", "restore", "file.db")
        self.refused(system, "app or worker use the database", "restore", "--in-place")
        # With its last commits in the log.
        system.app.kill()

        output = self.done(system, "restore", "file.db")
        self.assertIn("\nAccounts: 3. All sessions (1) have ended", output)
        self.assertIn("Emails that waited: 1. They will be sent", output)
        former = list(database_of(system).parent.glob("postern.db.before-*"))
        self.assertEqual(len(former), 1)
        self.assertIn(("dora@example.com",), rows(former[0], "select email from account"))
        self.mail.refuse.clear()
        with contextlib.closing(sqlite3.connect(database_of(system))) as database:
            # Not after its back-off.
            database.execute("update outbox set available_at = created_at")
            database.commit()
        system.app.start()
        for token in (used, unused, later):
            self.assert_invalid(system, token)
        self.assertEqual(self.me(system, pair), 401)
        self.assertEqual(system.app.post("/refresh", {"refresh_token": pair["refresh_token"]})[0],
                         401)
        keys = {key["kid"]: key["state"]
                for key in json.loads(system.app.run_command("keys", "list", "--json"))}
        self.assertEqual(keys.pop(kid), "revoked")
        self.assertEqual(list(keys.values()), ["signing"])
        # The password is the one of the backup.
        self.assertEqual(self.login(system, anna, NEW_PASSWORD)[0], 401)
        status, again = self.login(system, anna)
        self.assertEqual((status, self.me(system, again)), (200, 200))
        # The email that waited works, and so does a new one.
        self.assertEqual(system.set_password(system.email_to("clara@example.com").token())[0], 200)
        self.assertEqual(system.recover(boris)[0], 202)
        self.assertEqual(system.set_password(system.email_to(boris, 2).token())[0], 200)
        self.assert_invalid(system, unused)

        # The same backup once more: what the restored system has issued ends, too.
        self.assertEqual(system.recover(anna)[0], 202)
        second = system.email_to(anna, 5).token()
        self.assertEqual(system.set_password(second, NEW_PASSWORD)[0], 200)
        system.app.stop()
        self.done(system, "restore", "--drop-mail", "file.db")
        system.app.start()
        for token in (used, unused, later, second):
            self.assert_invalid(system, token)
        self.assertEqual(rows(database_of(system), "select count(*) from outbox"), [(0,)])
        shown = json.loads(system.app.run_command("accounts", "show", "clara@example.com",
                                                  "--json"))
        self.assertEqual([email["state"] for email in shown["emails"]], ["failed"])

    def test_files_that_are_no_backup_change_nothing(self):
        system = self.new_system(worker=False)
        system.register("anna@example.com")
        wait_until(lambda: rows(database_of(system), "select 1 from account"), "the account")
        self.done(system, "backup", "file.db")
        system.app.stop()
        folder = system.folder
        before = rows(database_of(system), "select * from account")
        (folder / "text.db").write_text("no database " * 100)
        (folder / "short.db").write_bytes((folder / "file.db").read_bytes()[:50])
        shutil.copy(database_of(system), folder / "copy.db")
        whole = (folder / "file.db").read_bytes()
        (folder / "cut.db").write_bytes(whole[:len(whole) // 2])
        (folder / "damaged.db").write_bytes(whole[:8192] + b"\x55" * 40960 + whole[49152:])
        shutil.copy(folder / "file.db", folder / "newer.db")
        with contextlib.closing(sqlite3.connect(folder / "newer.db")) as newer:
            newer.execute("insert into schema_migrations values (9999, 0)")
            newer.commit()
        not_ours = "is no file of `postern backup`"
        for name, why in (("absent.db", "cannot be read"), (".", "cannot be read"),
                          ("text.db", not_ours), ("short.db", not_ours), ("copy.db", not_ours),
                          ("cut.db", "damaged|malformed"), ("damaged.db", "damaged|malformed"),
                          ("newer.db", "the schema has version 9999")):
            self.refused(system, why, "restore", name)
            self.assertEqual({path.name for path in (folder / "data").iterdir()},
                             {"postern.db", "postern.db.lock"}, name)
        self.assertEqual(rows(database_of(system), "select * from account"), before)
        for arguments in ([], ["--in-place", "file.db"]):
            self.assertEqual(self.run_command(system, "restore", *arguments)[0], 2)

    def test_a_database_that_is_open_elsewhere_is_refused_and_a_damaged_one_is_kept(self):
        system = self.new_system(worker=False)
        self.done(system, "backup", "file.db")
        system.app.stop()
        database = database_of(system)
        with contextlib.closing(sqlite3.connect(database)) as other:
            other.execute("pragma journal_mode = wal")
            other.execute("select count(*) from account").fetchall()
            self.refused(system, "another process has .* open", "restore", "file.db")
        code, _, _ = self.run_command(system, "restore", "file.db", binary=CRASHING,
                                      CRASH_AT="restore.before_naming")
        self.assertEqual(code, -9)
        self.assertEqual(rows(database, "select action from audit where action = 'restore'"), [])
        damaged, log = b"\x55" * 50_000, b"a log that is none"
        database.write_bytes(damaged)
        database.with_name("postern.db-wal").write_bytes(log)
        output = self.done(system, "restore", "file.db")
        former = database.with_name(
            re.search(r"postern\.db\.before-\S+Z", output).group())
        self.assertEqual(former.read_bytes(), damaged)
        self.assertEqual(former.with_name(former.name + "-wal").read_bytes(), log)
        self.assertEqual(rows(database, "select action from audit where action = 'restore'"),
                         [("restore",)])
        self.assertEqual({path.name for path in database.parent.glob("postern.db*")
                          if "before" not in path.name}, {"postern.db", "postern.db.lock"})
        system.app.start()

    def test_an_older_backup_is_migrated(self):
        system = self.new_system(worker=False)
        self.done(system, "backup", "file.db")
        system.app.stop()
        with contextlib.closing(sqlite3.connect(system.folder / "file.db")) as older:
            older.executescript(
                "drop table used_assertion; drop table client;"
                "alter table session drop column grants; alter table account drop column consents;"
                "delete from schema_migrations where version = 28")
        self.assertIn("applied 0028_clients", self.done(system, "restore", "file.db"))
        system.app.settings["LOG_LEVEL"] = "info"
        system.app.start()

    def test_a_server_that_starts_during_a_restore_opens_the_restored_file(self):
        system = self.new_system(worker=False)
        system.register("anna@example.com")
        wait_until(lambda: rows(database_of(system), "select 1 from account"), "the account")
        self.done(system, "backup", "file.db")
        system.app.stop()
        # The lock of a restore, held from here.
        with open(database_of(system).with_name("postern.db.lock")) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            system.app.start(wait=False)
            time.sleep(0.5)
            opened = os.listdir(f"/proc/{system.app.process.child.pid}/fd")
            names = [os.readlink(f"/proc/{system.app.process.child.pid}/fd/{fd}") for fd in opened]
        self.assertNotIn(str(database_of(system)), names)
        wait_until(lambda: "started" in system.app.process.log(), "the start")


class OnPostgres(BackupTest):
    NEEDS_POSTGRES = True

    def shell(self, system, command):
        env = {"PATH": f"{POSTGRES_BIN}:/usr/bin:/bin", "LANG": "C.UTF-8", **system.settings}
        subprocess.run(command, shell=True, env=env, cwd=system.folder, check=True,
                       stdin=subprocess.DEVNULL, capture_output=True)

    def named_command(self, system, *arguments):
        """The command of PostgreSQL that ours names."""
        code, _, errors = self.run_command(system, *arguments)
        self.assertEqual(code, 1)
        return re.search(r"pg_(dump|restore) [^;\n]*", errors).group()

    def test_O4_pg_dump_pg_restore_and_restore_in_place(self):
        system = self.new_system("postgresql", MAIL_LIMIT_PER_ADDRESS="1000/h")
        anna, boris = "anna@example.com", "boris@example.com"
        self.assertEqual(system.register(anna)[0], 202)
        used = system.email_to(anna).token()
        self.mail.refuse[boris] = "451 4.3.0 later"
        self.assertEqual(system.register(boris)[0], 202)
        database = system.settings["DATABASE_URL"].rsplit("/", 1)[1]
        wait_until(lambda: self.postgres.sql("select 1 from outbox where attempts > 0", database),
                   "the refused email")
        self.shell(system, self.named_command(system, "backup", "file.dump"))
        self.assertEqual(system.set_password(used)[0], 200)
        pair = self.login(system, anna)[1]
        self.refused(system, "Postern has connections to the database", "restore", "--in-place")
        system.app.stop()
        self.shell(system, self.named_command(system, "restore", "file.dump"))
        output = self.done(system, "restore", "--in-place")
        self.assertIn("Emails that waited: 1. They will be sent", output)
        self.mail.refuse.clear()
        self.postgres.sql("update outbox set available_at = created_at", database)
        system.app.start()
        self.assert_invalid(system, used)
        self.assertEqual(self.me(system, pair), 401)
        self.assertEqual(system.set_password(system.email_to(boris).token())[0], 200)
        self.assertEqual(system.recover(anna)[0], 202)
        self.assertEqual(system.set_password(system.email_to(anna, 2).token())[0], 200)


if __name__ == "__main__":
    unittest.main()
