"""What the faults happen to: two apps on one PostgreSQL, two workers, three RabbitMQ nodes, two
mail servers, gates between them, and something that starts again what has ended, as systemd would.
"""

import contextlib
import itertools
import json
import pathlib
import re
import signal
import subprocess
import threading
import time

from cluster import Cluster, in_parallel
from faults import APPS, CHANCES, MAILS, NODES, WORKERS
from gate import Gates
from journal_mail import JournalMail
from servers import BINARY, POSTGRES_BIN, Postern, Postgres, knows_setting, wait_until
from smtp_faults import PASSWORD, USER

SECRET_KEY = "0123456789abcdef" * 4
HEARTBEAT_S = 5
LOOK_EVERY_S = 0.1
# What is in flight is finished within 30 s; the rest is the machine's.
STOPS_WITHIN_S = 33


class Member:
    """A process that ought to run, except while a fault keeps it down."""

    def __init__(self, name, start):
        self.name, self._start = name, start
        self.lock = threading.Lock()
        self.wanted = True
        self.process = start()
        self.ended_by_itself = []

    def down(self, sig):
        with self.lock:
            self.wanted = False
            self.signal(signal.SIGCONT)
            self.process.stop(sig, STOPS_WITHIN_S)

    def up(self):
        with self.lock:
            self.wanted = True
            if not self.process.running():
                self.process = self._start()

    def freeze(self):
        """Not while it stops: it would not keep its time."""
        if self.wanted:
            self.signal(signal.SIGSTOP)

    def signal(self, sig):
        with contextlib.suppress(ProcessLookupError):
            self.process.child.send_signal(sig)

    def look_after(self):
        with self.lock:
            if self.wanted and not self.process.running():
                self.ended_by_itself.append((self.process.child.returncode, self.last_line()))
                time.sleep(LOOK_EVERY_S)
                self.process = self._start()

    def last_line(self):
        lines = self.process.log().strip().splitlines()
        return lines[-1] if lines else ""

    def crashes(self):
        """Without the database an app refuses to start, with one line; all else is a crash."""
        return [f"{self.name}: exit {code}: {line}" for code, line in self.ended_by_itself
                if code != 1 or "DATABASE_URL" not in line]


