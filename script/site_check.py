"""Reads a built site, the folder that is its argument: every link and anchor leads somewhere, and no
page loads anything from another host. Prints every breach; exit 1 on any."""

import html.parser
import pathlib
import re
import sys
import urllib.parse

# What a browser fetches by itself; the canonical address of a page is not.
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
FETCHED_RELATIONS = {"stylesheet", "icon", "preload", "preconnect", "dns-prefetch", "modulepreload"}
CSS_HOST = re.compile(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//[^'\")]+", re.IGNORECASE)


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loads = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.ids.update(value for name, value in attributes if name in ("id", "name") and value)
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        address = values.get(LOADED.get(tag, ""))
        relations = set((values.get("rel") or "").split())
        if address and (tag != "link" or relations & FETCHED_RELATIONS):
            self.loads.append(address)


def is_elsewhere(address):
    parts = urllib.parse.urlsplit(address)
    return bool(parts.netloc) or parts.scheme in ("http", "https")


def breaches(site):
    pages = {path: Page(path.read_text()) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(site)
        for address in page.loads:
            if is_elsewhere(address):
                yield f"{name}: loads {address}"
        # A server shows this page at any address; its links begin at the site's root.
        if name == pathlib.Path("404.html"):
            continue
        for address in page.links:
            parts = urllib.parse.urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            linked = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
            linked = linked / "index.html" if linked.is_dir() else linked
            if not linked.is_file():
                yield f"{name}: no page {address}"
            elif parts.fragment and linked in pages and (
                    urllib.parse.unquote(parts.fragment) not in pages[linked].ids):
                yield f"{name}: no anchor {address}"
    for path in sorted(site.rglob("*.css")):
        for found in CSS_HOST.findall(path.read_text()):
            yield f"{path.relative_to(site)}: loads {found}"
    if not pages:
        yield "no pages"


def main(site):
    found = list(breaches(site.resolve()))
    print("\n".join(found), end="\n" if found else "", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
