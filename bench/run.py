"""Measures Postern beside a bare HTTP server on the same cores, in the same run.

    script/bench [--quick] [--json]

Every figure that has a floor is a ratio: requests (or emails) per second over the median of what
bare_beast answers under the same load, measured before and after each. So a slow or busy machine
lowers both. The load is wrk with one thread and 256 connections; each request registers a
new address. Exit 1: a floor was missed or a ceiling exceeded, a request was not answered 2xx, or an
email is missing.
"""

import argparse
import base64
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("POSTERN_BUILD", HERE.parent / "build/release"))
os.environ["POSTERN_BINARY"] = str(BUILD / "postern")
sys.path.insert(0, str(HERE.parent / "tests/e2e"))

from servers import (Postern, Postgres, Process, RabbitMq, free_port,  # noqa: E402
                     port_answers, scratch_folder, wait_until)

CONNECTIONS = 256
WARM_UP_S = 1
# Registrations beyond a burst are bulk mail.
MAIL_QUEUES = ("postern.mail", "postern.mail.bulk")
BACKLOG_S = 90
FLOORS = {
    "register, SQLite, relay idle": 0.30,
    "register, SQLite, relay": 0.18,
    "register, PostgreSQL, relay": 0.11,
    "mails, SQLite, everything": 0.08,
}
# Of the figures beside the ratios, in milliseconds on a machine of two cores.
CEILINGS = {
    "start_up_ms": 100,
    # A worker that polls the outbox, in place of being signalled, takes a second.
    "lone_register_to_sink_ms": 500,
    "readyz_under_logins_p99_ms": 50,
    "register_under_logins_p99_ms": 50,
}
LOGIN_LOAD = HERE.parent / "tests/e2e/login_load.py"
LOGIN_LOAD_S = 8
# bcrypt of "password", of the least cost.
SIGN_IN_HASH = "$2b$04$i9qIEZNpeEiPsnErhJuFhOsSFZKffhwpgZ1jcSwQpYpmWr/hgGan2"


def say(text):
    print(text, file=sys.stderr, flush=True)


def run_name():
    """Differs from all others, at the same length: the load's Content-Length is fixed."""
    run_name.last = getattr(run_name, "last", 0) + 1
    return f"r{run_name.last:04d}"


