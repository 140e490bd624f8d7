"""Holds the structure of the tree: layers, sizes and a few habits. Prints every breach; exit 1 on any.

A folder includes only lower layers, and two on one layer never include each other. Sizes may be
exceeded nowhere: there is no list of exceptions to grow.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
LAYERS = [
    ["base"],
    ["text"],
    ["crypto", "model"],
    ["store", "queue", "mail"],
    ["account", "store_sql", "queue_rabbit", "queue_outbox", "mail_smtp", "mail_capture"],
    ["oidc", "http", "background", "worker"],
    ["web", "admin"],
    ["app"],
]
LAYER_OF = {folder: layer for layer, folders in enumerate(LAYERS) for folder in folders}
HEADER_LINES, SOURCE_LINES, FUNCTION_LINES, LINE_COLUMNS, PARAMETERS = 150, 400, 60, 100, 5
# Libraries that stay behind the adapters: in no header below layer 4.
HIDDEN = re.compile(
    r"#include <(boost/(asio|beast)|spdlog|libpq|postgresql|amqp|rabbitmq-c|curl|sqlite3)")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
VAGUE = re.compile(r"(^|_)(utils?|helpers?|manager|misc|common)(_|\.|$)")
FOLDER_NAMESPACE = re.compile(r"namespace (?:postern::)?(" + "|".join(LAYER_OF) + r")\b(?! =)")
INCLUDE = re.compile(r'#include "([a-z_]+)/')
FUNCTION_OPENS = re.compile(r"^(?!namespace|struct|class|enum|extern|union|inline constexpr [\w:]+ k).*\{$")


def parameters(signature):
    """The number of parameters of a function's opening lines; commas within brackets don't count."""
    opening = signature.find("(")
    depth, count, text = 0, 1, ""
    for char in signature[opening:]:
        depth += char in "([{<"
        depth -= char in ")]}>"
        if depth == 0:
            break
        if char == "," and depth == 1:
            count += 1
        text += char
    return count if text.strip("( \n") else 0


def function_breaches(lines):
    start = None
    for number, line in enumerate(lines, 1):
        if start is None and FUNCTION_OPENS.match(line) and not line.startswith(" "):
            start = number
            while start > 1 and re.match(r"^\s+\S", lines[start - 1]):
                start -= 1
            signature = " ".join(lines[start - 1:number])
            if "(" in signature and "= {" not in signature and "TEST" not in signature:
                if parameters(signature) > PARAMETERS:
                    yield start, f"more than {PARAMETERS} parameters"
        elif start is not None and line.startswith("}"):
            if number - start + 1 > FUNCTION_LINES and "(" in " ".join(lines[start - 1:start + 3]):
                yield start, f"a function of {number - start + 1} lines, at most {FUNCTION_LINES}"
            start = None


def breaches(path, text):
    lines = text.splitlines()
    is_header = path.suffix == ".hpp"
    is_test = re.search(r"_(pg|rmq)?test\.cpp$", path.name) or path.parts[0] == "tests"
    most = HEADER_LINES if is_header and not is_test else SOURCE_LINES
    if len(lines) > most and not is_test:
        yield 1, f"{len(lines)} lines, at most {most}"
    if VAGUE.search(path.stem):
        yield 1, "a name that says nothing"
    if is_header and "#pragma once" not in lines:
        yield 1, "no #pragma once"
    if path.parts[0] == "src" and not is_test and is_header and not text.startswith("//"):
        yield 1, "no opening comment: purpose, thread contract, what it does not do"
    folder = path.parts[1] if path.parts[0] == "src" and len(path.parts) == 3 else None
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_COLUMNS:
            yield number, f"{len(line)} columns, at most {LINE_COLUMNS}"
        if FOLDER_NAMESPACE.match(line):
            yield number, "a folder has no namespace of its own"
        if UNFINISHED.search(line):
            yield number, "unfinished work is a defect"
        if is_header and folder in LAYER_OF and LAYER_OF[folder] < 4 and HIDDEN.match(line):
            yield number, "a library in a header below layer 4"
        include = INCLUDE.match(line)
        if folder in LAYER_OF and include and include[1] in LAYER_OF and include[1] != folder:
            if LAYER_OF[include[1]] >= LAYER_OF[folder] and not is_test:
                yield number, f"{folder} must not include {include[1]}"
    if not is_test:
        yield from function_breaches(lines)


def doubled_names(paths):
    """Two files of one base name, source and header of one part apart."""
    parts = {}
    for path in paths:
        if path.parts[0] == "src":
            parts.setdefault(path.name, []).append(path)
    return [both for both in parts.values() if len(both) > 1]


def main(arguments):
    found = 0
    for both in doubled_names(pathlib.Path(argument) for argument in arguments):
        print(f"{' and '.join(map(str, both))}: one base name")
        found += 1
    for argument in arguments:
        path = pathlib.Path(argument)
        for number, what in breaches(path, (ROOT / path).read_text()):
            print(f"{path}:{number}: {what}")
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
