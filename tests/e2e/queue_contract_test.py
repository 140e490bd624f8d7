"""The queue as a third-party program sees it: what it finds there, and what it may put there."""

import base64
import datetime
import json
import unittest
import uuid

import pika

from harness import SystemTest
from servers import wait_until


class QueueContract(SystemTest):
    NEEDS_RABBITMQ = True

    def setUp(self):
        super().setUp()
        self.connection = pika.BlockingConnection(pika.URLParameters(self.rabbitmq.url()))
        self.addCleanup(self.connection.close)
        self.channel = self.connection.channel()

    def take(self, queue):
        def got():
            method, properties, body = self.channel.basic_get(queue, auto_ack=True)
            return method and (properties, body)
        return wait_until(got, f"a message in {queue}")

    def job(self, **fields):
        now = datetime.datetime.now(datetime.timezone.utc)
        return {"v": 1, "mail_id": str(uuid.uuid4()), "kind": "confirm",
                "account_id": str(uuid.uuid4()), "email": "third.party@example.com", "locale": "en",
                "credential_version": 1, "requested_at": now.isoformat(),
                "expires_at": (now + datetime.timedelta(hours=1)).isoformat(), **fields}

    def publish(self, body):
        text = body if isinstance(body, (str, bytes)) else json.dumps(body)
        self.channel.basic_publish("postern.mail", "mail", text,
                                   pika.BasicProperties(content_type="application/json"))

    def test_H5_a_job_has_the_contracts_fields_and_holds_no_token(self):
        system = self.new_system(queue="rabbitmq", worker=False, TRUSTED_PROXIES="127.0.0.1/32")
        wait_until(lambda: system.app.ready()["broker"] == "up", "the broker")
        self.channel.queue_purge("postern.mail")
        before = datetime.datetime.now(datetime.timezone.utc)
        system.app.post("/register", {"email": "Job@Example.com", "locale": "ru"},
                        {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
        properties, body = self.take("postern.mail")
        job = json.loads(body)
        self.assertEqual(
            set(job), {"v", "mail_id", "kind", "account_id", "email", "locale",
                       "credential_version", "requested_at", "expires_at"})
        self.assertEqual((job["v"], job["kind"], job["locale"], job["credential_version"]),
                         (1, "confirm", "ru", 1))
        self.assertEqual(job["email"], "Job@example.com")
        requested, expires = (datetime.datetime.fromisoformat(job[name])
                              for name in ("requested_at", "expires_at"))
        self.assertLess(abs((requested - before).total_seconds()), 30)
        self.assertGreater(expires, requested)
        self.assertEqual(properties.delivery_mode, 2)
        self.assertEqual(properties.content_type, "application/json")
        self.assertEqual(properties.message_id, job["mail_id"])
        self.assertEqual((properties.type, properties.app_id), ("confirm", "postern"))
        self.assertLess(abs(properties.timestamp - before.timestamp()), 30)
        self.assertTrue(properties.headers["traceparent"].startswith(
            "00-0af7651916cd43dd8448eb211c80319c-"))
        self.assertNotIn("token", body.decode())
        self.assertNotIn(base64.urlsafe_b64encode(b'{"alg"').decode()[:8], body.decode())

    def test_foreign_publisher(self):
        """A job of a third-party program is sent, unknown fields and all."""
        self.new_system(queue="rabbitmq")
        wait_until(lambda: self.declared(), "the queues")
        self.publish(self.job(email="third.party@example.com", future_field={"x": [1]}))
        mail = self.mail.wait_for_email_to("third.party@example.com")
        self.assertIn("/set-password?token=", mail.text)
        self.publish(self.job(email="gast@example.com", kind="recover", locale="ru"))
        self.assertRegex(self.mail.wait_for_email_to("gast@example.com").subject, "[а-я]")

    def declared(self):
        try:
            self.connection.channel().queue_declare("postern.mail.outcomes", passive=True)
            return True
        except pika.exceptions.ChannelClosedByBroker:
            return False

    def test_R8_poison_goes_to_the_dead_letters_with_its_reason(self):
        self.new_system(queue="rabbitmq")
        wait_until(lambda: self.declared(), "the queues")
        past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)
        poison = {
            "not json": "bad_job", "[]": "bad_job", "\xff\xfe": "bad_job",
            json.dumps(self.job(v=2)): "unknown_version",
            json.dumps(self.job(kind="sing")): "unknown_kind",
            json.dumps(self.job(email="a@example.com\r\nRCPT TO:<b@example.com>")): "bad_job",
            json.dumps(self.job(email=["a@example.com"])): "bad_job",
            json.dumps(self.job(expires_at=past.isoformat())): "expired",
        }
        for body, reason in poison.items():
            self.channel.queue_purge("postern.mail.dead")
            self.publish(body.encode("latin-1"))
            properties, dead = self.take("postern.mail.dead")
            self.assertEqual(dead, body.encode("latin-1"))
            self.assertIn(reason, properties.headers["x-reason"], body)
        self.assertEqual(self.mail.messages, [])

    def test_R6_a_5xx_is_a_dead_letter_and_a_4xx_comes_again(self):
        system = self.new_system(queue="rabbitmq")
        wait_until(lambda: self.declared(), "the queues")
        self.channel.queue_purge("postern.mail.dead")
        self.mail.refuse["gone@example.com"] = "550 5.1.1 no such user"
        self.mail.refuse["busy@example.com"] = "451 4.7.1 come again"
        system.register("gone@example.com")
        properties, body = self.take("postern.mail.dead")
        self.assertEqual(json.loads(body)["email"], "gone@example.com")
        self.assertIn("550", properties.headers["x-reason"])
        self.assertIn("no such user", properties.headers["x-reason"])
        system.register("busy@example.com")
        wait_until(lambda: self.channel.queue_declare(
            "postern.mail.retry.10s", passive=True).method.message_count, "a waiting retry")
        del self.mail.refuse["busy@example.com"]
        self.mail.wait_for_email_to("busy@example.com")

    def test_R4_the_event_of_a_sent_email_is_on_the_topic_exchange(self):
        system = self.new_system(queue="rabbitmq")
        wait_until(lambda: self.declared(), "the queues")
        queue = self.channel.queue_declare("", exclusive=True).method.queue
        self.channel.queue_bind(queue, "postern.events", "mail.*")
        system.register("event@example.com")
        _, body = self.take(queue)
        event = json.loads(body)
        self.assertEqual((event["v"], event["type"]), (1, "mail.sent"))
        self.assertLessEqual({"id", "at", "account_id", "mail_id"}, set(event))
        self.assertNotIn("event@example.com", body.decode())

    def test_third_party_worker(self):
        """A worker in another language: its outcomes become states and events, in its words."""
        system = self.new_system(queue="rabbitmq", worker=False)
        wait_until(lambda: self.declared(), "the queues")
        events = self.channel.queue_declare("", exclusive=True).method.queue
        self.channel.queue_bind(events, "postern.events", "mail.*")
        system.register("third@example.com")
        _, body = self.take("postern.mail")
        job = json.loads(body)
        at = datetime.datetime.now(datetime.timezone.utc).isoformat()
        outcome = {"mail_id": job["mail_id"], "account_id": job["account_id"], "kind": job["kind"],
                   "outcome": "failed", "at": at, "attempt": 2, "relay": "mx.example.net",
                   "reply": "550 5.1.1 no such user"}
        self.channel.basic_publish("", "postern.mail.outcomes",
                                   json.dumps({"v": 1, "outcomes": [outcome]}).encode())
        _, body = self.take(events)
        event = json.loads(body)
        self.assertEqual(event["type"], "mail.failed")
        for name in ("mail_id", "account_id", "kind", "attempt", "relay", "reply"):
            self.assertEqual(event[name], outcome[name])
        shown = system.app.run_command("accounts", "show", "third@example.com", "--json")
        state = json.loads(shown)["emails"][0]
        self.assertEqual((state["state"], state["reply"]), ("failed", "550 5.1.1 no such user"))

    def test_R9_a_full_queue_refuses_and_its_jobs_wait_in_the_outbox(self):
        """A queue that is full refuses; emails stay in the outbox and leave when there is room.
        """
        self.rabbitmq.ctl("set_policy", "--apply-to", "queues", "full", "^postern[.]mail$",
                          '{"max-length":3}')
        system = self.new_system(queue="rabbitmq", worker=False)
        addresses = [f"full{number}@example.com" for number in range(20)]
        for address in addresses:
            self.assertEqual(system.register(address)[0], 202)
        wait_until(lambda: system.app.ready()["broker"] == "up", "the relay's connection")
        self.assertGreater(system.app.ready()["outbox"], 0)
        system.start_worker()
        for address in addresses[:10]:
            self.mail.wait_for_email_to(address, seconds=60)
        self.rabbitmq.ctl("clear_policy", "full")
        for address in addresses:
            self.mail.wait_for_email_to(address, seconds=60)
        wait_until(lambda: system.app.ready()["outbox"] == 0, "an empty outbox")

    def test_R3_a_returned_job_stays_in_the_outbox_until_it_can_be_routed(self):
        system = self.new_system(queue="rabbitmq")
        wait_until(lambda: self.declared(), "the queues")
        self.channel.queue_unbind("postern.mail", "postern.mail", "mail")
        system.register("unbound@example.com")
        self.mail.wait_for_email_to("unbound@example.com")


if __name__ == "__main__":
    unittest.main()
