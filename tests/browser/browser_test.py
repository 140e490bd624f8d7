"""The pages in a real browser: fetches the two packages that package-lock.json names where they are
missing or old, then runs the suite. What it saw lies in build/browser/ as pictures."""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
LOCK = HERE / "package-lock.json"
# npm writes it last.
INSTALLED = HERE / "node_modules/.package-lock.json"


def main():
    for program in ("/usr/bin/chromium", "node", "npm"):
        if not shutil.which(program):
            sys.exit(f"{program} is missing: script/bootstrap installs it")
    if not INSTALLED.exists() or INSTALLED.stat().st_mtime < LOCK.stat().st_mtime:
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-progress"], cwd=HERE, check=True)
    suites = sorted(str(path) for path in HERE.glob("*_test.js"))
    sys.exit(subprocess.run(["node", "--test", "--test-reporter=spec", *suites], cwd=HERE).returncode)


if __name__ == "__main__":
    main()
