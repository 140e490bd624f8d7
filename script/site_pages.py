"""Copies the pages of the documentation site into the folder that is its argument.

The repository's pages link to each other as files of the repository, so that they work where the
repository is browsed. The site has docs/ at its top, with the other linked files below it; links
are rewritten to that. A link to a file that does not exist ends the run.
"""

import os
import pathlib
import re
import shutil
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGES = ["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]
LINK = re.compile(r"(!?\[(?:[^\[\]]|\[[^\]]*\])*\]\()([^)\s]+)(\))")
FENCE = re.compile(r"^ *```")
# Python-Markdown nests lists by four columns, and most other readers by what the item's text needs.
INDENTED = re.compile(r"^( +)(\S.*)$")
# It also takes a list for text when no blank line is before it.
ITEM = re.compile(r"^ *(?:[-*]|\d+\.) ")


def place_of(path):
    """Where a file of the repository is on the site."""
    name = path.relative_to(ROOT)
    if name.parts[0] == "docs":
        return pathlib.Path(*name.parts[1:])
    # Apart from docs/: SECURITY.md and docs/security.md would differ by case alone.
    return pathlib.Path("project" if str(name) in PAGES else "source") / name


class Site:
    def __init__(self, target):
        self.target = target
        self.copied = set()
        self.broken = []

    def add(self, path):
        if path in self.copied:
            return
        self.copied.add(path)
        target = self.target / place_of(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            target.write_text(self.page(path))
        else:
            shutil.copyfile(path, target)

    def link(self, path, target):
        address, _, anchor = target.partition("#")
        if not address or urllib.parse.urlsplit(target).scheme:
            return target
        linked = (path.parent / urllib.parse.unquote(address)).resolve()
        if linked.is_dir():
            # A folder has no page of its own: its README stands for it, or its first file.
            linked = next(iter([linked / "README.md"] * (linked / "README.md").is_file() or
                               sorted(file for file in linked.iterdir() if file.is_file())))
        if not linked.is_file() or ROOT not in linked.parents:
            self.broken.append(f"{path.relative_to(ROOT)}: no file {target}")
            return target
        self.add(linked)
        place = os.path.relpath(place_of(linked), place_of(path).parent)
        return place + ("#" + anchor if anchor else "")

    def page(self, path):
        """The page with four columns of indentation a level, and with the site's links."""
        parts, fence, shift, in_list = [[]], False, 0, False
        for line in path.read_text().splitlines():
            indented = INDENTED.match(line)
            if not fence:
                shift = 4 * (len(indented[1]) // 2) - len(indented[1]) if indented else 0
            if indented:
                line = " " * (len(indented[1]) + shift) + indented[2]
            if not fence and ITEM.match(line):
                if not in_list and parts[-1] and parts[-1][-1]:
                    parts[-1].append("")
                in_list = True
            elif not line or FENCE.match(line):
                in_list = False
            # Text and code alternate; the text of a link may go over several lines.
            begins_or_ends = bool(FENCE.match(line))
            if begins_or_ends and not fence:
                parts.append([])
            parts[-1].append(line)
            if begins_or_ends and fence:
                parts.append([])
            fence ^= begins_or_ends
        texts = ["\n".join(part) for part in parts]
        texts[::2] = [LINK.sub(lambda found: found[1] + self.link(path, found[2]) + found[3], text)
                      for text in texts[::2]]
        return "\n".join(texts) + "\n"


def main(target):
    shutil.rmtree(target, ignore_errors=True)
    site = Site(target)
    for path in [*sorted((ROOT / "docs").rglob("*")), *(ROOT / name for name in PAGES)]:
        if path.is_file():
            site.add(path)
    print("\n".join(site.broken), end="\n" if site.broken else "", file=sys.stderr)
    return 1 if site.broken else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
