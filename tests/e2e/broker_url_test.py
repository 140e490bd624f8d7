"""RABBITMQ_URL against a real broker that wants client certificates, and what is said about it."""

import contextlib
import pathlib
import subprocess
import unittest

import pika

from harness import SECRET_KEY, SystemTest
from servers import BINARY, Postern, RabbitMq, free_port, wait_until


def run(folder, *arguments, **settings):
    folder.mkdir(exist_ok=True)
    env = {"PATH": "/usr/bin:/bin", "SECRET_KEY": SECRET_KEY, **settings}
    done = subprocess.run([BINARY, *arguments], env=env, cwd=folder, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


class Certificates:
    """An authority, and certificates that it has signed."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self._openssl("req", "-x509", *self._new_key("ca"), "-days", "2", "-subj", "/CN=authority",
                      "-out", self["ca.pem"])

    def __getitem__(self, name):
        return self.folder / name

    def sign(self, name, names):
        self._openssl("req", *self._new_key(name), "-subj", f"/CN={name}", "-out",
                      self[f"{name}.csr"])
        self[f"{name}.ext"].write_text(f"subjectAltName={names}\n")
        self._openssl("x509", "-req", "-in", self[f"{name}.csr"], "-CA", self["ca.pem"], "-CAkey",
                      self["ca.key"], "-CAcreateserial", "-days", "2", "-extfile",
                      self[f"{name}.ext"], "-out", self[f"{name}.pem"])

    def _new_key(self, name):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                self[f"{name}.key"])

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class BrokerUrl(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = Certificates(cls.folder)
        cls.files.sign("server", "DNS:localhost,IP:127.0.0.1")
        cls.files.sign("client", "DNS:client")
        cls.tls_port = free_port()
        cls.rabbitmq = RabbitMq(cls.folder, (
            f"listeners.ssl.1 = 127.0.0.1:{cls.tls_port}\n"
            f"ssl_options.cacertfile = {cls.files['ca.pem']}\n"
            f"ssl_options.certfile = {cls.files['server.pem']}\n"
            f"ssl_options.keyfile = {cls.files['server.key']}\n"
            "ssl_options.verify = verify_peer\n"
            "ssl_options.fail_if_no_peer_cert = true\n"))
        cls.addClassCleanup(lambda: cls.rabbitmq.end())

    def check(self, url):
        folder = self.folder / "check"
        folder.mkdir(exist_ok=True)
        return run(folder, "check", RABBITMQ_URL=url)[1]

    def test_Q2_a_broker_that_wants_a_client_certificate_is_used(self):
        tls = f"amqps://guest:guest@localhost:{self.tls_port}//?cacertfile={self.files['ca.pem']}"
        shown = f"{tls}&certfile={self.files['client.pem']}&keyfile={self.files['client.key']}"
        folder = self.folder / "tls"
        folder.mkdir()
        system = Postern("app", folder, {"SECRET_KEY": SECRET_KEY, "RABBITMQ_URL": shown})
        self.addCleanup(system.stop)
        wait_until(lambda: system.ready()["broker"] == "up", "the broker")
        self.assertIn("queues are declared", self.check(shown))
        self.assertNotIn("queues are declared", self.check(tls), "without a certificate")
        wrong = f"{tls}&certfile={self.files['client.pem']}&keyfile={self.files['server.key']}"
        self.assertIn("keyfile: ", self.check(wrong))
        missing = f"{tls}&certfile={self.files['none.pem']}"
        self.assertIn(f"certfile: no PEM certificate can be read from {self.files['none.pem']}",
                      self.check(missing))

    def test_Q1_heartbeat_0_and_unused_parameters_are_no_fault(self):
        for number, (query, unused) in enumerate((
                ("heartbeat=0", None), ("connection_timeout=30000", "connection_timeout"),
                ("heartbeat=0&channel_max=100", "channel_max"))):
            folder = self.folder / f"parameters{number}"
            folder.mkdir()
            url = f"amqp://guest:guest@127.0.0.1:{self.rabbitmq.port}/?{query}"
            system = Postern("app", folder, {"SECRET_KEY": SECRET_KEY, "RABBITMQ_URL": url})
            self.addCleanup(lambda system=system: system.process.running() and system.stop())
            wait_until(lambda system=system: system.ready()["broker"] == "up", "the broker")
            system.stop()
            log = system.process.log()
            self.assertEqual(log.count("no effect"), 1 if unused else 0, log)
            if unused:
                self.assertIn(f"no effect: {unused}", log)

    def test_Q1_a_queue_with_other_arguments_is_one_line_that_names_both(self):
        url = self.rabbitmq.new_vhost("other")
        with contextlib.closing(pika.BlockingConnection(pika.URLParameters(url))) as connection:
            connection.channel().queue_declare("postern.mail.bulk", durable=True)
        said = [line for line in self.check(url).splitlines() if "broker" in line]
        self.assertEqual(len(said), 1, said)
        self.assertIn("postern.mail.bulk", said[0])
        self.assertRegex(said[0], r"differs in x-[a-z-]+")
        folder = self.folder / "conflict"
        folder.mkdir()
        system = Postern("app", folder, {"SECRET_KEY": SECRET_KEY, "RABBITMQ_URL": url})
        self.addCleanup(lambda: system.process.running() and system.stop())
        wait_until(lambda: "postern.mail.bulk" in system.process.log(), "the line")
        # Its next tries come after 0.2, 0.4, 0.8 s: until one of them has worked, more lines would
        # have been written.
        with contextlib.closing(pika.BlockingConnection(pika.URLParameters(url))) as connection:
            connection.channel().queue_delete("postern.mail.bulk")
        wait_until(lambda: system.ready()["broker"] == "up", "the broker")
        system.stop()
        self.assertEqual(system.process.log().count("PRECONDITION_FAILED"), 1)

    def test_Q1_a_refusal_says_in_one_line_what_to_do(self):
        port = self.rabbitmq.port
        self.rabbitmq.ctl("add_vhost", "closed")
        self.rabbitmq.ctl("add_user", "reader", "reader")
        self.rabbitmq.ctl("set_permissions", "-p", "closed", "reader", "^$", "^$", ".*")
        for url, words in (
                (f"amqp://guest:s3cret@127.0.0.1:{port}/", "check user and password"),
                (f"amqp://guest:guest@127.0.0.1:{port}/nowhere", "add_vhost"),
                (f"amqp://reader:reader@127.0.0.1:{port}/", "set_permissions"),
                (f"amqp://reader:reader@127.0.0.1:{port}/closed", "set_permissions")):
            said = [line for line in self.check(url).splitlines() if "broker" in line]
            self.assertEqual(len(said), 1, (url, said))
            self.assertIn(words, said[0])
            self.assertNotIn("s3cret", said[0])


if __name__ == "__main__":
    unittest.main()
