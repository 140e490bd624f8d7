"""An SMTP server that answers as a test says, and remembers what it received. Plain TCP."""

import base64
import email
import email.policy
import socket
import threading
import time

from servers import free_port

#: Instead of a reply: hang up.
CLOSE = object()


class ScriptedSmtp:
    """`answer(step, text, session)` is asked at greeting, EHLO, HELO, AUTH, MAIL, RCPT, DATA and
    "." (the final dot). It returns a reply, CLOSE, or None for the usual one, and may sleep. A 421
    closes the connection."""

    USUAL = {"greeting": "220 fake ESMTP", "HELO": "250 fake", "MAIL": "250 2.1.0 ok",
             "RCPT": "250 2.1.5 ok", "DATA": "354 go on", ".": "250 2.0.0 kept",
             "RSET": "250 2.0.0 ok", "NOOP": "250 2.0.0 ok", "AUTH": "235 2.7.0 welcome"}

    def __init__(self, answer=None, auth=False):
        self.answer = answer or (lambda step, text, session: None)
        self.auth = auth
        self.port = free_port()
        #: (time, step, text) of all that was said to it.
        self.heard = []
        #: (recipient, message as it came) of those that got a 2xx.
        self.messages = []
        #: The same for every final dot.
        self.dots = []
        self._lock = threading.Lock()
        self._listener = None
        self._open = set()
        self.start()

    def start(self):
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(64)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self):
        """As if the machine had gone: no server listens, and open connections are cut. A server that
        was stopped stays so."""
        if self._listener.fileno() < 0:
            return
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for sock in self._open:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(sock)
            threading.Thread(target=_Session(self, sock).run, daemon=True).start()

    def closed(self, sock):
        with self._lock:
            self._open.discard(sock)
        sock.close()

    def note(self, step, text):
        with self._lock:
            self.heard.append((time.monotonic(), step, text))

    def keep(self, to, content, accepted):
        with self._lock:
            self.dots.append((to, content))
            if accepted:
                self.messages.append((to, content))

    def times(self, step):
        with self._lock:
            return [at for at, heard, _ in self.heard if heard == step]

    def said(self, step):
        with self._lock:
            return [text for _, heard, text in self.heard if heard == step]

    def recipients(self):
        with self._lock:
            return [to for to, _ in self.messages]

    def message_to(self, address):
        content = next(content for to, content in self.messages if to == address)
        return email.message_from_bytes(content, policy=email.policy.default)

    def settings(self):
        return {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(self.port), "SMTP_TLS": "none",
                "MAIL_FROM": "Postern <no-reply@example.com>"}


class _Session:
    def __init__(self, server, sock):
        self._server, self._sock = server, sock
        self._file = sock.makefile("rb")
        #: What the test's answers may look at.
        self.to, self.password, self.accepted = None, None, 0

    def run(self):
        try:
            if self._say("greeting", ""):
                while (line := self._file.readline()) and self._command(line):
                    pass
        except OSError:
            pass
        finally:
            self._file.close()
            self._server.closed(self._sock)

    def _command(self, line):
        text = line.decode("ascii", "replace").strip()
        verb = text.split(" ")[0].upper()
        if verb == "QUIT":
            self._sock.sendall(b"221 2.0.0 bye\r\n")
            return False
        if verb == "RCPT":
            self.to = text[text.find("<") + 1:text.rfind(">")]
        if verb == "AUTH":
            self.password = base64.b64decode(text.split(" ")[2]).split(b"\0")[2].decode()
        going_on = self._say(verb, text)
        if verb == "DATA" and going_on and self._last.startswith("354"):
            return self._message()
        return going_on

    def _message(self):
        lines = []
        while (line := self._file.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        if not line:
            return False
        going_on = self._say(".", self.to, lambda accepted: self._server.keep(
            self.to, b"".join(lines), accepted))
        return going_on

    def _say(self, step, text, before=None):
        self._server.note(step, text)
        reply = self._server.answer(step, text, self)
        if reply is None:
            reply = self._usual(step)
        if before:
            before(reply is not CLOSE and reply.startswith("2"))
        if reply is CLOSE:
            return False
        self._last = reply
        self._sock.sendall(reply.replace("\n", "\r\n").encode() + b"\r\n")
        return not reply.startswith("421")

    def _usual(self, step):
        if step == "EHLO":
            auth = "250-AUTH PLAIN\n" if self._server.auth else ""
            return "250-fake\n250-PIPELINING\n" + auth + "250 SIZE 10000000"
        return self._server.USUAL.get(step, "502 5.5.1 what?")
