"""Holds docs/requirements.md to the tests: prints every breach; exit 1 on any.

A row names tests by file and name. Each file and each test exists, and at least one test of a row
bears the row's id in its name. The threat model in docs/security.md names rows that exist.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/requirements.md"
THREATS = ROOT / "docs/security.md"
ROW = re.compile(r"^\| ([A-Z]\d+) \| (.+?) \| (.*) \|$")
# The last cell of a threat.
SHOWN_BY = re.compile(r"\| ([A-Z]\d+(?:, [A-Z]\d+)*) \|$")
NAMED = re.compile(r"`([^`]+)` (\w+)")


def names_of(path):
    """The names of the tests in a file, without suite or prefix."""
    text = path.read_text()
    if path.suffix == ".py":
        return set(re.findall(r"^ +def test_(\w+)\(self", text, re.M))
    return set(re.findall(r"^(?:TYPED_)?TEST(?:_[FP])?\(\w+,\s*(\w+)\)", text, re.M))


def breaches(text):
    seen = set()
    for number, line in enumerate(text.splitlines(), 1):
        if not re.match(r"^\| [A-Z]\d+ ", line):
            continue
        row = ROW.match(line)
        if not row:
            yield number, "not a row of id, rule and tests"
            continue
        name, _, tests = row.groups()
        if name in seen:
            yield number, f"{name} is there twice"
        seen.add(name)
        named = NAMED.findall(tests)
        for file, test in named:
            path = ROOT / file
            if not path.is_file():
                yield number, f"{name}: no file {file}"
            elif test not in names_of(path):
                yield number, f"{name}: no test {test} in {file}"
        if not any(name in test.split("_") for _, test in named):
            yield number, f"{name}: no test bears it"
    if not seen:
        yield 1, "no requirements"


def unknown_ids(text, known):
    for number, line in enumerate(text.splitlines(), 1):
        if not re.match(r"^\| [STRIDE](, [STRIDE])* \|", line):
            continue
        shown = SHOWN_BY.search(line)
        if not shown:
            yield number, "a threat without the ids of its tests"
            continue
        for name in shown[1].split(", "):
            if name not in known:
                yield number, f"{name} is no requirement"


def main():
    page = PAGE.read_text()
    known = {row[1] for row in map(ROW.match, page.splitlines()) if row}
    found = [(PAGE, *breach) for breach in breaches(page)]
    found += [(THREATS, *breach) for breach in unknown_ids(THREATS.read_text(), known)]
    for path, number, what in found:
        print(f"{path.relative_to(ROOT)}:{number}: {what}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
