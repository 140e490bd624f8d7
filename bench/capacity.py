"""The figures that docs/operations.md makes its capacity model from: what a registration, its email
and a login cost each process, and what a row, a waiting job and a process take.

    bench/capacity.py [cpu] [sqlite] [postgresql] [logins] [--accounts N]

Prints one JSON object. Every CPU figure counts user and system time of a process, in microseconds,
over what was asked of it; the bare server's rate under the same load says how fast the machine is.
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import sqlite3
import time

from cases import PASSWORD, bare_answers, newest_token, no_broker
from programs import WARM_UP_S, Bench, load, resident_mib, say
from servers import scratch_folder, wait_until

TICK_US = 1e6 / os.sysconf("SC_CLK_TCK")
# As long as a real one; no login uses it.
HASH = "$argon2id$v=19$m=19456,t=2,p=1$" + "A" * 22 + "$" + "B" * 43
JOBS = 50_000


def stat(pid):
    text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return text[text.index("(") + 1:text.rindex(")")], text.rsplit(")", 1)[1].split()


def every_process():
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            yield int(path.name), *stat(path.name)


def broker_pid(server):
    """The Erlang machine, in the session that the server was started in."""
    return next(pid for pid, name, fields in every_process()
                if name == "beam.smp" and int(fields[3]) == server.process.child.pid)


def database_ticks(server):
    """The postmaster, its children, and those that have ended."""
    master = int((server.folder / "data/postmaster.pid").read_text().split()[0])
    ticks = sum(int(field) for field in stat(master)[1][11:15])
    return ticks + sum(int(fields[11]) + int(fields[12]) for _, _, fields in every_process()
                       if int(fields[1]) == master)


class Ticks:
    """CPU of named processes from here on."""

    def __init__(self, bench, **members):
        self._bench = bench
        self._pids = {name: member.process.child.pid for name, member in members.items()}
        self._pids["broker"] = broker_pid(bench.rabbitmq)
        self._before = self._read()

    def _read(self):
        ticks = {name: sum(map(int, stat(pid)[1][11:13])) for name, pid in self._pids.items()}
        return ticks | {"database": database_ticks(self._bench.postgres)}

    def each(self, count):
        now = self._read()
        return {name: round((now[name] - before) * TICK_US / count, 1)
                for name, before in self._before.items()}


def folder_bytes(folder):
    return sum(path.stat().st_blocks * 512 for path in pathlib.Path(folder).rglob("*")
               if path.is_file())


def memory(member):
    return round(resident_mib(member.process), 1)


def cpu(bench, _):
    """Registrations alone: without a broker, with the relay, on both databases."""
    figures = {}
    for relay in (False, True):
        for kind in (Sqlite, Postgresql):
            folder = bench.new_folder()
            settings = bench.settings(RABBITMQ_URL=broker_url(bench, relay),
                                      **kind(bench, folder).settings)
            name = kind.__name__ + (", relay" if relay else "")
            with bench.postern("app", folder, settings) as app, contextlib.ExitStack() as stack:
                if relay:
                    stack.enter_context(bench.broker(app))
                figures[name] = registrations(bench, app, relay)
    return figures


def broker_url(bench, is_there):
    return bench.rabbitmq.url() if is_there else no_broker()


def outbox_is_empty(app):
    time.sleep(0.2)
    return app.ready()["outbox"] == 0


def registrations(bench, app, relay):
    """With the relay, until the last one is published."""
    load(app.port, WARM_UP_S)
    wait_until(lambda: not relay or outbox_is_empty(app), "the relay")
    ticks = Ticks(bench, app=app)
    done = load(app.port, bench.seconds)
    wait_until(lambda: not relay or outbox_is_empty(app), "the relay")
    return {"per_s": round(done["rate"]), **ticks.each(done["requests"]), "mib": memory(app)}


class Sqlite:
    def __init__(self, bench, folder):
        self.settings = {}
        self.path = folder / "data/postern.db"

    def sql(self, statement):
        with contextlib.closing(sqlite3.connect(self.path, 60, isolation_level=None)) as database:
            return database.execute(statement).fetchall()

    def number(self, statement):
        return self.sql(statement)[0][0]

    def copies(self, rows):
        return f"with recursive n(i) as (select 1 union all select i + 1 from n where i < {rows})"

    random_text = "lower(hex(randomblob(16)))"

    def sizes(self):
        found = self.sql("select m.tbl_name, sum(s.pgsize) from dbstat s join sqlite_schema m"
                         " on m.name = s.name group by 1")
        return {name: size for name, size in found if size > 8192}

    def whole(self):
        self.sql("pragma wal_checkpoint(truncate)")
        return self.path.stat().st_size

    def tidy(self):
        self.sql("vacuum")


class Postgresql:
    def __init__(self, bench, folder):
        self._server, self._name = bench.postgres, folder.name
        self.settings = {"DATABASE_URL": bench.postgres.create_database(folder.name)}

    def sql(self, statement):
        return [row.split("|") for row in self._server.sql(statement, self._name)]

    def number(self, statement):
        return int(self.sql(statement)[0][0])

    def copies(self, rows):
        return f"with n(i) as (select generate_series(1, {rows}))"

    random_text = "md5(random()::text)"

    def sizes(self):
        found = self.sql("select relname, pg_total_relation_size(oid) from pg_class"
                         " where relkind = 'r' and relnamespace = 'public'::regnamespace")
        return {name: int(size) for name, size in found if int(size) > 65536}

    def whole(self):
        self.sql("checkpoint")
        return self.number("select pg_database_size(current_database())")

    def tidy(self):
        self.sql("vacuum full")


def storage(bench, kind, accounts):
    """Registers so many addresses with their emails sent; then what all that takes."""
    folder = bench.new_folder()
    database = kind(bench, folder)
    settings = bench.settings(RABBITMQ_URL=bench.rabbitmq.url(), **database.settings)
    with bench.postern("app", folder, settings) as app:
        settings = bench.settings(RABBITMQ_URL=bench.rabbitmq.url(), **bench.sink.settings(),
                                  BASE_URL=f"http://localhost:{app.port}")
        with bench.postern("worker", folder, settings) as worker:
            time.sleep(1)
            idle = {"app": memory(app), "worker": memory(worker)}
            figures = {"idle_mib": idle, **mails(bench, database, (app, worker), accounts)}
    figures["bytes_as_left"] = {"whole": database.whole(), **database.sizes()}
    database.tidy()
    figures["bytes_tidied"] = {"whole": database.whole(), **database.sizes()}
    database.sql(f"update account set state = 'confirmed', password_hash = '{HASH}'")
    database.tidy()
    figures["bytes_confirmed"] = {"whole": database.whole(), **database.sizes()}
    return figures


def mails(bench, database, members, accounts):
    app, worker = members
    before, began, asked = bench.sink.arrived()[0], time.monotonic(), 0
    ticks = Ticks(bench, app=app, worker=worker, sink=bench.sink)
    while asked < accounts:
        asked += load(app.port, 2)["requests"]
    bench.sink.wait_for(before + asked)
    wait_until(lambda: outbox_is_empty(app), "an empty outbox", 60)

    def all_noted():
        time.sleep(0.3)
        return database.number("select count(*) from mail_state where state <> 'sent'") == 0
    wait_until(all_noted, "the states of the emails", 60)
    count = database.number("select count(*) from account")
    taken = bench.sink.arrived()[1] - began
    return {"emails": count, "emails_per_s": round(count / taken), "cpu_us": ticks.each(count),
            "mib": {"app": memory(app), "worker": memory(worker)}}


def waiting(bench, kind):
    """Without a broker rows lie in the outbox; without a worker jobs lie in the broker."""
    folder = bench.new_folder()
    database = kind(bench, folder)
    settings = bench.settings(RABBITMQ_URL=broker_url(bench, False), **database.settings)
    asked, broker_folder = 0, bench.rabbitmq.folder / "mnesia"
    with bench.postern("app", folder, settings) as app:
        while asked < JOBS:
            asked += load(app.port, 1)["requests"]
    figures = {"rows": database.number("select count(*) from outbox"),
               "outbox_bytes": database.sizes()["outbox"]}
    settings["RABBITMQ_URL"] = broker_url(bench, True)
    pid = broker_pid(bench.rabbitmq)
    disk, resident = folder_bytes(broker_folder), resident_bytes(pid)
    with bench.postern("app", folder, settings) as app, bench.broker(app) as queue:
        wait_until(lambda: outbox_is_empty(app), "the relay", 90)
        return figures | {"jobs": queue.waiting(),
                          "broker_disk_bytes": folder_bytes(broker_folder) - disk,
                          "broker_resident_bytes": resident_bytes(pid) - resident}


def resident_bytes(pid):
    pages = pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def sqlite(bench, accounts):
    return {**storage(bench, Sqlite, accounts), "waiting": waiting(bench, Sqlite)}


def postgresql(bench, accounts):
    return {**storage(bench, Postgresql, accounts), "waiting": waiting(bench, Postgresql)}


def logins(bench, _):
    """As many clients as hashing threads, and a few; then what a session's row takes."""
    folder = bench.new_folder()
    database = Sqlite(bench, folder)
    person = {"email": "login@bench.example", "password": PASSWORD}
    with bench.postern("run", folder, bench.settings()) as system:
        system.post("/register", {"email": person["email"]})
        token = newest_token(system)
        assert system.post("/set-password", {"token": token, "password": PASSWORD})[0] == 200
        assert system.post("/login", person)[0] == 200
        clients = 2 * os.cpu_count()
        ticks, began = Ticks(bench, app=system), time.monotonic()

        def client(_):
            done = 0
            while time.monotonic() < began + bench.seconds:
                done += system.post("/login", person)[0] == 200
            return done
        with concurrent.futures.ThreadPoolExecutor(clients) as pool:
            done = sum(pool.map(client, range(clients)))
        figures = {"clients": clients, "per_s": round(done / (time.monotonic() - began), 1),
                   **ticks.each(done), "mib": memory(system)}
    figures["audit_rows_per_login"] = round(
        (database.number("select count(*) from audit") - 3) / done, 2)
    names = [row[1] for row in database.sql("pragma table_info(session)")]
    values = [{"id": database.random_text, "account_id": database.random_text}.get(n, n)
              for n in names]
    database.sql("delete from session where id <> (select max(id) from session)")
    before = database.sizes().get("session", 0)
    database.sql(f"{database.copies(JOBS)} insert into session ({', '.join(names)})"
                 f" select {', '.join(values)} from session, n")
    database.tidy()
    figures["session_bytes_sqlite"] = round((database.sizes()["session"] - before) / JOBS)
    return figures


def main():
    parts = {part.__name__: part for part in (cpu, sqlite, postgresql, logins)}
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", choices=[*parts, []], default=[])
    parser.add_argument("--accounts", type=int, default=100_000)
    options = parser.parse_args()
    figures, bare = {}, []
    with contextlib.ExitStack() as stack:
        bench = Bench(stack.enter_context(scratch_folder()), 4, stack)
        bare.append(bare_answers(bench))
        for name in options.parts or parts:
            say(name)
            figures[name] = parts[name](bench, options.accounts)
            bare.append(bare_answers(bench))
        figures["bare"] = [(round(f["rate"]), round(f["cpu_us"], 1)) for f in bare]
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
