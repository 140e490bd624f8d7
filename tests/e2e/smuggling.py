"""The corpus of requests that servers read differently, and a client that sends raw bytes and reads
every response to them, strictly. Used directly and, by script/pentest, through proxies."""

import contextlib
import re
import socket
import time

from servers import ROOT

CORPUS = ROOT / "tests/corpus/smuggling.tsv"
HOST = "accounts.example.com"
HOST_LINE = f"Host: {HOST}\\r\\n"
MACROS = {
    "{G}": f"GET /.well-known/jwks.json HTTP/1.1\\r\\n{HOST_LINE}",
    "{P}": f"POST /register HTTP/1.1\\r\\n{HOST_LINE}"
           "Content-Type: application/x-www-form-urlencoded\\r\\n",
    "{S}": f"GET /smuggled HTTP/1.1\\r\\n{HOST_LINE}\\r\\n",
    "{B}": "email=a%40example.com",
    "{H}": HOST_LINE,
}
ESCAPES = {b"\\r": b"\r", b"\\n": b"\n", b"\\t": b"\t", b"\\0": b"\0", b"\\\\": b"\\"}
# A request whose response no other request of the corpus gets.
PROBE = f"GET /openapi.json HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
PROBE_MARK = b'"openapi"'
SECONDS = 10


class Case:
    def __init__(self, line):
        self.name, written, expected = line.split("\t")
        for macro, text in MACROS.items():
            written = written.replace(macro, text)
        self.bytes = re.sub(rb"\\(?:x([0-9a-f]{2})|.)", self._unescaped, written.encode())
        *statuses, self.ending = expected.split(" ")
        self.statuses = [int(status) for status in statuses]
        assert self.ending in ("open", "close"), line

    @staticmethod
    def _unescaped(match):
        return bytes.fromhex(match[1].decode()) if match[1] else ESCAPES[match[0]]


def cases():
    lines = CORPUS.read_text().splitlines()
    return [Case(line) for line in lines if line and not line.startswith("#")]


class Incomplete(Exception):
    """The bytes end within a response."""


def parse_response(data):
    """status, body and the bytes behind the response; AssertionError where there is none."""
    head, mark, rest = data.partition(b"\r\n\r\n")
    if not mark:
        raise Incomplete
    lines = head.split(b"\r\n")
    line = re.fullmatch(rb"HTTP/1\.[01] (\d{3})(?: [^\r\n]*)?", lines[0])
    assert line, f"no response: {data[:80]!r}"
    fields = [field.split(b":", 1) for field in lines[1:]]
    headers = {name.lower(): value.strip() for name, value in fields}
    status = int(line[1])
    if status < 200 or status in (204, 304):
        return status, b"", rest
    if headers.get(b"transfer-encoding") == b"chunked":
        return (status, *parse_chunks(rest))
    length = int(headers[b"content-length"])
    if len(rest) < length:
        raise Incomplete
    return status, rest[:length], rest[length:]


def parse_chunks(rest):
    body = b""
    while True:
        size, mark, rest = rest.partition(b"\r\n")
        length = int(size, 16) if mark else 0
        if not mark or len(rest) < length + 2:
            raise Incomplete
        body, rest = body + rest[:length], rest[length + 2:]
        if length == 0:
            return body, rest


class Connection:
    """`sock` is connected, in TLS or not."""

    def __init__(self, sock):
        self._sock = sock
        self._unread = b""
        self.ended = False
        self._deadline = time.monotonic() + SECONDS

    def give_up_after(self, seconds):
        self._deadline = time.monotonic() + seconds

    def send(self, data):
        # A server that has refused the first bytes may have closed before the last ones.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._sock.sendall(data)

    def response(self):
        """status and body of the next final response; None when the connection ends before it."""
        while True:
            try:
                if self._unread:
                    status, body, self._unread = parse_response(self._unread)
                    if status >= 200:
                        return status, body
                    continue
            except Incomplete:
                pass
            if self.ended:
                assert not self._unread, f"half a response: {self._unread[:80]!r}"
                return None
            self._receive()

    def _receive(self):
        self._sock.settimeout(max(0.01, self._deadline - time.monotonic()))
        try:
            data = self._sock.recv(65536)
        except ConnectionResetError:
            data = b""
        self._unread += data
        self.ended = not data

    def responses(self):
        """All of them, until the server ends the connection."""
        found = []
        while (one := self.response()) is not None:
            found.append(one)
        return found


@contextlib.contextmanager
def connect(port):
    with socket.create_connection(("127.0.0.1", port), SECONDS) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield Connection(sock)


def ask_directly(port, case):
    """What the server makes of the case, in the words of the corpus."""
    with connect(port) as connection:
        connection.send(case.bytes)
        answers = []
        for _ in case.statuses:
            answer = connection.response()
            answers += [answer] if answer else []
        if case.ending == "close":
            answers += connection.responses()
            return [status for status, _ in answers], "close"
        connection.send(PROBE)
        last = connection.responses()
        own = last and last[-1][0] == 200 and PROBE_MARK in last[-1][1]
        return ([status for status, _ in answers + (last[:-1] if own else last)],
                "open" if own else "close")
