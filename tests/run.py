"""Runs every test: the programs of the folders, with a private RabbitMQ and PostgreSQL, and the
end-to-end tests, two at a time since they wait for servers more than they work; then by itself what
measures times or fills the machine, each fuzz target for some seconds, and the programs of the
folders again under sanitizers. Prints what failed with its output; exit 1 on any failure, missing
server or report of a sanitizer."""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "e2e"))

from servers import ROOT, Postgres, RabbitMq, scratch_folder  # noqa: E402

BUILD = pathlib.Path(os.environ.get("POSTERN_BUILD", ROOT / "build/release"))
# script/test --asan or --tsan.
REPORTS = os.environ.get("POSTERN_SANITIZER_REPORTS")
LIMIT_S = 3600 if REPORTS else 900
# Together two minutes. The target that plays whole sessions is slower than the others by far.
FUZZ_S = 9
SESSION_FUZZ_S = 25
ASAN = ROOT / "build/asan"
NOTICE = re.compile(r"NOTICE: |DETAIL: +drop cascades|drop cascades to ")
# The longest first, so that none of them runs on by itself at the end.
LONG = {"accounts_command_test.py", "browser_test.py", "dead_letters_test.py", "package_test.py",
        "scale_out_test.py", "sigkill_test.py", "smtp_faults_test.py"}
ALONE = {"backlog_test.py", "chaos_test.py", "enumeration_test.py", "login_test.py",
         "operation_test.py"}
# Of what is built from the sources but is not the program, compares it with its release build, or
# reads the memory of the process, which a sanitizer changes.
RELEASE_ONLY = {"canary_test.py", "deployment_test.py", "disk_test.py", "docs_site_test.py",
                "hardening_test.py", "image_test.py", "monitoring_test.py", "package_test.py"}


def run(name, command, env, failures):
    started = time.monotonic()
    try:
        done = subprocess.run(command, env=env, cwd=ROOT, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", timeout=LIMIT_S)
        ok, output = done.returncode == 0, done.stdout + done.stderr
    except subprocess.TimeoutExpired as slow:
        ok, output = False, f"no end after {LIMIT_S} s\n{slow.stdout or ''}{slow.stderr or ''}"
    print(f"{'ok  ' if ok else 'FAIL'} {name} ({time.monotonic() - started:.1f} s)", flush=True)
    if not ok:
        # PostgreSQL's notices would take the place of what failed.
        lines = [line for line in output.splitlines() if not NOTICE.match(line)]
        print("\n".join(lines[-80:]), flush=True)
        failures.append(name)


class SanitizedBuild:
    """The fuzz targets and the programs of the folders under sanitizers. They are compiled with what
    the other tests leave of the processor."""

    def __init__(self):
        self._log = ROOT / "build/asan.log"
        # Where Linux shares the processor by sessions first, this one's share is small as well.
        build = ("echo 19 2>/dev/null >/proc/self/autogroup; "
                 f"cmake --preset asan && cmake --build {ASAN}")
        with open(self._log, "wb") as log:
            self._child = subprocess.Popen(["chrt", "--idle", "0", "bash", "-c", build], cwd=ROOT,
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                           start_new_session=True)

    def wait(self, failures):
        started = time.monotonic()
        if self._child.wait() != 0:
            print("\n".join(self._log.read_text(errors="replace").splitlines()[-80:]), flush=True)
            failures.append("the build under sanitizers")
        print(f"     waited for the build under sanitizers ({time.monotonic() - started:.1f} s)",
              flush=True)


def run_programs(programs, env, failures, label=""):
    """One after the other: they share their servers."""
    with scratch_folder() as folder:
        postgres, rabbitmq = Postgres(folder), RabbitMq(folder)
        try:
            servers = dict(env, POSTERN_TEST_POSTGRES_URL=postgres.url(),
                           POSTERN_TEST_RABBITMQ_URL=rabbitmq.url())
            for program in programs:
                run(label + program.name, [program, "--gtest_brief=1"], servers, failures)
        finally:
            rabbitmq.end()
            postgres.stop("immediate")


def note_reports(failures):
    """What a sanitizer found in any process, also where no test noticed."""
    for report in sorted(pathlib.Path(REPORTS).iterdir()) if REPORTS else []:
        print(f"FAIL {report}\n{report.read_text(errors='replace')[:4000]}", flush=True)
        failures.append(report.name)


def main(only, units):
    failures = []
    programs = sorted(path for path in BUILD.glob("*_test") if only in path.name)
    scripts = sorted((path for folder in ("e2e", "browser", "chaos")
                      for path in (HERE / folder).glob("*_test.py") if only in path.name),
                     key=lambda path: (path.name not in LONG, path.name))
    fuzz = [(FUZZ_S,), (SESSION_FUZZ_S, "session")] if only in "fuzz" and not REPORTS else []
    if REPORTS:
        scripts = [path for path in scripts if path.name not in RELEASE_ONLY]
    if units:
        scripts, fuzz = [], []
    if not programs + scripts + fuzz:
        sys.exit(f"no test is called {only}")
    env = dict(os.environ, POSTERN_BUILD=str(BUILD), POSTERN_BINARY=str(BUILD / "postern"))
    sanitized = SanitizedBuild() if not only and fuzz else None

    def run_script(script):
        run(script.name, ["/usr/bin/python3", "-W", "ignore", script], env, failures)

    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as two:
        begun = [two.submit(run_programs, programs, env, failures)] if programs else []
        begun += [two.submit(run_script, path) for path in scripts if path.name not in ALONE]
        for one in begun:
            one.result()
    for script in scripts:
        if script.name in ALONE:
            run_script(script)
    if sanitized:
        sanitized.wait(failures)
        checked = dict(env, UBSAN_OPTIONS=f"suppressions={ROOT}/cmake/ubsan.supp")
        run_programs(sorted(ASAN.glob("*_test")), checked, failures, "asan: ")
    for arguments in fuzz:
        run("fuzz", [ROOT / "script/fuzz", *map(str, arguments)], env, failures)
    note_reports(failures)
    count = len(programs) * (2 if sanitized else 1) + len(scripts) + len(fuzz)
    if failures:
        sys.exit(f"{len(failures)} of {count} failed: {', '.join(failures)}")
    print(f"{count} passed, 0 failed")


if __name__ == "__main__":
    names = [word for word in sys.argv[1:] if word != "--units"]
    main(names[0] if names else "", "--units" in sys.argv)
