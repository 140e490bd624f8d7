"""Pulls plugs under load and counts emails: lost, repeated, recovered, unexpected.

    script/chaos [--minutes N] [--seed S] [--rate N] [--json FILE]

Two apps, two workers, three RabbitMQ nodes, PostgreSQL and two mail servers, all real and private,
while faults.py's plan kills, stops, freezes, cuts and stalls them. Then everything is healed, the
pipeline drains, and ledger.py counts. Exit 1: a promise was broken; the logs are kept and named.

The seed fixes which fault comes when, where and for how long; not what it meets, which is timing.
"""

import argparse
import collections
import dataclasses
import http.client
import json
import pathlib
import shutil
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

from faults import APPS, KINDS, SMTP_CONNECTIONS, plan  # noqa: E402
from ledger import count  # noqa: E402
from load import Load  # noqa: E402
from servers import wait_until  # noqa: E402
from system import System  # noqa: E402

DRAIN_S = 300
LONG_RETRY_S = 30
PROBES = 40
LINKS = 50
LOG_LINES = 15


def say(text):
    print(text, file=sys.stderr, flush=True)


class Faulting:
    """Carries the plan out: each fault in a thread of its own, for some overlap."""

    def __init__(self, system, faults):
        self._system, self._faults = system, faults
        self._heal = threading.Event()
        self._broker = threading.Lock()
        self._threads = []
        self.happened, self.failures = [], []

    def run(self):
        started = time.monotonic()
        for fault in self._faults:
            time.sleep(max(0, started + fault.at_s - time.monotonic()))
            say(f"  {time.monotonic() - started:6.1f} s  {fault.kind}, {fault.target}, "
                f"{fault.seconds} s")
            thread = threading.Thread(target=self._do, args=(fault,))
            thread.start()
            self._threads.append(thread)

    def heal(self):
        self._heal.set()
        for thread in self._threads:
            thread.join()

    def _do(self, fault):
        # A node that takes long to come back must not meet the next one's end.
        slow = self._broker if KINDS[fault.kind].occupies == "broker" else threading.Lock()
        try:
            with slow:
                fault.began = fault.ended = time.monotonic()
                self.happened.append(fault)
                self._system.begin(fault)
                self._heal.wait(fault.seconds)
                self._system.end(fault)
                fault.ended = time.monotonic()
        except Exception as failure:  # noqa: BLE001: the run fails with it at the end
            self.failures.append(f"{fault.kind}, {fault.target}: {failure!r}")


def drain(system, deadline_s=DRAIN_S):
    """Waits until nothing is under way. Seconds, jobs that were hastened."""
    began = time.monotonic()
    hastened, waiting, empty = 0, None, 0
    while empty < 2:
        waiting = system.waiting()
        # Twice: the broker's counts lag behind.
        empty = 0 if waiting else empty + 1
        late = time.monotonic() - began
        if late > deadline_s:
            return late, hastened, waiting
        if late > LONG_RETRY_S and any(name.endswith((".10m", ".1h")) for name in waiting):
            hastened += system.hasten()
        time.sleep(1)
    return time.monotonic() - began, hastened, {}


def probe(system):
    """All is well again: a few registrations, and each has one email, within seconds."""
    load = Load("probe", system.ports(), 20).start()
    wait_until(lambda: len(load.requests) >= PROBES, "the probes", 30)
    load.stop()
    wrong = [f"{address}: {request.answer}" for address, request in load.requests.items()
             if request.answer != 202]

    def arrived():
        there = {entry["to"] for entry in system.journal() if entry["what"] == "stored"}
        return all(address in there for address in load.requests
                   if not address.startswith("unknown"))
    try:
        wait_until(arrived, "the probes' emails", 20)
    except AssertionError as failure:
        wrong.append(str(failure))
    copies = collections.Counter(entry["to"] for entry in system.journal()
                                 if entry["what"] == "stored" and entry["to"] in load.requests)
    wrong += [f"{address}: {times} emails although nothing was amiss"
              for address, times in copies.items() if times > 1]
    return load.requests, wrong


def broken_links(system, journal):
    links = [entry["link"] for entry in journal if entry.get("link")][-LINKS:]
    broken = []
    for link in links:
        parts = urllib.parse.urlsplit(link)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        connection.request("GET", f"{parts.path}?{parts.query}", headers={"Accept": "text/html"})
        status = connection.getresponse().status
        connection.close()
        if status != 200:
            broken.append(f"an email's link answers {status}")
    return len(links), broken


def account_violations(system, requests):
    there = set(system.sql("select email_key from account"))
    missing = [address for address, request in requests.items()
               if request.answer == 202 and address not in there]
    strange = there - {address for address, request in requests.items()
                       if request.answer != "unsent"}
    found = []
    if missing:
        found.append(f"{len(missing)} were answered 202 and have no account: {missing[:5]}")
    if strange:
        found.append(f"{len(strange)} accounts without a request: {sorted(strange)[:5]}")
    return len(there), found


