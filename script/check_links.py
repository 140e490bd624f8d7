"""Follows every link within the repository's Markdown pages, anchors included, as a host of
repositories shows them; prints every breach, and every decision that the list of decisions lacks;
exit 1 on any."""

import pathlib
import re
import subprocess
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[1]
FENCED = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]+`")
LINK = re.compile(r"\]\(<?([^)\s>]+)>?\)")
HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)
DECISIONS = ROOT / "docs/decisions"


def anchors_of(text):
    """The ids that headings get: lower case, without punctuation, spaces as hyphens."""
    seen = {}
    for heading in HEADING.findall(FENCED.sub("", text)):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        count = seen.get(name, 0)
        seen[name] = count + 1
        yield f"{name}-{count}" if count else name


def pages():
    listed = subprocess.run(["git", "ls-files", "-z", "--", "*.md"], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def breaches(page, anchors):
    text = CODE.sub("", FENCED.sub("", page.read_text()))
    for target in LINK.findall(text):
        parts = urllib.parse.urlsplit(target)
        if parts.scheme or parts.netloc:
            continue
        linked = (page.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else page
        if not linked.exists() or not linked.is_relative_to(ROOT):
            yield f"no file {target}"
        elif parts.fragment and linked.suffix == ".md":
            if linked not in anchors:
                anchors[linked] = set(anchors_of(linked.read_text()))
            if urllib.parse.unquote(parts.fragment) not in anchors[linked]:
                yield f"no anchor {target}"


def main():
    anchors, found = {}, []
    for page in pages():
        found += [f"{page.relative_to(ROOT)}: {what}" for what in breaches(page, anchors)]
    index = (DECISIONS / "README.md").read_text()
    for record in sorted(DECISIONS.glob("[0-9]*.md")):
        number, title = re.match(r"# (\d+)\. (.+)", record.read_text()).groups()
        if f"- [{number}. {title}]({record.name})" not in index:
            found.append(f"docs/decisions/README.md: - [{number}. {title}]({record.name}) is missing")
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