def load(port, seconds, order="ascending"):
    """wrk's figures, and the rate."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "--timeout", "10s",
               "-s", HERE / "register.lua", f"http://127.0.0.1:{port}/register", "--", run_name(),
               order]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"wrk: {done.stdout}{done.stderr}")
    figures = json.loads(done.stdout.splitlines()[-1])
    figures["rate"] = figures["requests"] / figures["seconds"]
    return figures


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
        wait_until(lambda: self.arrived()[0] >= count, f"{count} emails at the sink", BACKLOG_S)
        return self.arrived()[1]


class Bench:
    def __init__(self, folder, seconds, stack):
        self.folder, self.seconds, self._stack = folder, seconds, stack
        self.bare_port = free_port()
        self.bare = Process([BUILD / "bench/bare_beast", "--port", str(self.bare_port)], None,
                            folder, "bare")
        stack.callback(self.bare.stop)
        self.sink = Sink(folder)
        stack.callback(self.sink.process.stop)
        self.postgres = Postgres(folder)
        stack.callback(self.postgres.stop, "immediate")
        self.rabbitmq = RabbitMq(folder)
        stack.callback(self.rabbitmq.end)
        wait_until(lambda: port_answers(self.bare_port), "bare_beast")
        self.bare_runs, self._systems = [], 0

    def measure_bare(self):
        figures = self.load_server(self.bare, self.bare_port)
        self.bare_runs.append(figures)
        say(f"bare: {figures['rate']:.0f}/s, {figures['cpu_us']:.1f} µs CPU each")

    def settings(self, **more):
        return {"SECRET_KEY": "0123456789abcdef" * 4, "LOG_LEVEL": "warn",
                "REQUEST_LIMIT_PER_IP": "1000000000/s", **more}

    def new_folder(self):
        self._systems += 1
        folder = self.folder / f"system{self._systems}"
        folder.mkdir()
        return folder

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

    def load_server(self, process, port, order="ascending"):
        cpu = cpu_seconds(process)
        figures = load(port, self.seconds, order)
        figures["cpu_us"] = (cpu_seconds(process) - cpu) * 1e6 / figures["requests"]
        return figures

    def register_alone(self, order="ascending"):
        settings = self.settings(RABBITMQ_URL=f"amqp://guest:guest@127.0.0.1:{free_port()}/")
        with self.postern("app", self.new_folder(), settings) as app:
            load(app.port, WARM_UP_S, order)
            return self.load_server(app.process, app.port, order)

    def register_with_relay(self, order="ascending", **database):
        settings = self.settings(RABBITMQ_URL=self.rabbitmq.url(), **database)
        with self.postern("app", self.new_folder(), settings) as app, self.broker(app) as broker:
            return self.published(broker, app.process, app.port, order)

    def published(self, broker, process, port, order):
        """Requests that only collect in the outbox do not count."""
        load(port, WARM_UP_S, order)
        before = broker.waiting()
        figures = self.load_server(process, port, order)
        published = broker.waiting() - before
        figures["published"] = published
        accepted, published = figures["rate"], published / figures["seconds"]
        pace = "kept pace" if published > 0.97 * accepted else f"fell behind {accepted:.0f}/s"
        figures["note"] = f"relay {pace}: {published:.0f}/s"
        figures["rate"] = min(accepted, published)
        return figures

    def register_on_postgres(self):
        url = self.postgres.create_database(f"bench{self._systems}")
        return self.register_with_relay(DATABASE_URL=url)

    @contextlib.contextmanager
    def whole_system(self):
        """App and worker on SQLite, and how many emails the sink had before."""
        folder = self.new_folder()
        settings = self.settings(RABBITMQ_URL=self.rabbitmq.url(), **self.sink.settings())
        with self.postern("app", folder, settings) as app:
            settings["BASE_URL"] = f"http://localhost:{app.port}"
            with self.postern("worker", folder, settings) as worker:
                yield app, worker, self.sink.arrived()[0]

    def all_mailed(self, folder, sink_before):
        """Waits until the sink has an email for each account, and says how many that is."""
        with contextlib.closing(sqlite3.connect(folder / "data/postern.db")) as database:
            def count():
                return database.execute("SELECT count(*) FROM account").fetchone()[0]
            # What was in flight when the load ended is committed a moment later.
            accounts = count()
            while time.sleep(0.1) or accounts != count():
                accounts = count()
        self.sink.wait_for(sink_before + accounts)
        return accounts

    def mails(self):
        with self.whole_system() as (app, worker, sink_before):
            load(app.port, WARM_UP_S)
            warm = self.all_mailed(app.folder, sink_before)
            worker_cpu, started = cpu_seconds(worker.process), time.monotonic()
            figures = self.load_server(app.process, app.port)
            mails = self.all_mailed(app.folder, sink_before) - warm
            taken = self.sink.arrived()[1] - started
            worker_cpu = (cpu_seconds(worker.process) - worker_cpu) * 1e6 / mails
        figures["note"] = (f"{mails} emails, accepted {figures['rate']:.0f}/s; "
                           f"worker {worker_cpu:.0f} µs CPU an email")
        figures["requests_per_s"], figures["rate"] = figures["rate"], mails / taken
        return figures

    def round(self):
        scenarios = [self.register_alone, self.register_with_relay, self.register_on_postgres,
                     self.mails]
        figures = {}
        self.measure_bare()
        for name, scenario in zip(FLOORS, scenarios):
            figures[name] = scenario()
            say(f"{name}: {figures[name]['rate']:.0f}/s")
            self.measure_bare()
        return figures


def start_ups(bench, count=5):
    """postern run in a folder that has its database already: milliseconds until it answers, and
    its memory two seconds later."""
    folder, settings, times, memory = bench.new_folder(), bench.settings(), [], 0.0
    with bench.postern("run", folder, settings) as first:
        for number in range(100):
            first.post("/register", {"email": f"start.up{number}@bench.example"})
    for _ in range(count):
        started = time.monotonic()
        process = Postern("run", folder, settings, wait=False)
        while not port_answers(process.port):
            time.sleep(0.001)
        times.append((time.monotonic() - started) * 1e3)
        time.sleep(2)
        memory = resident_mib(process.process)
        process.stop()
    return {"start_up_ms": statistics.median(times), "resident_mib": memory}


def shuffled_addresses(bench):
    """Registration on SQLite with the relay idle again, but each address falls on another page of
    its index, as it does in life."""
    figures = bench.register_alone("shuffled")
    bare = statistics.median(run["rate"] for run in bench.bare_runs)
    return {"shuffled_per_s": figures["rate"], "shuffled_ratio": figures["rate"] / bare}


def lone_emails(bench, count=50):
    """One at a time: the answer to a registration, and the email that follows, from the first byte
    sent to the sink's 250."""
    answers, mails = [], []
    with bench.whole_system() as (app, _, sink_before):
        connection = http.client.HTTPConnection("127.0.0.1", app.port)
        for number in range(1, count + 1):
            started = time.monotonic()
            connection.request("POST", "/register",
                               json.dumps({"email": f"lone{number}@bench.example"}),
                               {"Content-Type": "application/json"})
            connection.getresponse().read()
            answers.append((time.monotonic() - started) * 1e3)
            mails.append((bench.sink.wait_for(sink_before + number) - started) * 1e3)
        connection.close()
    return {"lone_register_ms": statistics.median(answers),
            "lone_register_to_sink_ms": statistics.median(mails)}


