"""The attacks of tests/pentest/oidc_attacks.py, which knows nothing of Postern, fail."""

import json
import re
import subprocess
import unittest

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
import jwt

from harness import PASSWORD, SystemTest
from servers import ROOT

CALLBACK = "https://notes.example/callback"
GOODBYE = "https://notes.example/goodbye"


def add_client(system, name, *options):
    """id, and its secret where it has one."""
    made = json.loads(system.app.run_command(
        "clients", "add", "--json", "--id", name, "--name", f"Acme {name}", "--redirect-uri",
        CALLBACK, "--post-logout-redirect-uri", GOODBYE, *options))
    return [value for value in (made["client_id"], made.get("client_secret")) if value]


def add_signing_client(system):
    """id, file of the private key, kid"""
    key = ec.generate_private_key(ec.SECP256R1())
    file = system.folder / "signing.pem"
    file.write_bytes(key.private_bytes(serialization.Encoding.PEM,
                                       serialization.PrivateFormat.PKCS8,
                                       serialization.NoEncryption()))
    numbers = key.public_key().public_numbers()
    x, y = (jwt.utils.base64url_encode(number.to_bytes(32, "big")).decode()
            for number in (numbers.x, numbers.y))
    keys = system.folder / "jwks.json"
    keys.write_text(json.dumps({"keys": [{"kty": "EC", "crv": "P-256", "kid": "one", "x": x,
                                          "y": y}]}))
    return [*add_client(system, "signing", "--jwks", str(keys)), str(file), "one"]


def attack(system, email):
    """The finished process of the script, against a system with this confirmed account."""
    return subprocess.run(
        ["/usr/bin/python3", "-W", "ignore", ROOT / "tests/pentest/oidc_attacks.py",
         "--issuer", f"http://localhost:{system.app.port}", "--user", email, PASSWORD,
         "--client", *add_client(system, "notes"), "--other", *add_client(system, "mail"),
         "--asking", *add_client(system, "asking", "--third-party"),
         "--public", *add_client(system, "public", "--public"),
         "--signing", *add_signing_client(system),
         "--redirect-uri", CALLBACK, "--after-logout", GOODBYE],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)


class OidcAttacksTest(SystemTest):
    def test_I1_I2_I3_I4_I5_I6_I8_I9_I10_I12_I13_attacks_by_discovery_alone_fail(self):
        system = self.new_system()
        system.confirmed_account("ann@example.org")
        done = attack(system, "ann@example.org")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertGreaterEqual(len(re.findall("^refused ", done.stdout, re.MULTILINE)), 130)


if __name__ == "__main__":
    unittest.main()
