"""How the rates change as a system grows. Each table has ratios to its first row, which is measured
again before and after every other, since machines drift.

    script/bench growth [accounts] [connections] [rows] [--seconds N] [--most N]

accounts      /register and /login with 10³, 10⁵ … accounts in the database, at most --most
connections   /register from 1, 64, 256, 1,024 and 4,096 connections
rows          the same two with 10⁶ rows in the outbox, and with 10⁶ sessions
"""

import argparse
import contextlib
import shutil
import sqlite3
import statistics
import sys

from cases import LOGINS, PASSWORD, import_logins, no_broker
from programs import CONNECTIONS, WARM_UP_S, Bench, load, say
from servers import scratch_folder, wait_until

ROWS = 1_000_000


def multiply(folder, table, count, **changed):
    """Copies the first row of the system's database so many times. `changed`: column → SQL, in which n.i
    counts."""
    say(f"making {count:,} rows of {table}")
    path = folder / "data/postern.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        values = [changed.get(name, f"s.{name}") for name in names]
        database.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} "
            f"FROM (SELECT * FROM {table} ORDER BY id LIMIT 1) s, n")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


def rate_of(figures):
    """What is refused at once is no rate."""
    assert figures["refused"] == figures["broken"] == 0, figures
    return figures["rate"]


def rates(bench, folder, connections=CONNECTIONS, with_logins=True):
    """A copy of the system in `folder`, so that no measurement grows what the next one starts from."""
    copy = bench.new_folder()
    shutil.copytree(folder, copy, dirs_exist_ok=True)
    # One client may not have that many connections, a proxy may.
    settings = bench.settings(RABBITMQ_URL=no_broker(), TRUSTED_PROXIES="127.0.0.1",
                              OUTBOX_LIMIT=str(10 * ROWS))
    with bench.postern("app", copy, settings) as app:
        load(app.port, WARM_UP_S, connections=connections)
        figures = {"/register": rate_of(load(app.port, bench.seconds, connections=connections))}
        if with_logins:
            figures["/login"] = rate_of(load(app.port, bench.seconds, **LOGINS))
    shutil.rmtree(copy)
    return figures


def new_system(bench):
    """People who can log in, one of whom has, and an email as the first row of the outbox."""
    folder = bench.new_folder()
    with bench.postern("app", folder, bench.settings(RABBITMQ_URL=no_broker())) as app:
        import_logins(app)
        assert app.post("/register", {"email": "first@bench.example"})[0] == 202
        wait_until(lambda: app.ready()["outbox"] == 1, "an email in the outbox")
        assert app.post("/login", {"email": "person0@bench.example", "password": PASSWORD})[0] == 200
    return folder


def compare(title, base, others):
    """`base`, and each of `others` by its name: () → rates by route."""
    print(f"\n| {title} | route | per second | of the first |\n|---|---|---|---|")
    before = base()
    for name, measure in others:
        now = measure()
        after = base()
        for route, rate in now.items():
            first = statistics.mean([before[route], after[route]])
            print(f"| {name} | {route} | {rate:.0f} | {rate / first:.2f} |", flush=True)
        before = after


def accounts(bench, most):
    def system(count):
        fresh = "lower(hex(randomblob(8))) || '@many.example'"
        return multiply(new_system(bench), "account", count, id="printf('%032x', n.i)",
                        email=fresh, email_key=fresh)

    small = system(1000)
    counts = [count for count in (100_000, 1_000_000, 10_000_000) if count <= most]
    folders = {f"{count:,}": system(count) for count in counts}
    compare("accounts", lambda: rates(bench, small),
            [(name, lambda folder=folder: rates(bench, folder))
             for name, folder in folders.items()])


def connections(bench, _):
    folder = new_system(bench)

    def measure(count):
        return lambda: rates(bench, folder, count, with_logins=False)
    compare("connections", measure(CONNECTIONS),
            [(f"{count:,}", measure(count)) for count in (1, 64, 1024, 4096)])


def rows(bench, _):
    small = new_system(bench)
    outbox = multiply(new_system(bench), "outbox", ROWS, id="printf('%032x', n.i)")
    sessions = multiply(new_system(bench), "session", ROWS, id="printf('%032x', n.i)",
                        account_id="lower(hex(randomblob(16)))")
    compare("rows", lambda: rates(bench, small),
            [(f"{ROWS:,} in the outbox", lambda: rates(bench, outbox)),
             (f"{ROWS:,} sessions", lambda: rates(bench, sessions))])


PARTS = {"accounts": accounts, "connections": connections, "rows": rows}


def main():
    parser = argparse.ArgumentParser(prog="script/bench growth", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--most", type=int, default=10_000_000, help="accounts")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        bench = Bench(stack.enter_context(scratch_folder()), options.seconds, stack)
        for name in options.parts or PARTS:
            PARTS[name](bench, options.most)
    return 0


if __name__ == "__main__":
    sys.exit(main())
