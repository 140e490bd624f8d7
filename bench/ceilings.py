"""What is measured by itself: times and memory that may not exceed a ceiling."""

import contextlib
import http.client
import json
import resource
import socket
import statistics
import subprocess
import time

from cases import no_broker, whole_system
from programs import HERE, WARM_UP_S, load, paced_load, resident_mib
from servers import Postern, port_answers

# On a machine of two cores: what must not be exceeded, and what is aimed at.
CEILINGS = {
    "start_up_ms": (60, 30),
    "resident_run_mib": (28, 20),
    "resident_app_mib": (28, 20),
    "resident_worker_mib": (22, 15),
    # A worker that polls the outbox, in place of being signalled, takes a second.
    "lone_register_to_sink_ms": (500, 500),
    "half_rate_p99_ms": (40, 5),
    "half_rate_under_logins_p99_ms": (150, 10),
    "readyz_under_logins_p99_ms": (50, 50),
    "register_under_logins_p99_ms": (50, 50),
    "idle_connections_mib": (100, 100),
}
LOGIN_LOAD = HERE.parent / "tests/e2e/login_load.py"
IDLE_CONNECTIONS = 10_000


def start_ups(bench, count=5):
    """postern run in a folder that has its database already: milliseconds until it answers, and
    its memory two seconds later."""
    folder, times, memory = bench.new_folder(), [], 0.0
    with bench.postern("run", folder, bench.settings()) as first:
        for number in range(100):
            first.post("/register", {"email": f"start.up{number}@bench.example"})
    for _ in range(count):
        started = time.monotonic()
        process = Postern("run", folder, bench.settings(), wait=False)
        while not port_answers(process.port):
            time.sleep(0.001)
        times.append((time.monotonic() - started) * 1e3)
        time.sleep(2)
        memory = resident_mib(process.process)
        process.stop()
    return {"start_up_ms": statistics.median(times), "resident_run_mib": memory}


def lone_emails(bench, count=50):
    """One at a time: the response to a registration, and the email that follows, from the first
    byte sent to the sink's 250; and the memory of app and worker before."""
    answers, mails = [], []
    with whole_system(bench) as (app, worker):
        time.sleep(2)
        memory = {"resident_app_mib": resident_mib(app.process),
                  "resident_worker_mib": resident_mib(worker.process)}
        before = bench.sink.arrived()[0]
        connection = http.client.HTTPConnection("127.0.0.1", app.port)
        for number in range(1, count + 1):
            started = time.monotonic()
            connection.request("POST", "/register",
                               json.dumps({"email": f"lone{number}@bench.example"}),
                               {"Content-Type": "application/json"})
            connection.getresponse().read()
            answers.append((time.monotonic() - started) * 1e3)
            mails.append((bench.sink.wait_for(before + number) - started) * 1e3)
        connection.close()
    return {**memory, "lone_register_ms": statistics.median(answers),
            "lone_register_to_sink_ms": statistics.median(mails)}


def logins(port, connections, seconds):
    return subprocess.Popen(["/usr/bin/python3", LOGIN_LOAD, "logins", str(port), str(connections),
                             str(seconds)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            text=True)


def result(client, seconds):
    output = client.communicate(timeout=seconds + 60)[0]
    if client.returncode != 0:
        raise AssertionError(f"login_load.py: exit code {client.returncode}")
    return json.loads(output)


@contextlib.contextmanager
def lone_app(bench):
    settings = bench.settings(RABBITMQ_URL=no_broker())
    with bench.postern("app", bench.new_folder(), settings) as app:
        yield app


def half_rate(bench):
    """Registrations at half of the peak rate, due at fixed times: alone, and while as many logins as
    can be wait for the threads that hash. The best of three rounds: the load shares the cores."""
    alone, among_logins = [], []
    for _ in range(3):
        with lone_app(bench) as app:
            load(app.port, WARM_UP_S)
            rate = load(app.port, bench.seconds)["rate"] / 2
        for times, with_logins in ((alone, False), (among_logins, True)):
            with lone_app(bench) as app:
                client = logins(app.port, 100, bench.seconds + 2) if with_logins else None
                times.append(paced_load(app.port, rate, bench.seconds))
                if client:
                    result(client, bench.seconds)
    best, best_among = (min(times, key=lambda one: one["p99_ms"]) for times in (alone, among_logins))
    return {**{f"half_rate_{key}": best[key] for key in ("p50_ms", "p99_ms", "p999_ms")},
            **{f"half_rate_under_logins_{key}": best_among[key]
               for key in ("p50_ms", "p99_ms", "p999_ms")}}


def under_logins(bench, seconds=8):
    """500 connections with one login after another: how long other requests take meanwhile, the best
    of three rounds, since the clients share the cores."""
    rounds = []
    for _ in range(3):
        # A new server each: the connections that a round leaves behind count for a moment.
        with bench.postern("run", bench.new_folder(), bench.settings()) as app:
            clients = logins(app.port, 500, seconds + 2)
            samples = subprocess.Popen(
                ["/usr/bin/python3", LOGIN_LOAD, "samples", str(app.port), str(app.admin_port),
                 str(seconds)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
            times = result(samples, seconds)
            result(clients, seconds)
        rounds.append([sorted(times[route])[int(len(times[route]) * 0.99)]
                       for route in ("readyz", "register")])
    readyz, register = min(rounds, key=max)
    return {"readyz_under_logins_p99_ms": readyz, "register_under_logins_p99_ms": register}


def idle_connections(bench):
    """What clients that keep a connection after a request cost: memory, and the rate of others. They
    come from many addresses, since one client may not take all of the room; where there is none,
    the server closes the connection that has been idle the longest."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    rates = []
    with lone_app(bench) as app, contextlib.ExitStack() as stack:
        load(app.port, WARM_UP_S)
        rates.append(load(app.port, bench.seconds)["rate"])
        before, connections = resident_mib(app.process), []
        for number in range(IDLE_CONNECTIONS):
            source = (f"127.0.1.{1 + number % 100}", 0)
            connection = stack.enter_context(
                socket.create_connection(("127.0.0.1", app.port), 10, source))
            connection.sendall(b"GET /.well-known/jwks.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
            connections.append(connection)
        # The server takes the room of one that has been idle for a second before another's.
        time.sleep(2)
        memory = resident_mib(app.process) - before
        rates.append(load(app.port, bench.seconds)["rate"])
        kept = sum(map(is_open, connections))
    return {"idle_connections_mib": memory, "idle_connections_kept": kept,
            "idle_connections_ratio": rates[1] / rates[0]}


def is_open(connection):
    connection.setblocking(False)
    try:
        return connection.recv(65536) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


PARTS = [start_ups, lone_emails, half_rate, under_logins, idle_connections]


def is_kept(name, value):
    return name not in CEILINGS or value <= CEILINGS[name][0]
