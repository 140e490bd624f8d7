"""Measures registrations beside the bare pipeline: a program of the same parts that does nothing
else (bench/bare_pipeline.cpp).

    script/bench pipeline [--rounds N] [--seconds N] [--json]

Each round measures the two in turns, either one first every other time, under the same load: wrk
with one thread and 256 connections, random addresses. What counts is the ratio in one round; the
table has the median of the rounds, the least and the greatest. With the relay a registration counts
once it is in the broker's queue. Exit 1: a ratio is below its floor, or a request was not answered
2xx."""

import argparse
import contextlib
import json
import os
import statistics
import sys

from run import (BUILD, WARM_UP_S, Bench, Broker, Process, free_port, load, port_answers, say,
                 scratch_folder, wait_until)

QUEUES = ("bare",)
# What was reached, less the spread.
FLOORS = {"SQLite, relay idle": 0.85, "SQLite, relay": 0.75, "PostgreSQL, relay": 0.45}


class PipelineBench(Bench):
    def measure(self, name, bare):
        relays = name.endswith(" relay")
        database = None
        if name.startswith("PostgreSQL"):
            database = self.postgres.create_database(f"pipeline{self._systems}")
        if bare:
            return self.bare_pipeline(database, relays)
        if not relays:
            return self.register_alone("shuffled")
        return self.register_with_relay("shuffled",
                                        **({"DATABASE_URL": database} if database else {}))

    def bare_pipeline(self, database, relays):
        folder, port = self.new_folder(), free_port()
        relay = ["--amqp", str(self.rabbitmq.port)] if relays else []
        process = Process([BUILD / "bench/bare_pipeline", "--port", str(port), "--database",
                           database or folder / "bare.db", *relay], None, folder, "bare_pipeline")
        try:
            wait_until(lambda: port_answers(port), "bare_pipeline")
            if not relays:
                load(port, WARM_UP_S, "shuffled")
                return self.load_server(process, port, "shuffled")
            broker = Broker(self.rabbitmq, QUEUES)
            figures = self.published(broker, process, port, "shuffled")
        finally:
            process.stop()
        broker.purge()
        broker.close()
        return figures

    def round(self, number):
        """name → figures of both, and their ratio"""
        row = {}
        for name in FLOORS:
            figures = {bare: self.measure(name, bare)
                       for bare in ([True, False] if number % 2 else [False, True])}
            ratio = figures[False]["rate"] / figures[True]["rate"]
            row[name] = {"postern": figures[False], "bare": figures[True], "ratio": ratio}
            say(f"{name}: {figures[False]['rate']:.0f}/s of {figures[True]['rate']:.0f}/s, "
                f"{ratio:.3f}")
        return row


def summary(name, rounds):
    rows = [row[name] for row in rounds]
    ratios = sorted(row["ratio"] for row in rows)

    def median(program, key):
        return statistics.median(row[program][key] for row in rows)
    failed = sum(row[program][key] for row in rows for program in ("postern", "bare")
                 for key in ("refused", "broken"))
    return {"name": name, "ratio": statistics.median(ratios), "least": ratios[0],
            "greatest": ratios[-1], "floor": FLOORS[name], "failed": failed,
            **{f"{program}_{key}": median(program, key) for program in ("postern", "bare")
               for key in ("rate", "cpu_us", "p99_ms")},
            "ok": statistics.median(ratios) >= FLOORS[name] and failed == 0}


def print_table(result):
    print(f"{result['rounds']} rounds of {result['seconds']} s, load average "
          f"{result['load_average']:.1f} before, on {result['cores']} cores")
    print(f"{'':20}{'ratio':>7}{'least':>7}{'most':>7}{'floor':>7}{'per s':>8}{'bare':>8}"
          f"{'µs CPU':>8}{'bare':>6}{'not 2xx':>9}")
    for row in result["rows"]:
        print(f"{row['name']:20}{row['ratio']:7.3f}{row['least']:7.3f}{row['greatest']:7.3f}"
              f"{row['floor']:7.2f}{row['postern_rate']:8.0f}{row['bare_rate']:8.0f}"
              f"{row['postern_cpu_us']:8.1f}{row['bare_cpu_us']:6.1f}{row['failed']:9}")


def main():
    parser = argparse.ArgumentParser(prog="script/bench pipeline")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    load_average = os.getloadavg()[0]
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        bench = PipelineBench(folder, options.seconds, stack)
        rounds = [bench.round(number) for number in range(options.rounds)]
    rows = [summary(name, rounds) for name in FLOORS]
    result = {"rounds": options.rounds, "seconds": options.seconds, "load_average": load_average,
              "cores": len(os.sched_getaffinity(0)), "rows": rows}
    print(json.dumps(result, indent=1)) if options.json else print_table(result)
    return 0 if all(row["ok"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
