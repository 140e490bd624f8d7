"""What is measured beside a yardstick: each case is two functions that run alike, one with Postern
and one with the bare program, and return figures. `rate` is per second; `cpu_us` is the CPU of the
program under load for each unit."""

import base64
import contextlib
import dataclasses
import hashlib
import json
import sqlite3
import subprocess
import time
import urllib.parse
from collections.abc import Callable

from programs import (BARE_QUEUES, BUILD, CORES, WARM_UP_S, Broker, cpu_seconds, free_port, load,
                      run_name, wait_until)

PASSWORD = "a quiet green river"
# Of each load of known addresses; below what the load asks for, so they repeat.
KNOWN = 20_000
# register.lua's.
FACTOR = 2654435761
# bcrypt of "password", of the least cost.
CHEAP_HASH = "$2b$04$i9qIEZNpeEiPsnErhJuFhOsSFZKffhwpgZ1jcSwQpYpmWr/hgGan2"
PEOPLE = 64
# Twice as many clients as threads that hash, so none of those waits for a client.
LOGINS = dict(path="/login", script="login.lua", arguments=[str(PEOPLE), PASSWORD],
              connections=2 * CORES)
CALLBACK, VERIFIER = "https://notes.example/callback", "v" * 43


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    yardstick: str
    # Of the yardstick's rate: what is aimed at, and what was reached, less the spread.
    target: float
    floor: float
    postern: Callable
    bare: Callable


# ---- Registration

def no_broker():
    return f"amqp://guest:guest@127.0.0.1:{free_port()}/"


def postern_alone(bench, prepare=None, **options):
    """An app on SQLite whose outbox relay has no broker to publish to."""
    settings = bench.settings(RABBITMQ_URL=no_broker(), MAIL_LIMIT_PER_ADDRESS="1000000/s")
    with bench.postern("app", bench.new_folder(), settings) as app:
        if prepare:
            options = {**options, **prepare(app)}
        return bench.warm_load(app.process, app.port, **options)


@contextlib.contextmanager
def bare_pipeline(bench, relays, database=None):
    """The process, its port and its database, which is SQLite where none is given."""
    port, database = free_port(), database or bench.new_folder() / "bare.db"
    relay = ["--amqp", bench.rabbitmq.port] if relays else []
    with bench.program("bare_pipeline", "--port", port, "--database", database, *relay,
                       port=port) as process:
        yield process, port, database


def bare_registers(bench):
    with bare_pipeline(bench, relays=False) as (process, port, _):
        return bench.warm_load(process, port)


def postern_publishes(bench, **database):
    settings = bench.settings(RABBITMQ_URL=bench.rabbitmq.url(), **database)
    with bench.postern("app", bench.new_folder(), settings) as app, bench.broker(app) as broker:
        return published(bench, broker, app.process, app.port)


def bare_publishes(bench, database=None):
    with bare_pipeline(bench, relays=True, database=database) as (process, port, _):
        broker = Broker(bench.rabbitmq, BARE_QUEUES)
        figures = published(bench, broker, process, port)
    broker.purge()
    broker.close()
    return figures


def published(bench, broker, process, port):
    """A registration counts once its job is in the broker's queue: an outbox that only grows is no
    capacity."""
    load(port, WARM_UP_S)
    before = broker.waiting()
    figures = bench.load_server(process, port)
    accepted = figures["rate"]
    rate = (broker.waiting() - before) / figures["seconds"]
    if rate < 0.97 * accepted:
        figures["note"] = f"relay fell behind {accepted:.0f}/s"
    figures["rate"] = min(accepted, rate)
    return figures


# ---- Emails

