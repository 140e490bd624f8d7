"""One process on SQLite whose disk stands still, or fails: nothing leaves before the disk has it."""

import concurrent.futures
import sqlite3
import unittest

from harness import SECRET_KEY, SystemTest
from servers import BINARY, Postern, wait_until

TEST_BUILD = f"{BINARY}_crash"
STILL_S = 1


class Disk(SystemTest):
    def start(self, name, setting):
        """A process, and the file that is the switch of its disk."""
        folder = self.folder / name
        folder.mkdir()
        switch = folder / "switch"
        app = Postern("run", folder, {"SECRET_KEY": SECRET_KEY, **self.mail.settings(),
                                      setting: str(switch)}, binary=TEST_BUILD)
        self.addCleanup(lambda: app.process.running() and app.kill())
        self.assertEqual(self.register(app, "first"), 202)
        self.mail.wait_for_email_to("first@example.com")
        return app, switch

    def register(self, app, name):
        return app.post("/register", {"email": f"{name}@example.com"})[0]

    def test_R1_neither_response_nor_email_before_the_disk_has_the_account(self):
        """Neither answer nor email before the disk has the account; the rest goes on."""
        app, switch = self.start("still", "DISK_STILL")
        names = [f"still{number}" for number in range(12)]
        with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
            switch.touch()
            answers = [pool.submit(self.register, app, name) for name in names]
            answered, _ = concurrent.futures.wait(answers, timeout=STILL_S)
            status, _, _ = app.request("GET", "/healthz", port=app.admin_port)
            mails = [mail.to for mail in self.mail.messages if mail.to.startswith("still")]
            switch.unlink()
        self.assertEqual((answered, status, mails), (set(), 200, []))
        self.assertEqual([answer.result() for answer in answers], [202] * len(names))
        for name in names:
            self.mail.wait_for_email_to(f"{name}@example.com")

    def test_R13_503_while_the_disk_fails_and_an_email_for_each_202(self):
        """503 while the disk fails, 202 when it works, and an email for each 202."""
        app, switch = self.start("fails", "DISK_FAILS")
        accepted = []
        for round_number in range(3):
            switch.touch()
            for number in range(5):
                self.assertEqual(self.register(app, f"failed{round_number}.{number}"), 503)
            switch.unlink()
            name = f"mended{round_number}"
            wait_until(lambda name=name: self.register(app, name) == 202, "202 again")
            accepted.append(name)
        for name in accepted:
            self.mail.wait_for_email_to(f"{name}@example.com")
        with sqlite3.connect(app.folder / "data/postern.db") as database:
            self.assertEqual(database.execute("pragma integrity_check").fetchall(), [("ok",)])
            stored = {email for email, in database.execute("select email_key from account")}
        self.assertLessEqual({f"{name}@example.com" for name in accepted}, stored)


if __name__ == "__main__":
    unittest.main()
