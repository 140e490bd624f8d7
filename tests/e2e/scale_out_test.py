"""Scaled out: three RabbitMQ nodes, a PostgreSQL primary with a standby that confirms each commit,
two apps, two workers. A node is down at the start, the queue's leader is killed, and the database
moves to the standby, all while people register."""

import json
import pathlib
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "chaos"))

from cluster import Cluster  # noqa: E402
from harness import SECRET_KEY  # noqa: E402
from servers import (BINARY, MailServer, Postern, Postgres, Standby,  # noqa: E402
                     scratch_folder, wait_until)

MAIL_QUEUE = "postern.mail"
# One user for the apps and one for the workers: what both need, and nothing else.
PERMISSIONS = (r"^postern\.", r"^(postern\.|amq\.default$)", r"^postern\.")
DATABASE = "postern"
# Before the leader is killed, while that happens, while the database moves, and after all.
CALM, LEADER, MOVE, AFTER = 60, 60, 60, 20
TICK_S = 0.05
# A row that the old primary's client held is free again after its lease of 30 s.
ARRIVE_WITHIN_S = 120


class Registrations(threading.Thread):
    """Registers one address after another, over both apps in turn, until `count` were answered 202;
    an address that got another answer is not asked for again."""

    def __init__(self, apps, name, count):
        super().__init__()
        self._apps, self._name, self._count = apps, name, count
        self.accepted, self.others, self.without_retry_after = [], {}, []
        self.start()

    def run(self):
        deadline = time.monotonic() + ARRIVE_WITHIN_S
        number = 0
        while len(self.accepted) < self._count and time.monotonic() < deadline:
            number += 1
            self._ask(self._apps[number % 2], f"{self._name}{number}@example.com")
            time.sleep(TICK_S)

    def _ask(self, app, address):
        status, headers, _ = app.request("POST", "/register", json.dumps({"email": address}),
                                         {"Content-Type": "application/json"})
        if status == 202:
            self.accepted.append(address)
            return
        self.others[address] = status
        if "Retry-After" not in headers:
            self.without_retry_after.append(address)

    def wait_for(self, count):
        wait_until(lambda: len(self.accepted) >= count or not self.is_alive(),
                   f"{count} registrations", ARRIVE_WITHIN_S)


def confirmed_by(standby, primary):
    """Set after the copy was made: on the standby, once it is the primary, no standby confirms."""
    primary.sql("alter system set synchronous_standby_names = 'FIRST 1 (*)'")
    primary.sql("select pg_reload_conf()")
    wait_until(lambda: primary.sql("select sync_state from pg_stat_replication") == ["sync"],
               f"the confirms of {standby.folder.name}")


def hosts_of(*servers):
    return ",".join(f"127.0.0.1:{server.port}" for server in servers)


class WithoutItsStandby(unittest.TestCase):
    def test_R12_a_commit_without_the_standbys_confirm_is_never_answered_202(self):
        folder = self.enterContext(scratch_folder())
        primary = Postgres(folder)
        self.addCleanup(primary.stop, "immediate")
        standby = Standby(folder, primary)
        confirmed_by(standby, primary)
        app = Postern("app", folder, {
            "SECRET_KEY": SECRET_KEY,
            "DATABASE_URL": f"postgresql://postgres@{hosts_of(standby, primary)}/postgres"})
        self.addCleanup(app.stop)
        self.assertEqual(app.post("/register", {"email": "one@example.com"})[0], 202)
        # Otherwise the second transaction of that request waits first, which doubles the time.
        wait_until(lambda: app.ready()["outbox"] == 1, "the first one's email in the outbox")
        standby.stop("immediate")
        status, headers, _ = app.request("POST", "/register", '{"email":"two@example.com"}',
                                         {"Content-Type": "application/json"})
        self.assertEqual(status, 503)
        self.assertIn("Retry-After", headers)
        standby.start()
        self.addCleanup(standby.stop, "immediate")
        wait_until(lambda: app.post("/register", {"email": "three@example.com"})[0] == 202,
                   "the confirms again", ARRIVE_WITHIN_S)


