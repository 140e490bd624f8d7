"""The servers and programs of a measurement, and its load."""

import contextlib
import functools
import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("POSTERN_BUILD", HERE.parent / "build/release"))
os.environ["POSTERN_BINARY"] = str(BUILD / "postern")
sys.path.insert(0, str(HERE.parent / "tests/e2e"))

from servers import (Postern, Postgres, Process, RabbitMq, free_port,  # noqa: E402
                     port_answers, wait_until)

CORES = len(os.sched_getaffinity(0))
CONNECTIONS = 256
WARM_UP_S = 1
BACKLOG_S = 120
# Registrations beyond a burst are bulk mail.
MAIL_QUEUES = ("postern.mail", "postern.mail.bulk")
BARE_QUEUES = ("bare",)


def say(text):
    print(text, file=sys.stderr, flush=True)


def run_name():
    """Differs from all others, at the same length: the load's Content-Length is fixed."""
    run_name.last = getattr(run_name, "last", 0) + 1
    return f"r{run_name.last:04d}"


def load(port, seconds, path="/register", script="register.lua", arguments=None, headers=None,
         connections=CONNECTIONS):
    """wrk's figures, and the rate. `arguments` of the script; without any, new addresses."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s",
               "-s", HERE / script]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    command += [f"http://127.0.0.1:{port}{path}", "--", *(arguments or [run_name()])]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env={**os.environ, "LUA_PATH": f"{HERE}/?.lua"})
    if done.returncode != 0 or not done.stdout.endswith("}\n"):
        raise AssertionError(f"wrk: {done.stdout}{done.stderr}")
    figures = json.loads(done.stdout.splitlines()[-1])
    figures["rate"] = figures["requests"] / figures["seconds"]
    return figures


def paced_load(port, rate, seconds):
    """Registrations at a constant rate: the figures of paced_load.cpp."""
    done = subprocess.run([BUILD / "bench/paced_load", "--port", str(port), "--rate",
                           str(int(rate)), "--seconds", str(seconds), "--run", run_name()],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def cpu_seconds(process):
    fields = pathlib.Path(f"/proc/{process.child.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(process):
    for line in pathlib.Path(f"/proc/{process.child.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


class Broker:
    """The broker's own word on how many jobs it has."""

    def __init__(self, server, queues=MAIL_QUEUES):
        import pika
        self._queues = queues
        self._connection = pika.BlockingConnection(pika.URLParameters(server.url()))
        self._channel = self._connection.channel()

    def waiting(self):
        return sum(self._channel.queue_declare(queue, passive=True).method.message_count
                   for queue in self._queues)

    def purge(self):
        for queue in self._queues:
            self._channel.queue_purge(queue)

    def close(self):
        self._connection.close()


class Sink:
    """A mail server with STARTTLS that counts and throws away."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.certificate, key = folder / "sink-cert.pem", folder / "sink-key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost", "-keyout", key, "-out", self.certificate],
            check=True, capture_output=True)
        self.port = free_port()
        self.process = Process(
            [BUILD / "bench/smtp_sink", "--port", str(self.port), "--cert", self.certificate,
             "--key", key, "--print-count"], None, folder, "sink")
        wait_until(lambda: port_answers(self.port), "the mail sink")

    def settings(self):
        return {"SMTP_HOST": "localhost", "SMTP_PORT": str(self.port), "SMTP_USER": "postern",
                "SMTP_PASSWORD": "sink", "SMTP_CA_FILE": str(self.certificate),
                "MAIL_FROM": "Postern <postern@bench.example>"}

    def arrived(self):
        """How many emails there were, and when the last one came (time.monotonic)."""
        words = self.process.log().rstrip().rsplit("\n", 1)[-1].split()
        return (int(words[1]), int(words[3]) / 1e9) if words[0] == "mails" else (0, 0.0)

    def wait_for(self, count):
        """When the last of so many came."""
        wait_until(lambda: self.arrived()[0] >= count, f"{count} emails at the sink", BACKLOG_S)
        return self.arrived()[1]


class Bench:
    """Each server starts when it is first used, and stops with `stack`."""

    def __init__(self, folder, seconds, stack, backlog=50_000):
        """`backlog`: how many emails wait where a worker starts."""
        self.folder, self.seconds, self.backlog = folder, seconds, backlog
        self._stack, self._systems = stack, 0

    @functools.cached_property
    def sink(self):
        sink = Sink(self.folder)
        self._stack.callback(sink.process.stop)
        return sink

    @functools.cached_property
    def postgres(self):
        postgres = Postgres(self.folder)
        self._stack.callback(postgres.stop, "immediate")
        return postgres

    @functools.cached_property
    def rabbitmq(self):
        rabbitmq = RabbitMq(self.folder)
        self._stack.callback(rabbitmq.end)
        return rabbitmq

    def new_folder(self):
        self._systems += 1
        folder = self.folder / f"system{self._systems}"
        folder.mkdir()
        return folder

    def new_database(self):
        self._systems += 1
        return self.postgres.create_database(f"bench{self._systems}")

    def settings(self, **more):
        return {"SECRET_KEY": "0123456789abcdef" * 4, "LOG_LEVEL": "warn",
                "REQUEST_LIMIT_PER_IP": "1000000000/s", **more}

    @contextlib.contextmanager
    def program(self, name, *arguments, port=None):
        """One of the yardsticks, as a Process."""
        process = Process([BUILD / "bench" / name, *map(str, arguments)], None, self.new_folder(),
                          name)
        try:
            if port:
                wait_until(lambda: port_answers(port), name)
            yield process
        finally:
            process.stop()

    @contextlib.contextmanager
    def postern(self, command, folder, settings):
        process = Postern(command, folder, settings)
        try:
            yield process
        finally:
            if process.process.running():
                process.stop()

    @contextlib.contextmanager
    def broker(self, app):
        """The queues that the app has declared; empty when this ends, the app being stopped then."""
        wait_until(lambda: app.ready()["broker"] == "up", "the relay's connection")
        broker = Broker(self.rabbitmq)
        try:
            yield broker
        finally:
            app.stop()
            broker.purge()
            broker.close()

    def load_server(self, process, port, **options):
        cpu = cpu_seconds(process)
        figures = load(port, self.seconds, **options)
        figures["cpu_us"] = (cpu_seconds(process) - cpu) * 1e6 / figures["requests"]
        return figures

    def warm_load(self, process, port, **options):
        load(port, WARM_UP_S, **options)
        return self.load_server(process, port, **options)
