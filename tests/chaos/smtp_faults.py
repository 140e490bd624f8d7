"""A mail server that misbehaves on demand, and keeps a journal of every email it took.

    smtp_faults.py --port PORT --journal FILE [--faults FILE] [--cert FILE --key FILE] [--seed N]

A program of its own, so that it can be killed. STARTTLS and AUTH where it has a certificate,
otherwise plain. The journal is appended to before an answer goes out and outlives the program. The
file of faults holds a JSON object of probabilities by kind (rcpt_4xx, mail_421, drop_after_dot,
tarpit, auth_refused) and is read again whenever it changes. Recipients whose address begins with
`unknown` are rejected permanently.
"""

import argparse
import base64
import email
import email.policy
import json
import os
import pathlib
import random
import re
import socket
import ssl
import struct
import threading
import time
import zlib

USER, PASSWORD = "postern@example.com", "abcd efgh ijkl mnop"
LINK_OF_EVERY = 16
MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^@>]+)@", re.MULTILINE | re.IGNORECASE)


class Journal:
    """Lines of JSON in one file; a line is written whole or not at all."""

    def __init__(self, path):
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, what, **fields):
        line = json.dumps({"at": time.monotonic(), "what": what, **fields}) + "\n"
        os.write(self._file, line.encode())

    @staticmethod
    def read(path):
        """A last line that is cut short is an email that was not taken."""
        if not os.path.exists(path):
            return []
        lines = pathlib.Path(path).read_bytes().split(b"\n")[:-1]
        return [json.loads(line) for line in lines]


class Faults:
    def __init__(self, path, seed, journal, past):
        self._path, self._journal = path, journal
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._chances, self._seen = {}, None
        # No recipient meets the same fault twice here, so that the retries of a run have an end.
        self._met = {(entry["kind"], entry.get("to")) for entry in past
                     if entry["what"] == "fault"}

    def _refresh(self):
        if self._path is None:
            return
        changed = os.stat(self._path).st_mtime_ns
        if changed != self._seen:
            with open(self._path) as file:
                self._chances = json.load(file)
            self._seen = changed

    def hits(self, kind, to=None):
        with self._lock:
            self._refresh()
            chance = self._chances.get(kind, 0)
            if not chance or (to and (kind, to) in self._met) or self._random.random() >= chance:
                return False
            self._met.add((kind, to))
        self._journal.write("fault", kind=kind, to=to)
        return True

    def tarpit_s(self):
        return self._chances.get("tarpit_s", 5)


class Hangup(Exception):
    """The connection ends here."""


class Session(threading.Thread):
    def __init__(self, sock, server):
        super().__init__(daemon=True)
        self._sock, self._server = sock, server
        self._in, self._out = bytearray(), bytearray()
        self._to = None
        self._tls = False

    def run(self):
        try:
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._say("220 faults ESMTP")
            while True:
                self._command(self._line())
        except (OSError, Hangup):
            pass
        finally:
            self._sock.close()

    def _say(self, *lines):
        for line in lines:
            self._out += line.encode() + b"\r\n"

    def _flush(self):
        if self._out:
            self._sock.sendall(self._out)
            self._out.clear()

    def _fill(self):
        self._flush()
        more = self._sock.recv(65536)
        if not more:
            raise Hangup
        self._in += more

    def _line(self):
        while (end := self._in.find(b"\r\n")) < 0:
            self._fill()
        line = self._in[:end].decode("ascii", "replace")
        del self._in[:end + 2]
        return line

    def _abort(self):
        """A reset instead of an orderly end."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Hangup

    def _command(self, line):
        verb, _, rest = line.partition(" ")
        handler = getattr(self, "_on_" + verb.lower(), None)
        if handler is None:
            self._say("502 5.5.1 what?")
        else:
            handler(rest)

    def _on_ehlo(self, _):
        lines = ["250-faults", "250-PIPELINING", "250-ENHANCEDSTATUSCODES"]
        if self._server.context and not self._tls:
            lines.append("250-STARTTLS")
        if self._tls:
            lines.append("250-AUTH PLAIN")
        self._say(*lines, "250 SIZE 10000000")

    def _on_starttls(self, _):
        self._say("220 2.0.0 go on")
        self._flush()
        self._sock = self._server.context.wrap_socket(self._sock, server_side=True)
        self._in.clear()
        self._tls = True

    def _on_auth(self, rest):
        mechanism, _, initial = rest.partition(" ")
        if not initial:
            self._say("334 ")
            initial = self._line()
        wanted = f"\0{USER}\0{PASSWORD}".encode()
        if mechanism.upper() != "PLAIN" or base64.b64decode(initial) != wanted:
            self._say("535 5.7.8 wrong user or password")
        elif self._server.faults.hits("auth_refused"):
            self._say("535 5.7.8 not now, although the password is right")
        else:
            self._say("235 2.7.0 welcome")

    def _on_mail(self, _):
        if self._server.faults.hits("mail_421"):
            self._say("421 4.3.2 going down")
            self._flush()
            raise Hangup
        self._to = None
        self._say("250 2.1.0 ok")

    def _on_rcpt(self, rest):
        to = rest[rest.find("<") + 1:rest.rfind(">")]
        if self._server.faults.hits("tarpit", to):
            self._flush()
            time.sleep(self._server.faults.tarpit_s())
        if to.startswith("unknown"):
            self._say("550 5.1.1 no such user")
        elif self._server.faults.hits("rcpt_4xx", to):
            self._say("451 4.2.1 try again later")
        else:
            self._to = to
            self._say("250 2.1.5 ok")

    def _on_data(self, _):
        if self._to is None:
            self._say("503 5.5.1 to whom?")
            return
        self._say("354 go on")
        while (end := self._in.find(b"\r\n.\r\n")) < 0:
            self._fill()
        mail = bytes(self._in[:end + 2])
        del self._in[:end + 5]
        dropped = self._server.faults.hits("drop_after_dot", self._to)
        self._server.keep(self._to, mail, dropped)
        if dropped:
            self._abort()
        self._to = None
        self._say("250 2.0.0 kept")

    def _on_rset(self, _):
        self._to = None
        self._say("250 2.0.0 ok")

    def _on_noop(self, _):
        self._say("250 2.0.0 ok")

    def _on_quit(self, _):
        self._say("221 2.0.0 bye")
        self._flush()
        raise Hangup


class Server:
    def __init__(self, options):
        self.context = None
        if options.cert:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(options.cert, options.key)
        past = Journal.read(options.journal)
        self._journal = Journal(options.journal)
        self.faults = Faults(options.faults, options.seed, self._journal, past)
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._listener.bind(("127.0.0.1", options.port))
        self._listener.listen(64)

    def keep(self, to, mail, dropped):
        fields = {"to": to, "id": MESSAGE_ID.search(mail).group(1).decode(),
                  "answer": "dropped" if dropped else "250"}
        if zlib.crc32(to.encode()) % LINK_OF_EVERY == 0:
            message = email.message_from_bytes(mail, policy=email.policy.default)
            text = message.get_body(("plain",)).get_content()
            fields["link"] = next((word for word in text.split() if "?token=" in word), None)
        self._journal.write("stored", **fields)

    def serve(self):
        while True:
            sock, _ = self._listener.accept()
            Session(sock, self).start()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--journal", required=True)
    parser.add_argument("--faults")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--seed", type=int, default=0)
    Server(parser.parse_args()).serve()
