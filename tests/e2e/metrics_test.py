"""/metrics of app, worker and run, read as Prometheus reads it."""

import json
import re
import subprocess
import time
import unittest

from harness import PASSWORD, SystemTest
from servers import BINARY, free_port, port_answers, wait_until

SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (\S+)')
LABEL = re.compile(r'([a-z]+)="((?:[^"\\]|\\.)*)"')
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}


def parse(page):
    """{(name, labels): value}; refuses what the text format 0.0.4 does not allow."""
    assert page.endswith("\n")
    families, samples, current = {}, {}, None
    for line in page.splitlines():
        if line.startswith("# "):
            _, what, name, text = line.split(" ", 3)
            if what == "HELP":
                assert name not in families, f"{name} twice"
                families[name], current = None, name
            else:
                assert what == "TYPE" and name == current, line
                assert text in ("counter", "gauge", "histogram", "summary"), line
                families[name] = text
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        allowed = [current + suffix for suffix in SUFFIXES.get(families[current], ("",))]
        assert match[1] in allowed, line
        key = match[1], frozenset(LABEL.findall(match[2] or ""))
        assert key not in samples, line
        samples[key] = float(match[3])
    for (name, labels), value in samples.items():
        if name.endswith("_count") and families.get(name[:-6]) == "histogram":
            assert samples[name[:-6] + "_bucket", labels | {("le", "+Inf")}] == value
    return samples