class System:
    def __init__(self, folder, seed):
        self.folder, self._seed = pathlib.Path(folder), seed
        self._stack = contextlib.ExitStack()
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise

    def _start(self):
        self.gates = Gates()
        self._stack.callback(self.gates.close)
        self.postgres = Postgres(self.folder)
        self._stack.callback(self._stop_database)
        self.database_url = self.postgres.create_database("chaos")
        self.cluster = Cluster(self.folder)
        self._stack.callback(self.cluster.end)
        self.gate = {}
        self._start_mail()
        self._members = {}
        self.postern = {}
        self.two_relays = False
        for name in APPS + WORKERS:
            self._start_postern(name)
        for name in MAILS:
            self._members[name] = Member(name, self._mail[name].start)
        self._stack.callback(self._end_members)
        self._closing = threading.Event()
        self._watch = threading.Thread(target=self._look_after, daemon=True)
        self._watch.start()
        self._stack.callback(self._stop_watching)
        for name in APPS:
            wait_until(lambda name=name: self.ready(name).get("status") == "ready", name, 60)

    # Mail servers

    def _start_mail(self):
        certificate = (self.folder / "mail-cert.pem", self.folder / "mail-key.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", certificate[1], "-out",
             certificate[0]], check=True, capture_output=True)
        self._mail = {name: JournalMail(self.folder, name, self._seed * 2 + number, certificate)
                      for number, name in enumerate(MAILS)}

    def journal(self):
        return [entry for mail in self._mail.values() for entry in mail.journal()]

    # Apps and workers

    def _gates_to_broker(self, name):
        ports = []
        for node, port in zip(NODES, self.cluster.ports()):
            gate = self.gates.open(port)
            self.gate.setdefault((name, "broker"), []).append(gate)
            ports.append(gate.port)
        # Not every process begins with the same node.
        turn = (APPS + WORKERS).index(name) % len(ports)
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports[turn:] + ports[:turn])
        return f"amqp://guest:guest@{hosts}/?heartbeat={HEARTBEAT_S}"

    def _start_postern(self, name):
        settings = {"SECRET_KEY": SECRET_KEY, "RABBITMQ_URL": self._gates_to_broker(name)}
        if name in APPS:
            gate = self.gates.open(self.postgres.port)
            self.gate[name, "database"] = [gate]
            settings["DATABASE_URL"] = f"postgresql://postgres@127.0.0.1:{gate.port}/chaos"
        else:
            settings |= self._mail_settings(name)
        if self.postern:
            # What app1 takes for its own: all write and accept the same links.
            settings["BASE_URL"] = f"http://localhost:{self.postern['app1'].port}"
        folder = self.folder / name
        folder.mkdir()
        made = []

        def start():
            if not made:
                command = "app" if name in APPS else "worker"
                if command == "app" and not self.postern:
                    self._migrate()
                made.append(Postern(command, folder, settings, name, wait=False))
                self.postern[name] = made[0]
            else:
                made[0].start(wait=False)
            return made[0].process
        self._members[name] = Member(name, start)

    def _migrate(self):
        env = {"PATH": "/usr/bin:/bin", "SECRET_KEY": SECRET_KEY, "DATABASE_URL": self.database_url}
        subprocess.run([BINARY, "migrate"], env=env, cwd=self.folder, check=True,
                       capture_output=True)

    def _mail_settings(self, name):
        gates = {mail: self.gates.open(self._mail[mail].port) for mail in MAILS}
        for mail, gate in gates.items():
            self.gate.setdefault((name, "mail"), []).append(gate)
            self.gate.setdefault((mail, "workers"), []).append(gate)
        first, second = MAILS if name == WORKERS[0] else MAILS[::-1]
        settings = self._mail[first].settings(gates[first].port)
        relays = self._second_relay(settings, gates[second].port)
        self.two_relays = bool(relays)
        return settings | relays

    def _second_relay(self, settings, port):
        """The setting for a second relay, or nothing where the program does not know it."""
        user, password = USER.replace("@", "%40"), PASSWORD.replace(" ", "%20")
        relays = {"SMTP_RELAYS": f"smtp://{user}:{password}@localhost:{port}"}
        return relays if knows_setting("SMTP_RELAYS", settings | relays) else {}

    def ports(self):
        return [self.postern[name].port for name in APPS]

    def ready(self, name):
        with contextlib.suppress(OSError, ValueError):
            return self.postern[name].ready()
        return {}

    # Watching and ending

    def _look_after(self):
        while not self._closing.wait(LOOK_EVERY_S):
            for member in self._members.values():
                member.look_after()

    def _stop_watching(self):
        self._closing.set()
        self._watch.join(30)

    def _stop_database(self):
        with contextlib.suppress(AssertionError):
            self.postgres.stop("immediate")

    def _end_members(self):
        for member in self._members.values():
            if member.process.running():
                member.process.kill()

    def crashes(self):
        return [line for member in self._members.values() for line in member.crashes()]

    def refused_starts(self):
        return sum(len(member.ended_by_itself) - len(member.crashes())
                   for member in self._members.values())

    def sql(self, query):
        done = subprocess.run([POSTGRES_BIN / "psql", self.database_url, "-AtXc", query],
                              capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    def close(self):
        self._stack.close()

    # Faults

    def begin(self, fault):
        words = fault.kind.split()
        if fault.kind in CHANCES:
            self._mail[fault.target].set_chances(CHANCES[fault.kind])
            if fault.kind == "mail: AUTH refused":
                # No client sends AUTH on a warm connection.
                self._cut(self.gate[fault.target, "workers"], fault)
        elif words[0] == "cut":
            self._cut(self._gates_of(fault), fault)
        elif words[0] == "half-open":
            for gate in self._gates_of(fault):
                gate.stall()
        elif words[0] == "database":
            self.postgres.stop("immediate")
        elif words[0] == "broker":
            self._break_broker(fault)
        elif "frozen" in words:
            self._members[fault.target].freeze()
        else:
            sig = signal.SIGKILL if "killed" in words else signal.SIGTERM
            self._members[fault.target].down(sig)

    def end(self, fault):
        words = fault.kind.split()
        if fault.kind in CHANCES:
            self._mail[fault.target].set_chances({})
        elif words[0] == "half-open":
            for gate in self._gates_of(fault):
                gate.flow(cut=fault.resets)
        elif words[0] == "database":
            self.postgres.start()
        elif words[0] == "broker":
            self._mend_broker(fault)
        elif "frozen" in words:
            self._members[fault.target].signal(signal.SIGCONT)
        elif words[0] != "cut":
            self._members[fault.target].up()

    def _cut(self, gates, fault):
        in_parallel([lambda gate=gate: gate.cut(fault.after_bytes) for gate in gates])

    def _gates_of(self, fault):
        return self.gate[fault.target, fault.kind.rsplit("-", 1)[1]]

    def _nodes_of(self, fault):
        first = NODES.index(fault.target)
        count = 2 if fault.kind == "broker quorum lost" else 1
        return [self.cluster.nodes[(first + i) % len(NODES)] for i in range(count)]

    def _break_broker(self, fault):
        for node in self._nodes_of(fault):
            if "frozen" in fault.kind:
                node.signal(signal.SIGSTOP)
            elif "stopped" in fault.kind:
                node.stop()
            else:
                node.kill()

    def _mend_broker(self, fault):
        if "frozen" in fault.kind:
            self._nodes_of(fault)[0].signal(signal.SIGCONT)
        else:
            in_parallel([node.start for node in self._nodes_of(fault)])

    # After the faults

    def waiting(self):
        """What is still under way, by place."""
        waiting = {name: count for name, count in self.cluster.queues().items()
                   if count and name != "postern.mail.dead"}
        outbox = int(self.sql("select (select count(*) from outbox where dead_at is null)"
                              " + (select coalesce(sum(unresolved), 0) from mail_request)")[0])
        return waiting | ({"outbox": outbox} if outbox else {})

    def _channel(self):
        import pika
        return pika.BlockingConnection(pika.URLParameters(self.cluster.nodes[0].url())).channel()

    def hasten(self):
        """An operator's shovel: jobs that wait ten minutes or an hour go back to work at once."""
        channel, moved = self._channel(), 0
        channel.confirm_delivery()
        for key, step in itertools.product(("mail", "mail.bulk"), ("10m", "1h")):
            while True:
                method, properties, body = channel.basic_get(f"postern.{key}.retry.{step}")
                if method is None:
                    break
                properties.expiration = None
                channel.basic_publish("postern.mail", key, body, properties, mandatory=True)
                channel.basic_ack(method.delivery_tag)
                moved += 1
        channel.connection.close()
        return moved

    def dead_letters(self):
        """Reasons by address."""
        channel, dead = self._channel(), {}
        while True:
            method, properties, body = channel.basic_get("postern.mail.dead")
            if method is None:
                break
            headers = properties.headers or {}
            reason = headers.get("x-reason") or str(headers.get("x-first-death-reason"))
            dead[json.loads(body)["email"]] = reason
        channel.connection.close()
        for row in self.sql("select body || '|' || coalesce(reason, '') from outbox"
                            " where dead_at is not null"):
            body, _, reason = row.rpartition("|")
            dead[re.search(r'"email":"([^"]+)"', body).group(1)] = reason
        return dead
