"""Ends app or worker with SIGKILL at every named step, starts it again, and counts the emails."""

import http.client
import re
import unittest

from harness import PASSWORD, SECRET_KEY, SystemTest
from servers import BINARY, ROOT, Postern, wait_until

CRASHING = f"{BINARY}_crash"
EMAILS = 6

WRITER_STEPS = ["resolver.after_acceptance", "resolver.before_resolving", "writer.before_commit",
                "writer.before_sync", "writer.after_commit"]
APP_STEPS = [*WRITER_STEPS, "relay.after_claim", "relay.before_confirm", "relay.after_confirm",
             "delivery.after_record", "outcomes.before_ack"]
WORKER_STEPS = ["worker.after_take", "worker.before_send", "worker.after_sent",
                "worker.before_settle", "queue.before_confirm", "queue.before_ack",
                "worker.after_settle"]
# Of commands: backup_test.py ends them there.
COMMAND_STEPS = ["backup.before_naming", "restore.before_naming"]
# The outbox is the queue: neither relay nor broker.
RUN_STEPS = [*WRITER_STEPS, *(step for step in WORKER_STEPS if step.startswith("worker."))]


class CrashPoints(SystemTest):
    NEEDS_RABBITMQ = True

    def new_folder(self):
        type(self)._systems += 1
        folder = self.folder / f"system{type(self)._systems}"
        folder.mkdir()
        return folder

    def start(self, command, folder, settings):
        process = Postern(command, folder, settings, binary=CRASHING)
        self.addCleanup(lambda: process.process.running() and process.kill())
        return process

    def restart(self, process):
        """Without the crash point."""
        wait_until(lambda: not process.process.running(), f"the end at {process.settings}")
        self.assertEqual(process.process.stop(), -9, process.process.log())
        del process.settings["CRASH_AT"]
        process.start()

    def settings(self, **more):
        return {"SECRET_KEY": SECRET_KEY, **self.mail.settings(), **more}

    def register(self, app, address):
        """Whether it was answered: a connection that breaks off leaves the outcome unknown."""
        try:
            status, _ = app.post("/register", {"email": address})
        except (ConnectionError, http.client.HTTPException):
            return False
        self.assertEqual(status, 202)
        return True

    def register_all(self, app, crashing):
        # What a killed process of the step before gave to the mail server last may arrive now.
        system = app.folder.name
        addresses = [f"crash{number}@{system}.example.com" for number in range(EMAILS)]
        unanswered = [address for address in addresses if not self.register(app, address)]
        self.restart(crashing)
        for address in unanswered:
            self.assertTrue(self.register(app, address))
        return addresses, set(addresses) - set(unanswered)

    def check_emails(self, app, registered, repeats):
        addresses, answered = registered
        for address in addresses:
            self.mail.wait_for_email_to(address, seconds=60)
        wait_until(lambda: app.ready()["outbox"] == 0, "an empty outbox")
        domain = addresses[0].partition("@")[2]
        mails = [mail for mail in self.mail.messages if mail.to.endswith("@" + domain)]
        self.assertEqual({mail.to for mail in mails}, set(addresses))
        ids = [mail.message["Message-ID"] for mail in mails]
        self.assertLessEqual(len(ids) - len(set(ids)), repeats, "as many as were in flight")
        for address in answered:
            of_one = {mail.message["Message-ID"] for mail in mails if mail.to == address}
            self.assertEqual(len(of_one), 1, "a request that was answered is one email")
        for address in addresses:
            token = self.mail.wait_for_email_to(address).token()
            status, body = app.post("/set-password", {"token": token, "password": PASSWORD})
            self.assertEqual((status, body.get("status")), (200, "password_set"))

    def at_each(self, steps, check):
        for step in steps:
            with self.subTest(step=step):
                self.mail.messages.clear()
                try:
                    check(step)
                finally:
                    self.doCleanups()

    def test_R1_every_crash_point_of_the_code_is_tried(self):
        found = {step for path in (ROOT / "src").rglob("*.cpp")
                 for step in re.findall(r'crash_point\("([^"]+)"\)', path.read_text())}
        self.assertEqual(found, {*APP_STEPS, *WORKER_STEPS, *RUN_STEPS, *COMMAND_STEPS})

    def test_R1_R3_the_app_ends_at_every_step(self):
        """R1_ R2_ R3_ R4_: what was published and not yet deleted is published again; the worker
        knows it."""
        def check(step):
            folder = self.new_folder()
            settings = self.settings(RABBITMQ_URL=self.rabbitmq.new_vhost(folder.name))
            app = self.start("app", folder, {**settings, "CRASH_AT": step})
            self.start("worker", folder, {**settings, "BASE_URL": f"http://localhost:{app.port}"})
            self.check_emails(app, self.register_all(app, app), repeats=0)
        self.at_each(APP_STEPS, check)

    def test_R4_the_worker_ends_at_every_step(self):
        """R4_: repeats at most what was in flight, with the same Message-ID."""
        def check(step):
            folder = self.new_folder()
            settings = self.settings(RABBITMQ_URL=self.rabbitmq.new_vhost(folder.name))
            app = self.start("app", folder, settings)
            worker = self.start("worker", folder, {
                **settings, "BASE_URL": f"http://localhost:{app.port}", "CRASH_AT": step})
            self.check_emails(app, self.register_all(app, worker), repeats=EMAILS)
        self.at_each(WORKER_STEPS, check)

    def test_R1_R4_one_process_on_sqlite_ends_at_every_step(self):
        """R1_ R4_: the outbox table is the queue."""
        def check(step):
            app = self.start("run", self.new_folder(), self.settings(CRASH_AT=step))
            registered = self.register_all(app, app)
            if step == "resolver.before_resolving":
                self.assertTrue(registered[1], "none was answered before the end")
            self.check_emails(app, registered, repeats=EMAILS)
        self.at_each(RUN_STEPS, check)


if __name__ == "__main__":
    unittest.main()