class Metrics(SystemTest):
    NEEDS_RABBITMQ = True

    def read(self, process):
        status, headers, body = process.request("GET", "/metrics", port=process.admin_port)
        self.assertEqual(status, 200)
        self.assertEqual(headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        return parse(body.decode())

    def value(self, process, name, **labels):
        return self.read(process).get((name, frozenset(labels.items())))

    def wait_for(self, value, process, name, **labels):
        wait_until(lambda: self.value(process, name, **labels) == value,
                   f"{name} {labels} = {value}")

    def test_H5_metrics_of_one_process_count_events_and_name_no_person(self):
        system = self.new_system()
        system.confirmed_account("anna@example.com")
        self.mail.refuse["gone@example.com"] = "550 5.1.1 no such user"
        self.mail.refuse["busy@example.com"] = "451 4.7.1 come again"
        for address in ("gone@example.com", "busy@example.com"):
            system.register(address)
        system.app.request("GET", "/register")
        system.app.request("GET", "/no/such/path")
        system.app.request("PUT", "/register")
        page = system.app.request("GET", "/register")[2].decode()
        self.assertEqual(system.app.request("GET", re.search(r"/assets/page\.[0-9a-f]+\.css",
                                                             page)[0])[0], 200)
        for password in (PASSWORD, "not the password"):
            system.app.post("/login", {"email": "anna@example.com", "password": password})
        system.app.request("POST", "/register", "{", {"Content-Type": "application/json"})
        for outcome in ("sent", "deferred", "failed"):
            self.wait_for(1, system.app, "postern_mail_total", outcome=outcome)
        # The database is asked every second.
        self.wait_for(1, system.app, "postern_outbox_dead_letters")
        self.wait_for(0, system.app, "postern_outbox_overdue_seconds")
        samples = self.read(system.app)

        def sample(name, **labels):
            return samples.get((name, frozenset(labels.items())))

        def requests(route, method, status):
            return sample("postern_http_requests_total", route=route, method=method,
                          status=str(status))
        self.assertEqual(requests("/register", "POST", 202), 3)
        self.assertEqual(requests("/register", "GET", 200), 2)
        self.assertEqual(requests("/register", "POST", 400), 1)
        self.assertEqual(requests("/register", "other", 405), 1)
        self.assertEqual(requests("/set-password", "POST", 200), 1)
        self.assertEqual(requests("other", "other", 404), 1)
        self.assertEqual(requests("/assets/{id}", "GET", 200), 1)

        def actions(action, outcome):
            return sample("postern_account_actions_total", action=action, outcome=outcome)
        self.assertEqual(actions("register", "mail:confirm"), 3)
        self.assertEqual(actions("set-password", "done"), 1)
        self.assertEqual(actions("login", "done"), 1)
        self.assertEqual(actions("login", "refused"), 1)
        self.assertEqual(sample("postern_mail_delivery_seconds_count"), 1)
        version, commit = self.version()
        self.assertEqual(sample("postern_build_info", version=version, commit=commit), 1)
        whole = {name: value for (name, labels), value in samples.items() if not labels}
        self.assertEqual(whole["postern_outbox_full"], 0)
        self.assertEqual(whole["postern_hash_queue_length"], 0)
        self.assertEqual(whole["postern_password_attempts_limited_total"], 0)
        self.assertGreater(whole["process_cpu_seconds_total"], 0)
        self.assertTrue(10 < whole["process_open_fds"] < whole["process_max_fds"])
        self.assertGreater(whole["process_threads"], 3)
        self.assertEqual(whole["postern_mail_relays_held_back"], 0)
        self.assertGreaterEqual(whole["postern_writer_batch_size_sum"],
                                whole["postern_writer_batch_size_count"])
        self.assertGreater(whole["postern_writer_batch_size_count"], 3)
        self.assertTrue(1e6 < whole["process_resident_memory_bytes"] < 1e9)
        self.assertLess(abs(whole["process_start_time_seconds"] - time.time()), 120)
        self.assertNotIn("postern_relay_connected", whole)
        self.assertEqual(samples["postern_http_request_seconds_count",
                                 frozenset({("route", "/register"), ("method", "POST")})], 4)
        page = system.app.request("GET", "/metrics", port=system.app.admin_port)[2].decode()
        for _, labels in samples:
            for _, label in labels:
                if label != commit:
                    self.assertNotRegex(label, "[0-9a-f]{8}", "an id, or a file's content")
        for secret in ("anna", "example.com", PASSWORD, "token="):
            self.assertNotIn(secret, page)
        self.assertEqual(system.app.request("GET", "/metrics")[0], 404)

    def version(self):
        """version, commit"""
        said = subprocess.run([BINARY, "--version"], capture_output=True, text=True,
                              check=True).stdout
        return re.match(r"postern (\S+)(?: \(commit (\w+)\))?\n", said).groups("")

    def test_R9_R10_metrics_tell_of_the_broker_and_of_what_waits_for_it(self):
        system = self.new_system(queue="rabbitmq")
        worker = system.worker
        system.confirmed_account("anna@example.com")
        for process in (system.app, worker):
            self.wait_for(1, process, "postern_mail_total", outcome="sent")
        self.assertEqual(self.value(worker, "postern_mail_queue_connected"), 1)
        self.assertEqual(self.value(worker, "postern_mail_relays_held_back"), 0)
        self.assertEqual(self.value(system.app, "postern_relay_connected"), 1)
        self.wait_for(2, system.app, "postern_relay_published_total")
        self.assertEqual(self.value(system.app, "postern_relay_returned_total"), 0)
        status, _, body = worker.request("GET", "/readyz", port=worker.admin_port)
        self.assertEqual((status, json.loads(body)), (200, {"status": "ready", "queue": "up"}))

        # The broker is asked every 5 s.
        self.wait_for(1, system.app, "postern_mail_workers")
        for state in ("waiting", "retry", "dead"):
            self.assertEqual(self.value(system.app, "postern_mail_queue_messages", state=state), 0)

        self.rabbitmq.stop()
        wait_until(lambda: worker.request("GET", "/readyz", port=worker.admin_port)[0] == 503,
                   "the worker to notice")
        self.assertEqual(worker.request("GET", "/healthz", port=worker.admin_port)[0], 200)
        self.wait_for(0, system.app, "postern_relay_connected")
        system.register("boris@example.com")
        self.wait_for(1, system.app, "postern_outbox_rows")
        wait_until(lambda: self.value(system.app, "postern_outbox_overdue_seconds") > 0,
                   "a row that is due")
        self.rabbitmq.start()
        system.email_to("boris@example.com")
        self.wait_for(0, system.app, "postern_outbox_rows")
        self.wait_for(2, system.app, "postern_mail_total", outcome="sent")

    def test_R10_a_relay_that_is_held_back_and_a_full_outbox_show(self):
        system = self.new_system(SMTP_PORT=str(free_port()), OUTBOX_LIMIT="2")
        for number in range(2):
            self.assertEqual(system.register(f"user{number}@example.com")[0], 202)
        self.wait_for(1, system.app, "postern_mail_relays_held_back")
        self.wait_for(1, system.app, "postern_outbox_full")
        self.assertEqual(system.register("one@example.com")[0], 503)

    def test_a_worker_does_not_listen_unasked(self):
        """App and worker of one host do not collide on the default of ADMIN_LISTEN."""
        system = self.new_system(queue="rabbitmq", worker=False)
        worker = self.silent_worker(system)
        wait_until(lambda: "started" in worker.process.log(), "the worker")
        self.assertTrue(worker.process.running())
        self.assertFalse(port_answers(worker.admin_port))

    def silent_worker(self, system):
        system.start_worker()
        system.worker.stop()
        del system.worker.settings["ADMIN_LISTEN"]
        system.worker.process.log_path.unlink()
        system.worker.start()
        return system.worker


if __name__ == "__main__":
    unittest.main()
