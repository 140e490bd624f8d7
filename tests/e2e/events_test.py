"""Events as a third-party program sees them: which, in which form, and that none is lost."""

import collections
import json
import unittest

import jsonschema
import pika

from harness import PASSWORD, SystemTest
from servers import ROOT, Process, wait_until

OTHER_PASSWORD = "another quiet river 8"
SCHEMAS = {path.name.removesuffix(".schema.json"): json.loads(path.read_text())
           for path in (ROOT / "docs/events").glob("*.schema.json")}
TYPES = {"mail.sent", "mail.deferred", "mail.failed", "account.registered", "account.confirmed",
         "account.password_changed", "account.email_changed", "account.disabled",
         "account.deleted", "session.created", "session.revoked"}


class Events(SystemTest):
    NEEDS_RABBITMQ = True

    def setUp(self):
        super().setUp()
        self.seen = []
        self.queue = f"listener.{self.id()}"
        self.listen()

    def listen(self):
        """A durable queue, as one who must miss nothing has it."""
        self.connection = pika.BlockingConnection(pika.URLParameters(self.rabbitmq.url()))
        self.channel = self.connection.channel()
        self.channel.exchange_declare("postern.events", "topic", durable=True)
        self.channel.queue_declare(self.queue, durable=True)
        self.channel.queue_bind(self.queue, "postern.events", "#")

    def collect(self):
        while True:
            method, properties, body = self.channel.basic_get(self.queue, auto_ack=True)
            if not method:
                return self.seen
            self.seen.append((method.routing_key, properties, json.loads(body), body.decode()))

    def wait_for(self, kind, count=1):
        def found():
            return [event for event in self.collect() if event[0] == kind]
        wait_until(lambda: len(found()) >= count, f"{count} x {kind}", 60)
        return [event for _, _, event, _ in found()]

    def check_all(self, *secrets):
        """Each event is as its schema and the contract say, and holds nothing that it must not."""
        for key, properties, event, text in self.collect():
            jsonschema.Draft202012Validator(
                SCHEMAS[key], format_checker=jsonschema.FormatChecker()).validate(event)
            self.assertEqual((properties.type, properties.app_id), (key, "postern"))
            self.assertEqual(properties.delivery_mode, 2)
            self.assertEqual(properties.content_type, "application/json")
            self.assertEqual(properties.message_id, event["id"])
            self.assertIsNotNone(properties.timestamp)
            self.assertNotIn("@", text)
            self.assertNotIn("argon2", text)
            for secret in secrets:
                self.assertNotIn(secret, text)

    def check_none_repeated(self):
        """As it is while nothing crashes."""
        ids = [(event["type"], event["id"]) for _, _, event, _ in self.seen]
        self.assertEqual(len(ids), len(set(ids)))

    def test_schemas(self):
        """There is a sound schema of every event, and it refuses what is not one."""
        self.assertEqual(set(SCHEMAS), TYPES)
        for name, schema in SCHEMAS.items():
            jsonschema.Draft202012Validator.check_schema(schema)
            for broken in ({}, {"v": 1, "type": name}, {"v": 2, "type": "other"}):
                with self.assertRaises(jsonschema.ValidationError):
                    jsonschema.validate(broken, schema)

    def test_H5_events_tell_what_happened_and_hold_no_address_token_password_or_hash(self):
        system = self.new_system(queue="rabbitmq")
        mail = system.confirmed_account("anna@example.com")
        confirmed = self.wait_for("account.confirmed")[0]
        registered = self.wait_for("account.registered")[0]
        self.assertEqual(registered["account_id"], confirmed["account_id"])
        self.assertLessEqual(registered["at"], confirmed["at"])

        self.assertEqual(system.recover("anna@example.com")[0], 202)
        second = system.email_to("anna@example.com", 2)
        self.assertEqual(system.set_password(second.token(), OTHER_PASSWORD)[0], 200)
        changed = self.wait_for("account.password_changed")[0]
        self.assertEqual(changed["account_id"], registered["account_id"])
        sent = self.wait_for("mail.sent", 3)
        self.assertEqual([event["kind"] for event in sent],
                         ["confirm", "recover", "password-changed"])
        self.assertIn(sent[0]["mail_id"], mail.message["Message-ID"])

        status, pair = system.app.post("/login", {"email": "anna@example.com",
                                                  "password": OTHER_PASSWORD})
        self.assertEqual(status, 200)
        created = self.wait_for("session.created")[0]
        status, _, _ = system.app.request(
            "POST", "/logout", headers={"Authorization": f"Bearer {pair['access_token']}"})
        self.assertEqual(status, 204)
        revoked = self.wait_for("session.revoked")[0]
        self.assertEqual(revoked["session_id"], created["session_id"])
        self.assertEqual(created["account_id"], registered["account_id"])
        self.check_all("anna", "example.com", PASSWORD, OTHER_PASSWORD, mail.token(),
                       second.token(), pair["access_token"], pair["refresh_token"])
        self.check_none_repeated()

    def test_H5_a_mail_servers_words_are_published_without_the_address(self):
        system = self.new_system(queue="rabbitmq")
        self.mail.refuse["gone@example.com"] = "550 5.1.1 <gone@example.com>: no such user"
        self.mail.refuse["busy@example.com"] = "451 4.7.1 busy@example.com: come again"
        system.register("gone@example.com")
        system.register("busy@example.com")
        failed = self.wait_for("mail.failed")[0]
        self.assertIn("no such user", failed["reply"])
        self.assertEqual((failed["attempt"], failed["relay"]), (1, "localhost"))
        deferred = self.wait_for("mail.deferred")[0]
        self.assertIn("come again", deferred["reply"])
        self.assertGreater(deferred["next_attempt_at"], deferred["at"])
        self.check_all("gone@", "busy@")
        self.check_none_repeated()

    def test_R10_events_of_what_happened_while_the_broker_was_away_come_when_it_is_back(self):
        system = self.new_system(queue="rabbitmq")
        self.assertEqual(system.register("before@example.com")[0], 202)
        mail = system.email_to("before@example.com")
        self.wait_for("mail.sent")
        self.rabbitmq.stop()
        wait_until(lambda: system.app.ready()["broker"] == "down", "the app to notice")
        addresses = [f"away{number}@example.com" for number in range(20)]
        for address in addresses:
            self.assertEqual(system.register(address)[0], 202)
        self.assertEqual(system.set_password(mail.token())[0], 200)
        self.rabbitmq.start()
        self.listen()
        self.wait_for("account.confirmed")
        self.wait_for("account.registered", 21)
        self.wait_for("mail.sent", 21)
        self.check_all("away", "before", PASSWORD, mail.token())
        # The broker may stop before it has the worker's ack of a job whose event it has: that job
        # comes again, with an event of its own and the same mail_id.
        subjects = {(key, event.get("mail_id") or event["account_id"])
                    for key, _, event, _ in self.seen}
        self.assertEqual(collections.Counter(key for key, _ in subjects),
                         {"account.registered": 21, "account.confirmed": 1, "mail.sent": 21})

    def test_example(self):
        """The consumer of examples/ prints what happens."""
        env = {"PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1"}
        consumer = Process(["/usr/bin/python3", ROOT / "examples/event_consumer.py",
                            self.rabbitmq.url()], env, self.folder, "consumer")
        self.addCleanup(consumer.kill)
        system = self.new_system(queue="rabbitmq")
        wait_until(lambda: system.app.ready()["broker"] == "up", "the broker")

        addresses = (f"example{number}@example.com" for number in range(10_000))

        def heard():
            system.register(next(addresses))
            return "mail.sent {" in consumer.log()
        wait_until(lambda: heard() or not consumer.running(), "the consumer's output")
        self.assertTrue(consumer.running(), consumer.log())


if __name__ == "__main__":
    unittest.main()
