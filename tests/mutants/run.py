"""Plants each fault of mutants.toml in a copy of the tree, and sees that the test named beside it fails.

A test that passes with the fault in place would not notice it in the product either. First all named
tests run without a fault: they must pass. The copy and its build stay in build/mutants, so that a
second run compiles little.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TREE = ROOT / "build/mutants/tree"
BUILD = ROOT / "build/mutants/build"
LIST = HERE / "mutants.toml"
TEST_LIMIT_S = 120
JOBS = str(os.cpu_count() or 1)


def mutants():
    return tomllib.loads(LIST.read_text())["mutant"]


def fault_of(mutant):
    """Why the list and the source do not fit together; empty: they do."""
    path = ROOT / mutant["file"]
    if not path.is_file():
        return "there is no such file"
    count = path.read_text().count(mutant["before"])
    return "" if count == 1 else f"the text is there {count} times"


def copy_tree():
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.splitlines()
    for name in names:
        source, target = ROOT / name, TREE / name
        if not source.is_file():
            continue
        if target.is_file() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def build(*targets):
    return subprocess.run(["cmake", "--build", BUILD, "-j", JOBS, "--target", *targets],
                          capture_output=True, text=True)


def passes(program, tests):
    """Whether the tests pass; they must run something to do so."""
    try:
        done = subprocess.run([BUILD / program, "--gtest_brief=1", "--gtest_fail_fast",
                               f"--gtest_filter={tests}"], cwd=TREE, timeout=TEST_LIMIT_S,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace")
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and " 0 tests ran" not in done.stdout


def plant(mutant):
    """What became of it: killed, SURVIVED or NOT COMPILED."""
    path = TREE / mutant["file"]
    whole = path.read_text()
    path.write_text(whole.replace(mutant["before"], mutant["after"]))
    try:
        if build(mutant["program"]).returncode != 0:
            return "NOT COMPILED"
        return "SURVIVED" if passes(mutant["program"], mutant["tests"]) else "killed"
    finally:
        path.write_text(whole)


def prepare(chosen):
    copy_tree()
    subprocess.run(["cmake", "-S", TREE, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                    "-DCMAKE_CXX_FLAGS_RELEASE=-O1", "-DPOSTERN_TESTS=ON"], check=True,
                   stdout=subprocess.DEVNULL)
    programs = sorted({mutant["program"] for mutant in chosen})
    if (built := build(*programs)).returncode != 0:
        sys.exit(built.stdout[-4000:] + built.stderr[-4000:])
    runs = sorted({(mutant["program"], mutant["tests"]) for mutant in chosen})
    failing = [f"{program} {tests}" for program, tests in runs if not passes(program, tests)]
    if failing:
        sys.exit("These tests fail, or run nothing, without a fault:\n  " + "\n  ".join(failing))


def main(arguments):
    faults = [f"{mutant['fault']}: {mutant['file']}: {fault}"
              for mutant in mutants() if (fault := fault_of(mutant))]
    if faults:
        sys.exit("mutants.toml does not fit the source:\n  " + "\n  ".join(faults))
    if arguments == ["--check"]:
        return
    chosen = [mutant for mutant in mutants()
              if not arguments or any(word in str(mutant) for word in arguments)]
    if not chosen:
        sys.exit("no mutant of that name")
    prepare(chosen)
    alarming = []
    for mutant in chosen:
        started = time.monotonic()
        end = plant(mutant)
        print(f"{end:12} {mutant['fault']} ({mutant['program']} {mutant['tests']}, "
              f"{time.monotonic() - started:.0f} s)", flush=True)
        if end != "killed":
            alarming.append(mutant["fault"])
    print(f"{len(chosen) - len(alarming)} of {len(chosen)} mutants killed")
    if alarming:
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
