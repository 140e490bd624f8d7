"""Prints docs/commands.md, made from the --help of the program that is its argument:
script/commands_page.py build/release/postern > docs/commands.md"""

import re
import subprocess
import sys

SECTION = re.compile(r"^(Positionals|Options|Subcommands):$", re.IGNORECASE)
ROW = re.compile(r"^  (\S.*?)(?:\s{2,}(\S.*))?$")
HEADS = {"positionals": "argument", "options": "option"}


class Help:
    """What one --help says: a sentence, the usage, and rows of (name, text) by section."""

    def __init__(self, text):
        lines = text.splitlines()
        self.usage, self.sections, self.about = "", {}, []
        section = None
        for line in lines:
            found, row = SECTION.match(line.strip()), ROW.match(line)
            if line.strip().startswith("Usage: "):
                self.usage = line.strip()[len("Usage: "):]
            elif found:
                section = self.sections.setdefault(found[1].lower(), [])
            elif section is not None and not line.startswith(" ") and line.strip():
                break  # The examples, which pages further up in the documentation explain.
            elif section is None:
                self.about.append(line.strip())
            elif line.startswith("   ") and section:
                name, said = section[-1]
                section[-1] = name, f"{said} {line.strip()}".strip()
            elif row:
                section.append((row[1], row[2] or ""))
        self.about = " ".join(filter(None, self.about))


def help_of(binary, words):
    done = subprocess.run([binary, *words, "--help"], stdin=subprocess.DEVNULL, check=True,
                          capture_output=True, text=True)
    return Help(done.stdout)


def cell(text):
    return text.replace("|", "\\|")


def commands(binary, words=()):
    """Every command in the order of its parent's help, depth first."""
    found = help_of(binary, words)
    yield words, found
    for name, _ in found.sections.get("subcommands", []):
        yield from commands(binary, (*words, name))


def rows_of(found):
    for section, head in HEADS.items():
        rows = [row for row in found.sections.get(section, []) if row[0] != "-h,--help"]
        if rows:
            yield f"\n| {head} | |\n|---|---|"
            yield from (f"| `{cell(name)}` | {cell(text)} |" for name, text in rows)


def page(binary):
    yield "# Commands\n"
    yield ("Made from `postern --help` by `script/commands_page.py`; change the commands' texts.\n\n"
           "This reference lists all commands of Postern with their arguments and options. Each\n"
           "command also has `-h,--help`, with examples. The exit code is 0 for done, 1 for failed\n"
           "and 2 for wrong usage. [Operations](operations.md) explains how to use them, and\n"
           "[configuration](configuration.md) lists the settings that they read.")
    for words, found in commands(binary):
        subcommands = found.sections.get("subcommands", [])
        yield f"\n{'###' if len(words) > 1 else '##'} {' '.join(('postern', *words))}\n"
        yield f"{found.about}.\n\n```\n{found.usage}\n```"
        yield from rows_of(found)
        if subcommands:
            yield "\n| command | |\n|---|---|"
            yield from (f"| [`{name}`](#{'-'.join(('postern', *words, name))}) | {cell(text)} |"
                        for name, text in subcommands)


if __name__ == "__main__":
    print("\n".join(page(sys.argv[1])))