def row_count(path):
    """Accounts in a SQLite database to which requests may still be written."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        def count():
            return database.execute("SELECT count(*) FROM account").fetchone()[0]
        accounts = count()
        while time.sleep(0.1) or accounts != count():
            accounts = count()
    return accounts


def mailed(bench, database, process, port):
    """Counts what reaches the mail server, until the last email is there."""
    before = bench.sink.arrived()[0]
    load(port, WARM_UP_S)
    warm = row_count(database)
    bench.sink.wait_for(before + warm)
    started = time.monotonic()
    figures = bench.load_server(process, port)
    ended = time.monotonic()
    mails = row_count(database) - warm
    last = bench.sink.wait_for(before + warm + mails)
    figures["accepted_per_s"], figures["drained_s"] = figures["rate"], max(last - ended, 0)
    figures["rate"] = mails / (last - started)
    figures["note"] = f"the queue is empty {figures['drained_s']:.1f} s after the load"
    return figures


@contextlib.contextmanager
def whole_system(bench):
    """App and worker on SQLite, with RabbitMQ and the mail server."""
    folder = bench.new_folder()
    settings = bench.settings(RABBITMQ_URL=bench.rabbitmq.url(), **bench.sink.settings())
    with bench.postern("app", folder, settings) as app:
        settings["BASE_URL"] = f"http://localhost:{app.port}"
        with bench.postern("worker", folder, settings) as worker:
            yield app, worker


def postern_mails(bench):
    with whole_system(bench) as (app, _):
        return mailed(bench, app.folder / "data/postern.db", app.process, app.port)


def bare_worker(bench):
    return bench.program("bare_worker", "--amqp", bench.rabbitmq.port, "--smtp", bench.sink.port)


def bare_mails(bench):
    with bare_pipeline(bench, relays=True) as (process, port, database), bare_worker(bench):
        return mailed(bench, database, process, port)


def backlog(bench, port, broker):
    while broker.waiting() < bench.backlog:
        load(port, 1)
    counts = [-1]
    # What was accepted last is published a moment later.
    while time.sleep(0.3) or counts[-1] != broker.waiting():
        counts.append(broker.waiting())
    return counts[-1]


def drained(bench, jobs, worker):
    """From the worker's start to its last email. `worker`: context manager → Process."""
    before, started = bench.sink.arrived()[0], time.monotonic()
    with worker as process:
        taken = bench.sink.wait_for(before + jobs) - started
        cpu = cpu_seconds(process)
    return {"rate": jobs / taken, "cpu_us": cpu * 1e6 / jobs, "requests": jobs, "refused": 0,
            "broken": 0}


def postern_drains(bench):
    folder = bench.new_folder()
    settings = bench.settings(RABBITMQ_URL=bench.rabbitmq.url(), **bench.sink.settings())
    with bench.postern("app", folder, settings) as app, bench.broker(app) as broker:
        jobs = backlog(bench, app.port, broker)
        settings["BASE_URL"] = f"http://localhost:{app.port}"

        @contextlib.contextmanager
        def worker():
            with bench.postern("worker", folder, settings) as made:
                yield made.process
        return drained(bench, jobs, worker())


def bare_drains(bench):
    with bare_pipeline(bench, relays=True) as (_, port, _):
        broker = Broker(bench.rabbitmq, BARE_QUEUES)
        jobs = backlog(bench, port, broker)
        broker.close()
    return drained(bench, jobs, bare_worker(bench))


# ---- Recovery, pages, tokens, logins

def import_people(app, people):
    path = app.folder / "people.jsonl"
    path.write_text("".join(json.dumps(fields) + "\n" for fields in people))
    app.run_command("accounts", "import", str(path))


def known_addresses(app):
    run = run_name()
    import_people(app, ({"email": f"{number * FACTOR % 2 ** 32:08x}.{run}@bench.example",
                         "state": "confirmed", "password_hash": CHEAP_HASH}
                        for number in range(1, KNOWN + 1)))
    return {"arguments": [run, "shuffled", str(KNOWN)]}


def postern_recovers_known(bench):
    return postern_alone(bench, known_addresses, path="/recover-password")


def postern_recovers_unknown(bench):
    return postern_alone(bench, path="/recover-password")


def bare_answers(bench, *arguments):
    port = free_port()
    with bench.program("bare_beast", "--port", port, *arguments, port=port) as process:
        return bench.warm_load(process, port, script="requests.lua")


def newest_token(app):
    def mailbox():
        return json.loads(app.request("GET", "/dev/mailbox", None,
                                      {"Accept": "application/json"})[2])
    return wait_until(mailbox, "the email")[0]["text"].split("token=")[1].split()[0]


@contextlib.contextmanager
def registered(bench):
    """A system that keeps its emails, and the token that one of them has."""
    with bench.postern("run", bench.new_folder(), bench.settings()) as app:
        assert app.post("/register", {"email": "anna@bench.example"})[0] == 202
        yield app, newest_token(app)


def postern_shows_form(bench):
    with registered(bench) as (app, token):
        return bench.warm_load(app.process, app.port, path=f"/set-password?token={token}",
                               script="requests.lua")


