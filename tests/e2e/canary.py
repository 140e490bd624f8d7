"""Secrets that are known to a test, and the search for them in whatever a system leaves behind."""

import base64
import os
import re
import signal
import urllib.parse

# As much of a secret as must not be found: a part of a token opens nothing, but it would be a part
# of a log line that should not be there.
PART = 24


def base64_forms(data):
    """Base64 of the bytes wherever they stand within others, without the characters that depend on
    those."""
    for ahead in range(3):
        text = base64.b64encode(bytes(ahead) + data)
        first, last = -(-ahead * 8 // 6), (ahead + len(data)) * 8 // 6
        yield text[first:last]
        yield text[first:last].replace(b"+", b"-").replace(b"/", b"_")


def forms(value):
    """What a search looks for: plain, base64, base64url, hex, URL-encoded, escaped in JSON."""
    data = value.encode()
    found = {data, data.hex().encode(), data.hex().upper().encode(),
             urllib.parse.quote(value, safe="").encode(), urllib.parse.quote_plus(value).encode(),
             urllib.parse.quote(value, safe="").lower().encode(),
             value.replace("/", "\\/").replace("\n", "\\n").encode(), *base64_forms(data),
             # As libraries of Unicode keep it in memory.
             value.encode("utf-16-le"), value.encode("utf-32-le")}
    return found


def token_parts(token):
    """The parts that are secret: a token's own signature, or the middle of an opaque one; and the
    bytes behind them."""
    secret = token.rsplit(".", 1)[-1]
    middle = secret[len(secret) // 2 - PART // 2:][:PART]
    yield middle.encode()
    raw = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
    yield raw[len(raw) // 2 - 8:][:16]


class Canaries:
    """name → the needles of that secret."""

    def __init__(self):
        self.values, self._needles = {}, {}

    def secret(self, name, value):
        self.values[name] = value
        self._needles[name] = forms(value)
        return value

    def token(self, name, value):
        self.values[name] = value
        self._needles[name] = {value.encode(), *token_parts(value)}
        return value

    def names(self, start=""):
        return [name for name in self.values if name.startswith(start)]

    def found_in(self, data, start=""):
        """The names of the secrets that are there."""
        return sorted(name for name in self.names(start)
                      if any(needle in data for needle in self._needles[name]))

    def found_below(self, folder, start=""):
        """file → names"""
        found = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                names = self.found_in(path.read_bytes().strip(b"\0"), start)
                if names:
                    found[str(path.relative_to(folder))] = names
        return found


class StoppedProcess:
    """The writable memory of a process that stands still."""

    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGCONT)

    def regions(self):
        """name, bytes; without what the process was started with (its environment lies on the
        stack of its first thread, where the kernel put it)."""
        with open(f"/proc/{self.pid}/maps") as maps, open(f"/proc/{self.pid}/mem", "rb", 0) as mem:
            for line in maps:
                place, mode, *_, name = (line.rstrip("\n") + " ").split(" ", 5)
                start, end = (int(number, 16) for number in place.split("-"))
                if not mode.startswith("rw"):
                    continue
                mem.seek(start)
                try:
                    yield name.strip(), mem.read(end - start)
                except OSError:
                    continue

    def count(self, needle):
        return sum(len(re.findall(re.escape(needle), data)) for _, data in self.regions())
