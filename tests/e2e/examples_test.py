"""The services of examples/, as a product would run them, before a real Postern. They are also where
two foreign libraries verify its access tokens by the JWK set: python3-jwt (FastAPI) and npm's jose
(Express); the C++ service has rhonabwy, a third.

The services ask a front that hands on Postern's key set with one more key in it. The test holds that
key, so it can make tokens that are right but for one thing."""

import base64
import hashlib
import hmac
import http.server
import json
import os
import shutil
import subprocess
import threading
import time
import unittest
import urllib.request

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from harness import PASSWORD, SystemTest
from servers import ROOT, Process, free_port, port_answers, wait_until

EXAMPLES = ROOT / "examples"
OURS = "the-tests-own"


def encode(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def public_jwk(key, kid):
    numbers = key.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
            "x": encode(numbers.x.to_bytes(32, "big")), "y": encode(numbers.y.to_bytes(32, "big"))}


class KeyFront(http.server.ThreadingHTTPServer):
    """Stands at BASE_URL: Postern's key set, and the test's key."""

    def __init__(self, port, postern_port, jwk):
        super().__init__(("127.0.0.1", port), Answer)
        self.postern_port, self.jwk, self.fetches = postern_port, jwk, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.fetches += 1
        url = f"http://127.0.0.1:{self.server.postern_port}{self.path}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            keys = json.load(answer)
        keys["keys"].append(self.server.jwk)
        body = json.dumps(keys).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Examples(SystemTest):
    def setUp(self):
        super().setUp()
        front_port = free_port()
        self.base_url = f"http://localhost:{front_port}"
        self.system = self.new_system(BASE_URL=self.base_url)
        self.key = new_key()
        self.front = KeyFront(front_port, self.system.app.port, public_jwk(self.key, OURS))
        self.addCleanup(self.front.server_close)
        self.addCleanup(self.front.shutdown)

    def start(self, name, command, folder):
        self.port = free_port()
        env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "POSTERN_URL": self.base_url,
               "PORT": str(self.port)}
        service = Process([part.format(port=self.port) for part in command], env, self.folder,
                          name, cwd=folder)
        self.addCleanup(lambda: service.running() and service.kill())
        wait_until(lambda: port_answers(self.port) or not service.running(), name, 60)
        self.assertTrue(service.running(), service.log())

    def hello(self, authorization=None):
        headers = {} if authorization is None else {"Authorization": authorization}
        return self.system.app.request("GET", "/hello", headers=headers, port=self.port)

    def accepts(self, token):
        status, _, body = self.hello(f"Bearer {token}")
        return json.loads(body)["account_id"] if status == 200 else None

    def refuses(self, authorization, why):
        status, headers, _ = self.hello(authorization)
        self.assertEqual((status, headers["WWW-Authenticate"]), (401, "Bearer"), why)

    def login(self, address):
        status, pair = self.system.app.post("/login", {"email": address, "password": PASSWORD})
        self.assertEqual(status, 200)
        return pair["access_token"]

    def mint(self, header=None, key=None, **claims):
        now = int(time.time())
        whole = {"iss": self.base_url, "aud": self.base_url, "sub": "another", "sid": "1",
                 "jti": "1", "iat": now, "exp": now + 600, **claims}
        whole = {name: value for name, value in whole.items() if value is not None}
        return jwt.encode(whole, key or self.key, "ES256",
                          headers={"typ": "at+jwt", "kid": OURS, **(header or {})})

    def check(self):
        """What every service must do; its docstring names the requirements."""
        mail = self.system.confirmed_account("anna@example.com")
        token = self.login("anna@example.com")
        _, _, me = self.system.app.request("GET", "/me",
                                           headers={"Authorization": f"Bearer {token}"})
        self.assertEqual(self.accepts(token), json.loads(me)["id"])
        self.assertEqual(self.accepts(self.mint()), "another")
        for _ in range(20):
            self.assertTrue(self.accepts(token))
        self.assertEqual(self.front.fetches, 1, "the keys are kept")
        for why, authorization in self.bad(token, mail.token()):
            self.refuses(authorization, why)
        self.rotate(token)

    def bad(self, token, mail_token):
        head, claims, signature = token.split(".")
        other = encode({**json.loads(base64.urlsafe_b64decode(claims + "==")), "sub": "another"})
        yield "nothing", None
        yield "another scheme", f"Basic {token}"
        yield "no token", "Bearer "
        yield "no token's form", "Bearer a.b.c"
        yield "tampered claims", f"Bearer {head}.{other}.{signature}"
        yield "tampered signature", f"Bearer {head}.{claims}.{encode(bytes(64))}"
        yield "a mail token", f"Bearer {mail_token}"
        for kid in (OURS, "none-of-that-name"):
            yield f"another's key as {kid}", f"Bearer {self.mint({'kid': kid}, new_key())}"
        own = new_key()
        brought = self.mint({"kid": OURS, "jwk": public_jwk(own, OURS)}, own)
        yield "a key that it brings itself", f"Bearer {brought}"
        now = int(time.time())
        for why, changes in (
                ("expired", {"exp": now - 120}), ("no end", {"exp": None}),
                ("end is no number", {"exp": "tomorrow"}),
                ("another audience", {"aud": "https://other.example"}), ("no audience", {"aud": None}),
                ("another issuer", {"iss": "https://other.example"}), ("no issuer", {"iss": None}),
                ("no account", {"sub": None})):
            yield why, f"Bearer {self.mint(**changes)}"
        for kind in ("JWT", "set-password+jwt", "confirm-email+jwt"):
            yield f"typ {kind}", f"Bearer {self.mint({'typ': kind})}"
        for alg in ("none", "None", "HS256"):
            text = f"{encode({'alg': alg, 'typ': 'at+jwt', 'kid': OURS})}.{self.mint().split('.')[1]}"
            yield f"alg {alg}, unsigned", f"Bearer {text}."
        pem = self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        for secret in (pem, pem.strip(), json.dumps(self.front.jwk).encode(), b""):
            mac = hmac.new(secret, text.encode(), hashlib.sha256).digest()
            yield "HS256 with the public key as secret", f"Bearer {text}.{encode(mac)}"

    def rotate(self, old):
        """O2: a token of a new key is taken without a restart, and so is one of the old key."""
        kid = json.loads(self.system.app.run_command("keys", "rotate", "--now", "--json"))["kid"]

        def renewed():
            token = self.login("anna@example.com")
            return token if jwt.get_unverified_header(token)["kid"] == kid else None
        token = wait_until(renewed, "a token of the new key")
        wait_until(lambda: self.accepts(token), "the new key to be taken", 60)
        self.assertTrue(self.accepts(old))

    def test_T1_T2_T3_T4_O2_python3_jwt_takes_good_access_tokens_and_no_others(self):
        """python3-jwt takes good access tokens by the JWK set, and no others."""
        self.start("fastapi", ["/usr/bin/python3", "-W", "ignore", "-m", "uvicorn", "service:app",
                               "--port", "{port}"], EXAMPLES / "fastapi_service")
        self.check()

    def test_T1_T2_T3_T4_O2_jose_takes_good_access_tokens_and_no_others(self):
        """jose takes good access tokens by the JWK set, and no others."""
        folder = EXAMPLES / "express_service"
        if not (folder / "node_modules/jose").exists():
            subprocess.run(["npm", "ci"], cwd=folder, stdin=subprocess.DEVNULL, check=True,
                           capture_output=True, timeout=300)
        self.start("express", [shutil.which("node"), "service.mjs"], folder)
        self.check()

    def test_T1_T2_T3_T4_O2_rhonabwy_takes_good_access_tokens_and_no_others(self):
        """rhonabwy takes good access tokens by the JWK set, and no others."""
        build = ROOT / "build/examples/cpp_service"
        for step in (["-S", EXAMPLES / "cpp_service", "-B", build], ["--build", build]):
            done = subprocess.run(["cmake", *step], stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=300)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.start("cpp", [str(build / "service")], build)
        self.check()


if __name__ == "__main__":
    unittest.main()
