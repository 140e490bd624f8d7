"""Prints docs/configuration.md, made from .env.example so that the two cannot drift apart."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[1]


def cell(text):
    return text.replace("|", "\\|").strip()


def page(lines):
    yield "# Configuration\n"
    yield "Made from `.env.example` by `script/configuration_page.py`; change that file.\n"
    comment, opened = [], False
    for line in lines:
        setting = re.fullmatch(r"#?([A-Z_]+)=(.*)", line)
        if line.startswith("## "):
            yield f"\n## {line[3:]}\n\n| setting | default or example | |\n|---|---|---|"
            opened, comment = True, []
        elif setting:
            value = f"`{setting[2]}`" if setting[2] else ""
            yield f"| `{setting[1]}` | {cell(value)} | {cell(' '.join(comment))} |"
            comment = []
        elif line.startswith("#"):
            comment.append(line[1:].strip())
        elif not opened and comment:
            yield " ".join(comment)
            comment = []
        else:
            comment = []


if __name__ == "__main__":
    print("\n".join(page((ROOT / ".env.example").read_text().splitlines())))
