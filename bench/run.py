"""Measures Postern beside programs of the same parts that do nothing else, on the same cores, in the
same run.

    script/bench [--quick] [--only TEXT] [--rounds N] [--seconds N] [--json] [--plot FILE]

In each round every case (cases.py) is measured twice in turns, Postern and its yardstick, either one
first every other round, under the same load: wrk with one thread and 256 connections, addresses that
no other request has, in random order. What counts is the ratio of the two in one round; the table has
the median of the rounds, the least and the greatest. Then come times and memory that may not exceed a
ceiling (ceilings.py), but for --quick, which is one short round. --only: the cases and figures whose
name contains TEXT. Exit 1: a ratio is below its floor, a ceiling is exceeded, or a request was not
answered 2xx.
"""

import argparse
import contextlib
import json
import os
import pathlib
import statistics
import sys

from cases import CASES
from ceilings import CEILINGS, PARTS, is_kept
from plot import plot
from programs import CORES, Bench, say
from servers import scratch_folder

QUICK_BACKLOG = 10_000
# The kernel's scheduling by session moved the ratio of GET /me by a third.
AUTOGROUP = pathlib.Path("/proc/sys/kernel/sched_autogroup_enabled")


def measure(bench, case, bare_first):
    figures = {}
    for program in ("bare", "postern") if bare_first else ("postern", "bare"):
        figures[program] = getattr(case, program)(bench)
    figures["ratio"] = figures["postern"]["rate"] / figures["bare"]["rate"]
    say(f"{case.name}: {figures['postern']['rate']:.0f}/s of {figures['bare']['rate']:.0f}/s, "
        f"{figures['ratio']:.3f}")
    return figures


def summary(case, rounds):
    ratios = sorted(figures["ratio"] for figures in rounds)
    programs = {}
    for program in ("postern", "bare"):
        runs = [figures[program] for figures in rounds]
        programs[program] = {key: statistics.median(run[key] for run in runs)
                             for key, value in runs[0].items() if isinstance(value, (int, float))}
    failed = sum(run[key] for figures in rounds for run in (figures["postern"], figures["bare"])
                 for key in ("refused", "broken"))
    ratio = statistics.median(ratios)
    return {"name": case.name, "yardstick": case.yardstick, "target": case.target,
            "floor": case.floor, "ratio": ratio, "least": ratios[0], "greatest": ratios[-1],
            "failed": failed, "note": rounds[-1]["postern"].get("note", ""), **programs,
            "ok": ratio >= case.floor and failed == 0}


def print_table(result):
    print(f"{result['rounds']} rounds of {result['seconds']} s, load average "
          f"{result['load_average']:.1f} before, on {result['cores']} cores, scheduling by session "
          f"{'on' if result['autogroup'] else 'off'}")
    print(f"{'':30}{'of':16}{'ratio':>6}{'least':>6}{'most':>6}{'floor':>6}{'target':>7}{'per s':>8}"
          f"{'bare':>8}{'µs CPU':>8}{'bare':>8}")
    for row in result["rows"]:
        ours, bare = row["postern"], row["bare"]
        verdict = "" if row["ok"] else "  BELOW" if row["failed"] == 0 else "  NOT 2xx"
        print(f"{row['name']:30}{row['yardstick']:16}{row['ratio']:6.2f}{row['least']:6.2f}"
              f"{row['greatest']:6.2f}{row['floor']:6.2f}{row['target']:7.2f}{ours['rate']:8.0f}"
              f"{bare['rate']:8.0f}{ours['cpu_us']:8.1f}{bare['cpu_us']:8.1f}{verdict}  {row['note']}")
    for name, value in result["figures"].items():
        bounds = ""
        if name in CEILINGS:
            ceiling, target = CEILINGS[name]
            bounds = f"  at most {ceiling}, target {target}"
        print(f"{name:36}{value:10.2f}{bounds}{'' if is_kept(name, value) else '  ABOVE'}")


def main():
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short round, ratios alone")
    parser.add_argument("--only", default="", metavar="TEXT")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.add_argument("--plot", type=pathlib.Path, metavar="FILE", help="the ratios as SVG")
    options = parser.parse_args()
    count = options.rounds or (1 if options.quick else 3)
    seconds = options.seconds or (2 if options.quick else 8)
    cases = [case for case in CASES if options.only in case.name]
    load_average, figures = os.getloadavg()[0], {}
    with contextlib.ExitStack() as stack:
        bench = Bench(stack.enter_context(scratch_folder()), seconds, stack,
                      **({"backlog": QUICK_BACKLOG} if options.quick else {}))
        rounds = {case: [] for case in cases}
        for number in range(count):
            for case in cases:
                rounds[case].append(measure(bench, case, number % 2 == 0))
        for part in [] if options.quick else PARTS:
            if options.only in part.__name__:
                figures.update(part(bench))
    rows = [summary(case, rounds[case]) for case in cases]
    result = {"rounds": count, "seconds": seconds, "load_average": load_average, "cores": CORES,
              "autogroup": AUTOGROUP.exists() and AUTOGROUP.read_text().strip() == "1",
              "rows": rows, "figures": figures}
    print(json.dumps(result, indent=1)) if options.json else print_table(result)
    if options.plot:
        options.plot.write_text(plot(rows))
    kept = all(is_kept(name, value) for name, value in figures.items())
    return 0 if kept and all(row["ok"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