def sign_ins(bench, people=64):
    """A product's sign-ins a second, with sessions that exist, and their ratio to a bare server that
    makes two signatures a request."""
    port = free_port()
    bare = Process([BUILD / "bench/bare_beast", "--port", str(port), "--signatures", "2"], None,
                   bench.folder, "bare_signing")
    folder = bench.new_folder()
    try:
        wait_until(lambda: port_answers(port), "bare_beast")
        rate = load(port, bench.seconds)["rate"]
        with bench.postern("app", folder, bench.settings()) as app:
            fields, cookies = prepare_sign_ins(app, folder, people)
            command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{bench.seconds}s", "--latency",
                       "-s", HERE / "sign_in.lua", f"http://127.0.0.1:{app.port}", "--", fields,
                       cookies]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  check=True)
            figures = json.loads(done.stdout.splitlines()[-1])
            assert figures["refused"] == figures["broken"] == 0, figures
    finally:
        bare.stop()
    signed_in = figures["requests"] / figures["seconds"]
    return {"sign_ins_per_s": signed_in, "sign_in_ratio": signed_in / rate}


def prepare_sign_ins(app, folder, people):
    """The files of sign_in.lua: a client's requests, and the cookies of people who are logged in."""
    callback, verifier = "https://notes.example/callback", "v" * 43
    made = json.loads(app.run_command("clients", "add", "--json", "--public", "--name", "Notes",
                                      "--redirect-uri", callback))
    digest = hashlib.sha256(verifier.encode()).digest()
    common = {"client_id": made["client_id"], "redirect_uri": callback}
    authorize = {**common, "response_type": "code", "scope": "openid email",
                 "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
                 "code_challenge_method": "S256", "nonce": "n" * 16, "state": "s" * 16}
    token = {**common, "grant_type": "authorization_code", "code_verifier": verifier}
    fields = folder / "fields"
    fields.write_text("".join(urllib.parse.urlencode(part) + "\n" for part in (authorize, token)))
    # A hash of little cost: what is measured comes after the login.
    lines = [json.dumps({"email": f"person{number}@bench.example", "state": "confirmed",
                         "password_hash": SIGN_IN_HASH}) for number in range(people)]
    (folder / "people.jsonl").write_text("\n".join(lines) + "\n")
    app.run_command("accounts", "import", str(folder / "people.jsonl"))
    cookies = []
    for number in range(people):
        body = urllib.parse.urlencode({"email": f"person{number}@bench.example",
                                       "password": "password"})
        status, headers, _ = app.request("POST", "/login", body, {
            "Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"})
        assert status == 303, status
        cookies.append(headers.get_all("Set-Cookie")[0].split(";")[0])
    (folder / "cookies").write_text("\n".join(cookies) + "\n")
    return fields, folder / "cookies"