class ScaleOut(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(scratch_folder())
        cls.mail = MailServer(cls.folder)
        cls.addClassCleanup(cls.mail.stop)
        cls._start_databases()
        cls.cluster = Cluster(cls.folder)
        cls.addClassCleanup(cls.cluster.end)
        cls._add_broker_users()

    @classmethod
    def _start_databases(cls):
        cls.primary = Postgres(cls.folder)
        cls.running = [cls.primary]
        cls.addClassCleanup(lambda: [server.stop("immediate") for server in cls.running])
        cls.primary.sql("create role owner login; create role app login")
        cls.primary.sql(f"create database {DATABASE} owner owner")
        cls.standby = Standby(cls.folder, cls.primary)
        cls.running.append(cls.standby)
        confirmed_by(cls.standby, cls.primary)

    @classmethod
    def _add_broker_users(cls):
        node = cls.cluster.nodes[0]
        for user in ("app", "worker"):
            node.ctl("add_user", user, "broker password")
            node.ctl("set_permissions", user, *PERMISSIONS)

    def settings_of(self, user):
        nodes = ",".join(f"127.0.0.1:{port}" for port in self.cluster.ports())
        return {"SECRET_KEY": SECRET_KEY,
                "RABBITMQ_URL": f"amqp://{user}:broker%20password@{nodes}/?heartbeat=5"}

    def database_url(self, user):
        """The standby first: which one takes writes is for the program to find."""
        return f"postgresql://{user}@{hosts_of(self.standby, self.primary)}/{DATABASE}"

    def migrate(self):
        """By the tables' owner; the apps' role may read and write rows, and no more."""
        env = {"PATH": "/usr/bin:/bin", "SECRET_KEY": SECRET_KEY,
               "DATABASE_URL": self.database_url("owner")}
        subprocess.run([BINARY, "migrate"], env=env, cwd=self.folder, check=True,
                       capture_output=True)
        self.primary.sql("grant select, insert, update, delete on all tables in schema public"
                         " to app", DATABASE)

    def start_member(self, command, number, **settings):
        folder = self.folder / f"{command}{number}"
        folder.mkdir()
        member = Postern(command, folder, settings, f"{command}{number}")
        self.addCleanup(lambda: member.process.running() and member.stop())
        return member

    def start_system(self):
        self.migrate()
        settings = {**self.settings_of("app"), "DATABASE_URL": self.database_url("app"),
                    "BASE_URL": "https://accounts.example.com"}
        self.apps = [self.start_member("app", number, **settings) for number in (1, 2)]
        settings = {**self.settings_of("worker"), **self.mail.settings(),
                    "BASE_URL": "https://accounts.example.com"}
        self.workers = [self.start_member("worker", number, **settings) for number in (1, 2)]
        for app in self.apps:
            wait_until(lambda app=app: app.ready()["status"] == "ready", "readiness", 60)

    def node_that_runs(self):
        return next(node for node in self.cluster.nodes if node.process.running())

    def mail_queue(self, column):
        rows = self.node_that_runs().ctl("list_queues", "name", column, "--formatter", "json")
        return next(row[column] for row in json.loads(rows) if row["name"] == MAIL_QUEUE)

    def wait_for_emails(self, addresses):
        wanted = set(addresses)
        wait_until(lambda: wanted <= {mail.to for mail in self.mail.messages},
                   "an email for each", ARRIVE_WITHIN_S)

    def kill_leader(self):
        leader = self.mail_queue("leader")
        node = next(node for node in self.cluster.nodes if node.name() == leader)
        node.kill()
        return node

    def move_database(self):
        """Stopped without a farewell; then the standby is promoted."""
        self.primary.stop("immediate")
        self.running.remove(self.primary)
        self.standby.promote()

    def assert_one_email_each(self, addresses):
        """One Message-ID each. A copy of it is allowed where a fault cut off who had it in flight."""
        ids, copies = {}, 0
        for mail in self.mail.messages:
            known = ids.setdefault(mail.to, set())
            copies += mail.message["Message-ID"] in known
            known.add(mail.message["Message-ID"])
        self.assertEqual([a for a in addresses if len(ids.get(a, ())) != 1], [])
        return copies

    def times_mailed(self, addresses):
        mails = [mail.to for mail in self.mail.messages]
        return {mails.count(address) for address in addresses}

    def test_R2_R11_R12_O3_every_202_is_one_email_through_a_dead_node_a_dead_leader_and_a_failover(self):
        self.cluster.nodes[0].kill()
        self.start_system()
        calm = Registrations(self.apps, "calm", CALM)
        calm.join()
        self.assertEqual(calm.others, {})
        self.wait_for_emails(calm.accepted)
        self.assertEqual(self.times_mailed(calm.accepted), {1})

        # The node joins the queues that were made without it, so that another one may go.
        self.cluster.nodes[0].start()
        wait_until(lambda: len(self.mail_queue("online")) == 3, "three members of the queue", 60)
        leader = Registrations(self.apps, "leader", LEADER)
        leader.wait_for(LEADER // 3)
        self.kill_leader()
        leader.join()
        self.assertEqual(leader.others, {}, "the database was there all the time")
        self.wait_for_emails(leader.accepted)

        move = Registrations(self.apps, "move", MOVE)
        move.wait_for(MOVE // 3)
        self.move_database()
        move.join()
        self.assertEqual(len(move.accepted), MOVE)
        self.assertEqual(set(move.others.values()) - {503}, set())
        self.assertEqual(move.without_retry_after, [])
        self.wait_for_emails(move.accepted)

        for app in self.apps:
            wait_until(lambda app=app: app.ready() == {
                "status": "ready", "database": "up", "broker": "up", "outbox": 0}, "ready", 60)
        after = Registrations(self.apps, "after", AFTER)
        after.join()
        self.assertEqual(after.others, {})
        self.wait_for_emails(after.accepted)
        self.check_books(calm, leader, move, after)

    def check_books(self, *parts):
        accepted = [address for part in parts for address in part.accepted]
        perhaps = [address for part in parts for address in part.others]
        self.assertEqual(len(accepted), CALM + LEADER + MOVE + AFTER)
        copies = self.assert_one_email_each(accepted)
        self.assertEqual(self.times_mailed(parts[0].accepted + parts[-1].accepted), {1})
        stored = self.standby.sql("select email from account", DATABASE)
        self.assertEqual(len(stored), len(set(stored)), "no account twice")
        self.assertEqual(set(accepted) - set(stored), set(), "what was answered 202 is there")
        self.assertEqual(set(stored) - set(accepted) - set(perhaps), set())
        unasked = {mail.to for mail in self.mail.messages} - set(stored)
        self.assertEqual(unasked, set())
        print(f"{len(accepted)} accepted, {len(perhaps)} answered 503, {copies} copies")


if __name__ == "__main__":
    unittest.main()
