"""L7: what a mass registration leaves waiting delays no recovery, on both queues. Order, not time."""

import asyncio
import contextlib
import datetime
import json
import sqlite3
import unittest
import uuid

import pika

from harness import SystemTest
from servers import wait_until

BULK_JOBS = 2000
# What may be on its way when the recovery is asked for: a transaction of each sender and the next
# one, and what the worker's first claims of other classes let through.
AHEAD_AT_MOST = 24
SLOW_S = 0.2


def bulk_jobs():
    now = datetime.datetime.now(datetime.timezone.utc)
    for number in range(BULK_JOBS):
        yield {"v": 1, "mail_id": str(uuid.uuid4()), "kind": "confirm",
               "account_id": str(uuid.uuid4()), "email": f"bulk{number}@example.com",
               "locale": "en", "credential_version": 1, "requested_at": now.isoformat(),
               "expires_at": (now + datetime.timedelta(hours=1)).isoformat()}


class Priority(SystemTest):
    NEEDS_RABBITMQ = True

    def setUp(self):
        super().setUp()
        quick = self.mail.handle_DATA

        async def slow(server, session, envelope):
            await asyncio.sleep(SLOW_S)
            return await quick(server, session, envelope)

        self.slow = slow

    def fill_outbox(self, system):
        now_ms = int(datetime.datetime.now().timestamp() * 1000)
        database = sqlite3.connect(system.folder / "data" / "postern.db", timeout=30)
        with contextlib.closing(database), database:
            database.executemany(
                "INSERT INTO outbox (id, kind, created_at, available_at, traceparent, body,"
                " account_id, event_type, event, priority)"
                " VALUES (?, 'confirm', ?, ?, '', ?, ?, '', '', 2)",
                [(job["mail_id"], now_ms, now_ms, json.dumps(job), job["account_id"])
                 for job in bulk_jobs()])

    def fill_broker(self, _system):
        with contextlib.closing(pika.BlockingConnection(
                pika.URLParameters(self.rabbitmq.url()))) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            for job in bulk_jobs():
                channel.basic_publish("postern.mail", "mail.bulk", json.dumps(job),
                                      pika.BasicProperties(delivery_mode=2), mandatory=True)

    def assert_recovery_is_quick(self, queue, fill):
        # Before the first connection: a session keeps the handler that it began with.
        self.mail.handle_DATA = self.slow
        self.addCleanup(self.mail.__dict__.pop, "handle_DATA", None)
        system = self.new_system(queue=queue)
        system.confirmed_account("owner@example.com")
        fill(system)
        self.mail.wait_for(len(self.mail.messages) + 20, 60)
        asked = len(self.mail.messages)
        system.recover("owner@example.com")
        answered = len(self.mail.messages)
        wait_until(lambda: [mail for mail in self.mail.messages[asked:]
                            if mail.to == "owner@example.com"], "the recovery email", 120)
        receivers = [mail.to for mail in self.mail.messages]
        place = receivers.index("owner@example.com", asked)
        self.assertLessEqual(place - answered, AHEAD_AT_MOST)
        self.assertLess(place, BULK_JOBS, "there was no backlog")

    def test_L7_a_recovery_passes_a_bulk_backlog_in_the_outbox(self):
        self.assert_recovery_is_quick("outbox", self.fill_outbox)

    def test_L7_a_recovery_passes_a_bulk_backlog_in_rabbitmq(self):
        self.assert_recovery_is_quick("rabbitmq", self.fill_broker)


if __name__ == "__main__":
    unittest.main()
