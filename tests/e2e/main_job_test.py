"""The main job on every database and queue: register, email, link, password; recover likewise."""

import json
import subprocess
import unittest

from harness import PASSWORD, SystemTest


def curl(*arguments):
    done = subprocess.run(["curl", "-sS", "-w", "\n%{http_code}", *arguments], check=True,
                          capture_output=True, text=True)
    body, status = done.stdout.rsplit("\n", 1)
    return int(status), json.loads(body)


class MainJob(SystemTest):
    NEEDS_POSTGRES = True
    NEEDS_RABBITMQ = True

    def walk(self, database, queue):
        system = self.new_system(database, queue)
        address = f"anna.{database}.{queue}@example.com"
        url = f"http://localhost:{system.app.port}"
        as_json = ["-H", "Content-Type: application/json", "-d", json.dumps({"email": address})]

        status, answer = curl("-X", "POST", f"{url}/register", *as_json)
        self.assertEqual(status, 202)
        self.assertEqual(answer["status"], "accepted")
        mail = system.email_to(address)
        self.assertTrue(mail.link().startswith(f"{url}/set-password?token="), mail.link())
        self.assertIn(mail.token(), mail.html)

        status, headers, page = system.app.request(
            "GET", f"/set-password?token={mail.token()}", headers={"Accept": "text/html"})
        self.assertEqual(status, 200)
        self.assertIn("text/html", headers["Content-Type"])
        self.assertIn(b'name="password"', page)

        status, answer = curl("-X", "POST", f"{url}/set-password", "-F", f"token={mail.token()}",
                              "-F", f"password={PASSWORD}")
        self.assertEqual((status, answer["status"]), (200, "password_set"))
        status, answer = curl("-X", "POST", f"{url}/set-password", "-F", f"token={mail.token()}",
                              "-F", f"password={PASSWORD}")
        self.assertEqual((status, answer["code"]), (400, "invalid_token"))

        status, answer = curl("-X", "POST", f"{url}/recover-password", *as_json)
        self.assertEqual((status, answer["status"]), (202, "accepted"))
        mail = system.email_to(address, 2)
        self.assertEqual(system.set_password(mail.token(), "another quiet river 8")[0], 200)

        self.assertEqual(system.register(address)[0], 202)
        mail = system.email_to(address, 3)
        self.assertNotIn("token=", mail.text + mail.html)

    def test_sqlite_and_outbox(self):
        self.walk("sqlite", "outbox")

    def test_sqlite_and_rabbitmq(self):
        self.walk("sqlite", "rabbitmq")

    def test_postgresql_and_outbox(self):
        self.walk("postgresql", "outbox")

    def test_postgresql_and_rabbitmq(self):
        self.walk("postgresql", "rabbitmq")


if __name__ == "__main__":
    unittest.main()