def postern_shows_account(bench):
    with registered(bench) as (app, token):
        assert app.post("/set-password", {"token": token, "password": PASSWORD})[0] == 200
        status, session = app.post("/login", {"email": "anna@bench.example", "password": PASSWORD})
        assert status == 200, session
        return bench.warm_load(app.process, app.port, path="/me", script="requests.lua",
                               headers={"Authorization": f"Bearer {session['access_token']}"})


def import_logins(app):
    """The people of login.lua, with PASSWORD."""
    import argon2
    stored = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash(PASSWORD)
    import_people(app, person_rows(stored))


def person_rows(stored_hash):
    return [{"email": f"person{number}@bench.example", "state": "confirmed",
             "password_hash": stored_hash} for number in range(PEOPLE)]


def postern_logs_in(bench):
    with bench.postern("app", bench.new_folder(), bench.settings(RABBITMQ_URL=no_broker())) as app:
        import_logins(app)
        return bench.warm_load(app.process, app.port, **LOGINS)


def bare_hashes(bench):
    done = subprocess.run([BUILD / "bench/bare_argon2", "--seconds", str(bench.seconds)],
                          capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    rate = float(done.stdout)
    return {"rate": rate, "cpu_us": CORES * 1e6 / rate, "refused": 0, "broken": 0}


def postern_signs_in(bench):
    """A product's sign-ins, with sessions that exist: /authorize and /token."""
    folder = bench.new_folder()
    with bench.postern("app", folder, bench.settings(RABBITMQ_URL=no_broker())) as app:
        arguments = prepare_sign_ins(app, folder)
        return bench.load_server(app.process, app.port, path="", script="sign_in.lua",
                                 arguments=arguments)


def prepare_sign_ins(app, folder):
    """The files of sign_in.lua: a client's requests, and the cookies of people who are logged in."""
    made = json.loads(app.run_command("clients", "add", "--json", "--public", "--name", "Notes",
                                      "--redirect-uri", CALLBACK))
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    common = {"client_id": made["client_id"], "redirect_uri": CALLBACK}
    authorize = {**common, "response_type": "code", "scope": "openid email",
                 "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
                 "code_challenge_method": "S256", "nonce": "n" * 16, "state": "s" * 16}
    token = {**common, "grant_type": "authorization_code", "code_verifier": VERIFIER}
    fields, cookies = folder / "fields", folder / "cookies"
    fields.write_text("".join(urllib.parse.urlencode(part) + "\n" for part in (authorize, token)))
    # A hash of little cost: what is measured comes after the login.
    people = person_rows(CHEAP_HASH)
    import_people(app, people)
    lines = []
    for person in people:
        body = urllib.parse.urlencode({"email": person["email"], "password": "password"})
        status, headers, _ = app.request("POST", "/login", body, {
            "Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"})
        assert status == 303, status
        lines.append(headers.get_all("Set-Cookie")[0].split(";")[0])
    cookies.write_text("\n".join(lines) + "\n")
    return [fields, cookies]


CASES = [
    Case("/register, SQLite", "bare pipeline", 0.75, 0.85, postern_alone, bare_registers),
    Case("/register, SQLite, relay", "bare pipeline", 0.75, 0.65, postern_publishes,
         bare_publishes),
    Case("/register, PostgreSQL, relay", "bare pipeline", 0.75, 0.45,
         lambda bench: postern_publishes(bench, DATABASE_URL=bench.new_database()),
         lambda bench: bare_publishes(bench, bench.new_database())),
    Case("emails, everything", "bare pipeline", 0.65, 0.5, postern_mails, bare_mails),
    Case("emails, a backlog", "bare worker", 0.6, 0.3, postern_drains, bare_drains),
    Case("/recover-password, known", "/register", 0.9, 0.85, postern_recovers_known,
         postern_alone),
    Case("/recover-password, unknown", "/register", 0.9, 0.85, postern_recovers_unknown,
         postern_alone),
    Case("GET /set-password", "bare server", 0.5, 0.27, postern_shows_form, bare_answers),
    Case("GET /me", "bare server", 0.5, 0.4, postern_shows_account, bare_answers),
    Case("/login", "bare Argon2id", 0.95, 0.75, postern_logs_in, bare_hashes),
    Case("sign-in of a product", "two signatures", 0.5, 0.45, postern_signs_in,
         lambda bench: bare_answers(bench, "--signatures", "2")),
]
