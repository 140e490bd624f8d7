"""A mail server that keeps a journal and outlives nothing else: smtp_faults.py as a process."""

import json
import os
import pathlib

from servers import Process, free_port, port_answers, wait_until
from smtp_faults import PASSWORD, USER, Journal

HERE = pathlib.Path(__file__).resolve().parent


class JournalMail:
    """Plain on loopback, or with STARTTLS and AUTH where it is given a certificate and its key."""

    def __init__(self, folder, name="mail", seed=0, certificate=None):
        self.name, self.port = name, free_port()
        self._folder, self._seed, self._certificate = pathlib.Path(folder), seed, certificate
        self.journal_path = self._folder / f"{name}.journal"
        self._faults_path = self._folder / f"{name}.faults"
        self.process = None
        self.set_chances({})

    def start(self):
        command = ["/usr/bin/python3", HERE / "smtp_faults.py", "--port", str(self.port),
                   "--journal", self.journal_path, "--faults", self._faults_path,
                   "--seed", str(self._seed)]
        if self._certificate:
            command += ["--cert", self._certificate[0], "--key", self._certificate[1]]
        self.process = Process(command, None, self._folder, self.name)
        return self.process

    def start_and_wait(self):
        self.start()
        wait_until(lambda: port_answers(self.port), self.name)
        return self

    def set_chances(self, chances):
        """Written beside and moved, so that the server reads the old or the new, never half."""
        fresh = self._faults_path.with_suffix(".new")
        fresh.write_text(json.dumps(chances))
        os.replace(fresh, self._faults_path)

    def settings(self, port=None):
        """`port`: of a gate before it."""
        settings = {"SMTP_HOST": "localhost", "SMTP_PORT": str(port or self.port),
                    "MAIL_FROM": "Postern <postern@example.com>"}
        if not self._certificate:
            return settings | {"SMTP_TLS": "none"}
        return settings | {"SMTP_USER": USER, "SMTP_PASSWORD": PASSWORD,
                           "SMTP_CA_FILE": str(self._certificate[0])}

    def journal(self):
        return Journal.read(self.journal_path)

    def stored(self):
        return [entry for entry in self.journal() if entry["what"] == "stored"]

    def stop(self):
        if self.process and self.process.running():
            self.process.kill()