def run(folder, options):
    """The figures of one run; `violations` is empty when every promise was kept."""
    say(f"chaos: seed {options.seed}, {options.minutes} minutes, starting the servers")
    began = time.monotonic()
    system = System(folder, options.seed)
    try:
        started_s = time.monotonic() - began
        faulting = Faulting(system, plan(options.seed, options.minutes * 60))
        load = Load(f"s{options.seed}", system.ports(), options.rate).start()
        try:
            faulting.run()
        finally:
            load.stop()
            faulting.heal()
        drained_s, hastened, waiting = drain(system)
        probes, probe_failures = probe(system)
        drain(system, 60)
        figures = evaluate(system, load.requests | probes, faulting)
        violations = figures.pop("violations") + probe_failures + faulting.failures
        if waiting:
            violations.append(f"not drained within {DRAIN_S} s: {waiting}")
        return figures | {
            "seed": options.seed, "minutes": options.minutes, "started_s": round(started_s, 1),
            "drained_s": round(drained_s, 1), "hastened": hastened, "violations": violations}
    finally:
        system.close()


def evaluate(system, requests, faulting):
    journal = system.journal()
    counts = count(requests, journal, system.dead_letters(), faulting.happened)
    accounts, account_faults = account_violations(system, requests)
    links, broken = broken_links(system, journal)
    answers = collections.Counter(str(request.answer) for request in requests.values())
    mail_faults = collections.Counter(entry["kind"] for entry in journal
                                      if entry["what"] == "fault")
    figures = dataclasses.asdict(counts)
    return figures | {
        "lost": len(counts.lost), "unexpected": len(counts.unexpected),
        "dead_without_cause": len(counts.dead_without_cause),
        "answers": dict(answers), "accounts": accounts, "links": links,
        "two_relays": system.two_relays, "smtp_connections": SMTP_CONNECTIONS,
        "starts_refused_without_database": system.refused_starts(),
        "faults": dict(collections.Counter(fault.kind for fault in faulting.happened)),
        "mail_faults": dict(mail_faults),
        "violations": counts.violations() + account_faults + broken + system.crashes()}


def table(figures):
    lines = ["", "fault                                   times", "-" * 45]
    lines += [f"{kind:38} {figures['faults'].get(kind, 0):6}" for kind in KINDS
              if kind in figures["faults"]]
    lines += [f"{'  mails met by mail: ' + kind:38} {times:6}"
              for kind, times in sorted(figures["mail_faults"].items())]
    lines += ["-" * 45, f"{'faults in all':38} {sum(figures['faults'].values()):6}", ""]
    answers = ", ".join(f"{answer} {times}" for answer, times in sorted(
        figures["answers"].items()))
    nearest = ", ".join(f"{kind} {times}" for kind, times in sorted(
        figures["repeated_after"].items(), key=lambda item: -item[1]))
    lines += [f"registrations: {answers}; accounts {figures['accounts']}",
              f"emails delivered {figures['delivered']}, rejected permanently and in the dead letters "
              f"{figures['refused_for_good']}",
              f"drained within {figures['drained_s']} s after the last fault, hastened "
              f"{figures['hastened']}; links tried {figures['links']}", "",
              f"lost        {figures['lost']:6}   must be 0",
              f"repeated    {figures['repeated']:6}   at most {figures['repeated_bound']}, which "
              "were in flight at the faults",
              f"            nearest fault: {nearest}",
              f"recovered   {figures['recovered']:6}   met a fault on their way and arrived",
              f"unexpected  {figures['unexpected']:6}   must be 0", ""]
    return "\n".join(lines)


def tails(folder):
    for path in sorted(folder.rglob("*.log")):
        if "mnesia" not in path.parts and path.stat().st_size:
            lines = path.read_text(errors="replace").splitlines()[-LOG_LINES:]
            say(f"--- {path}\n" + "\n".join(lines))


def main(arguments):
    parser = argparse.ArgumentParser(prog="script/chaos")
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100000)
    parser.add_argument("--rate", type=float, default=30, help="registrations per second")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file")
    options = parser.parse_args(arguments)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="postern-chaos-"))
    try:
        figures = run(folder, options)
    except BaseException:
        say(f"chaos: broke off, seed {options.seed}; logs are in {folder}")
        tails(folder)
        raise
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    print(table(figures))
    if figures["violations"]:
        tails(folder)
        print("\n".join(["BROKEN:", *figures["violations"]]))
        print(f"seed {options.seed}; logs, journals and data are kept in {folder}")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    print(f"every promise was kept (seed {options.seed}, {len(APPS)} apps)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