def under_logins(bench):
    """500 connections with one login after another: how long other requests take meanwhile, the best
    of three rounds, since the clients share the cores."""
    def start(*arguments):
        return subprocess.Popen(["/usr/bin/python3", LOGIN_LOAD, *map(str, arguments)],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def result(client):
        output = client.communicate(timeout=LOGIN_LOAD_S + 60)[0]
        if client.returncode != 0:
            raise AssertionError(f"login_load.py: exit code {client.returncode}")
        return json.loads(output)

    rounds = []
    for _ in range(3):
        # A new server each: the connections that a round leaves behind count for a moment.
        with bench.postern("run", bench.new_folder(), bench.settings()) as app:
            logins = start("logins", app.port, 500, LOGIN_LOAD_S + 2)
            times = result(start("samples", app.port, app.admin_port, LOGIN_LOAD_S))
            result(logins)
        rounds.append([sorted(times[route])[int(len(times[route]) * 0.99)]
                       for route in ("readyz", "register")])
    readyz, register = min(rounds, key=max)
    return {"readyz_under_logins_p99_ms": readyz, "register_under_logins_p99_ms": register}


def median_of(rounds, name, key):
    return statistics.median(figures[name][key] for figures in rounds)


def judge(bench, rounds):
    bare = statistics.median(run["rate"] for run in bench.bare_runs)
    rows = []
    for name, floor in FLOORS.items():
        runs = [figures[name] for figures in rounds]
        row = {"name": name, "floor": floor, "note": runs[-1].get("note", ""),
               "refused": sum(run["refused"] for run in runs),
               "broken": sum(run["broken"] for run in runs)}
        for key in ("rate", "p50_ms", "p99_ms", "cpu_us"):
            row[key] = median_of(rounds, name, key)
        row["ratio"] = row["rate"] / bare
        row["ok"] = row["ratio"] >= floor and row["refused"] == 0 and row["broken"] == 0
        rows.append(row)
    return bare, rows


def print_table(result):
    print(f"bare server: {result['bare_rate']:.0f} requests/s and {result['bare_cpu_us']:.1f} µs CPU "
          f"each, the median of {len(result['bare_runs'])} runs; load average {result['load_average']:.1f} before, "
          f"on {result['cores']} cores")
    print(f"{'':30}{'per s':>8}{'ratio':>7}{'floor':>7}  {'':6}{'p50 ms':>7}{'p99 ms':>8}"
          f"{'µs CPU':>8}{'not 2xx':>8}")
    for row in result["rows"]:
        verdict = "ok" if row["ok"] else "BELOW"
        print(f"{row['name']:30}{row['rate']:8.0f}{row['ratio']:7.3f}{row['floor']:7.2f}  "
              f"{verdict:6}{row['p50_ms']:7.2f}{row['p99_ms']:8.2f}{row['cpu_us']:8.1f}"
              f"{row['refused'] + row['broken']:8}  {row['note']}")
    for name, value in result["extras"].items():
        ceiling = CEILINGS.get(name)
        limit = f"  {'ok' if value <= ceiling else 'ABOVE'} (at most {ceiling})" if ceiling else ""
        print(f"{name:30}{value:8.2f}{limit}")


def main():
    parser = argparse.ArgumentParser(prog="script/bench")
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    options = parser.parse_args()
    rounds, extras = [], {}
    load_average = os.getloadavg()[0]
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        bench = Bench(folder, 4 if options.quick else 10, stack)
        for _ in range(1 if options.quick else 3):
            rounds.append(bench.round())
        if not options.quick:
            extras = {**shuffled_addresses(bench), **start_ups(bench), **lone_emails(bench),
                      **under_logins(bench)}
        extras.update(sign_ins(bench))
    bare, rows = judge(bench, rounds)
    result = {"cores": len(os.sched_getaffinity(0)), "load_average": load_average,
              "bare_rate": bare,
              "bare_cpu_us": statistics.median(run["cpu_us"] for run in bench.bare_runs),
              "bare_runs": [run["rate"] for run in bench.bare_runs],
              "rows": rows, "extras": extras,
              "ok": all(row["ok"] for row in rows) and
              all(value <= CEILINGS.get(name, value) for name, value in extras.items())}
    if options.json:
        print(json.dumps(result, indent=1))
    else:
        print_table(result)
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
