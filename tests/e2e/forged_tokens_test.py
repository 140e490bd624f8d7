"""Every forged token of forged_tokens.py at every door that takes a token."""

import http.client
import json
import sqlite3
import subprocess
import unittest
import urllib.parse

from forged_tokens import (ACCESS_CLAIMS, CLAIMS, MAIL_CLAIMS, Es256, Hs256, Original, derived_key,
                           forgeries, open_sealed)
from harness import PASSWORD, SECRET_KEY, SystemTest
from oidc_harness import CALLBACK, Browser, Product, query_of

OTHER_PASSWORD = "another quiet river 8"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
JSON = {"Content-Type": "application/json", "Accept": "application/json"}
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# A NUL is refused before any field is read.
UNREADABLE = {(400, "invalid_json"), (400, "invalid_form"), (400, "invalid_field"),
              (400, "missing_field")}
MAIL_REFUSED = {(400, "invalid_token"), *UNREADABLE}
# A header of what no header can hold ends the request before any token is read.
HEADER_REFUSED = {(400, "bad_request"), (401, "unauthorized"), (401, "invalid_token"),
                  (401, "invalid_credentials"), (431, "headers_too_large")}


def mail_token(mail, path):
    link = next(word for word in mail.text.split() if path + "?token=" in word)
    return urllib.parse.parse_qs(urllib.parse.urlsplit(link).query)["token"][0]


class Doors:
    """name → (how a token is sent there, the answers that refuse it); on one connection each."""

    def __init__(self, app, product, keyed):
        self._connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=30)
        self._product, self._keyed = product, keyed
        self.all = {
            "set-password": (self._json("/set-password", "token", password=OTHER_PASSWORD),
                             MAIL_REFUSED),
            "set-password by form": (self._form("/set-password", "token",
                                                password=OTHER_PASSWORD), MAIL_REFUSED),
            "set-password by link": (self._link("/set-password", "token"), MAIL_REFUSED),
            "strength": (self._json("/password-strength", "token", password=OTHER_PASSWORD),
                         MAIL_REFUSED),
            "confirm-email": (self._json("/confirm-email", "token"), MAIL_REFUSED),
            "confirm-email by link": (self._link("/confirm-email", "token"), MAIL_REFUSED),
            "me": (self._bearer("/me"), HEADER_REFUSED),
            "me by cookie": (self._cookie("/me"), HEADER_REFUSED),
            "refresh": (self._json("/refresh", "refresh_token"),
                        {(401, "unauthorized"), *UNREADABLE}),
            # Nothing to end: as to /revoke.
            "logout": (self._json("/logout", "refresh_token"),
                       {(204, None), (401, "unauthorized"), *UNREADABLE}),
            "userinfo": (self._bearer("/userinfo"), HEADER_REFUSED),
            "token by refresh": (self._client("/token", "refresh_token",
                                              grant_type="refresh_token"),
                                 {(400, "invalid_grant"), (400, "invalid_request")}),
            "token by code": (self._client("/token", "code", grant_type="authorization_code",
                                           redirect_uri=CALLBACK,
                                           code_verifier=product.verifier),
                              {(400, "invalid_grant"), (400, "invalid_request")}),
            "token by assertion": (self._form("/token", "client_assertion",
                                              client_id=keyed.client_id,
                                              client_assertion_type=ASSERTION,
                                              grant_type="refresh_token", refresh_token="x"),
                                   {(401, "invalid_client"), (400, "invalid_request")}),
            # RFC 7009, 2.2: the answer to an invalid token is 200. That nothing was revoked is
            # seen by the token that still works.
            "revoke": (self._client("/revoke", "token"), {(200, None), (400, "invalid_request")}),
            # A page.
            "end-session": (self._link("/end-session", "id_token_hint"), {(400, None)}),
        }

    def send(self, door, token):
        return self.all[door][0](token)

    def _ask(self, method, path, body, headers):
        try:
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
            status, text = response.status, response.read()
        except (http.client.HTTPException, OSError):
            self._connection.close()
            raise
        try:
            answer = json.loads(text)
        except ValueError:
            return status, None
        return status, answer.get("code", answer.get("error"))

    def _json(self, path, name, **fields):
        return lambda token: self._ask("POST", path, json.dumps({name: token, **fields}), JSON)

    def _form(self, path, name, headers=None, **fields):
        return lambda token: self._ask(
            "POST", path, urllib.parse.urlencode({name: token, **fields}),
            {**FORM, **(headers or {})})

    def _client(self, path, name, **fields):
        return self._form(path, name, {"Authorization": self._product.basic()}, **fields)

    def _link(self, path, name):
        return lambda token: self._ask(
            "GET", path + "?" + urllib.parse.urlencode({name: token}), None,
            {"Accept": "application/json"})

    def _header(self, path, name, prefix):
        def send(token):
            value = (prefix + token).encode()
            # The client library sends no line end within a header, and the server no answer to it
            # but 400: http/request_reader_test.cpp.
            if b"\r" in value or b"\n" in value:
                return 400, "bad_request"
            return self._ask("GET", path, None, {"Accept": "application/json", name: value})
        return send

    def _bearer(self, path):
        return self._header(path, "Authorization", "Bearer ")

    def _cookie(self, path):
        return self._header(path, "Cookie", "__Host-postern=")


class ForgedTokens(SystemTest):
    def start(self, **settings):
        """A system with clients and a person, and the doors."""
        self.system = self.new_system(
            MAIL_LIMIT_PER_ADDRESS="1000/h", **{"worker": True, **settings})
        self.notes = self.client("notes")
        jwks = self.system.folder / "jwks.json"
        jwks.write_text(json.dumps({"keys": [{**Es256().jwk(), "kid": "one", "alg": "ES256"}]}))
        self.keyed = self.client("keyed", "--jwks", str(jwks))
        self.doors = Doors(self.system.app, self.notes, self.keyed)

    def client(self, name, *options):
        made = json.loads(self.system.app.run_command(
            "clients", "add", "--json", "--id", name, "--name", name, "--url",
            "https://notes.example/", "--redirect-uri", CALLBACK, *options))
        return Product(self.system.app, made["client_id"], made.get("client_secret"))

    def person(self, address):
        """Tokens of our own API and of a client, and a code, of one confirmed account."""
        self.system.confirmed_account(address)
        status, own = self.system.app.post("/login", {"email": address, "password": PASSWORD})
        self.assertEqual(status, 200)
        browser = Browser(self.system.app)
        browser.ask("POST", "/login", {"email": address, "password": PASSWORD})
        of_client = self.notes.exchange(self.code(browser)).json()
        return own, of_client, browser

    def code(self, browser):
        return query_of(browser.go(self.notes.authorize_path()).location)["code"]

    def signing_key(self):
        """The private key of access and ID tokens, as the holder of SECRET_KEY and the database
        finds it."""
        with sqlite3.connect(self.system.folder / "data/postern.db") as database:
            [(kid, sealed)] = database.execute("SELECT kid, sealed FROM signing_key")
        return Es256.of_pem(open_sealed(derived_key(SECRET_KEY, "signing-key"), kid, sealed))

    def assert_refused_everywhere(self, original, claims):
        rows = 0
        accepted = []
        for name, token in forgeries(original, claims):
            rows += 1
            for door, (send, refusals) in self.doors.all.items():
                answer = send(token)
                if answer not in refusals:
                    accepted.append((name, door, answer))
        self.assertFalse(accepted, accepted)
        self.assertGreaterEqual(rows, 180)

    def registered(self, address):
        self.assertEqual(self.system.register(address)[0], 202)
        return self.system.email_to(address).token()

    def change_email(self, own, address):
        status, _ = self.system.app.post(
            "/me/email", {"email": address, "password": PASSWORD},
            {"Authorization": f"Bearer {own['access_token']}"})
        self.assertEqual(status, 202)
        return mail_token(self.system.email_to(address), "/confirm-email")

    def test_T1_T2_T3_T11_forged_mail_tokens_of_a_shared_key_are_refused_at_every_door(self):
        self.start()
        key = Hs256(derived_key(SECRET_KEY, "mail-token"))
        token = self.registered("set@example.com")
        self.assert_refused_everywhere(Original(token, key), [*CLAIMS, *MAIL_CLAIMS])
        self.assertEqual(self.system.set_password(f"\ufeff\t {token}\u00a0 ")[0], 200,
                         "white space around a token is ignored")
        own, _, _ = self.person("ann@example.com")
        token = self.change_email(own, "ann.new@example.com")
        self.assert_refused_everywhere(Original(token, key), [*CLAIMS, *MAIL_CLAIMS])
        self.assertEqual(self.doors.send("confirm-email", token), (200, None))
        token = mail_token(self.system.email_to("ann@example.com", 3), "/set-password")
        take_back = Original(token, key)
        self.assertEqual(take_back.header["typ"], "take-back-email+jwt")
        # It outlives changes of the password: of any credential version it is good.
        self.assert_refused_everywhere(take_back, [
            *CLAIMS, *(row for row in MAIL_CLAIMS if row[0] != "ver the next")])
        self.assertEqual(self.system.set_password(token, OTHER_PASSWORD)[0], 200)

    def test_T1_T2_T3_T11_forged_mail_tokens_of_a_key_pair_are_refused_at_every_door(self):
        private, public = self.folder / "mail.key", self.folder / "mail.pub"
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out",
                        private], check=True)
        subprocess.run(["openssl", "ec", "-in", private, "-pubout", "-out", public], check=True,
                       capture_output=True)
        self.start(worker=False, MAIL_TOKEN_PUBLIC_KEY_FILE=str(public))
        self.system.start_worker(
            MAIL_TOKEN_KEY_FILE=str(private),
            DATABASE_URL=f"sqlite://{self.system.folder}/data/postern.db")
        token = self.registered("set@example.com")
        original = Original(token, Es256.of_pem(private.read_bytes()))
        self.assertTrue(original.is_es256)
        self.assert_refused_everywhere(original, [*CLAIMS, *MAIL_CLAIMS])
        self.assertEqual(self.system.set_password(token)[0], 200)

    def test_T1_T2_T3_T11_forged_access_and_id_tokens_are_refused_at_every_door(self):
        self.start()
        own, of_client, browser = self.person("ann@example.com")
        key = self.signing_key()
        access = Original(own["access_token"], key)
        for claims in ({}, {"jti": "another"}):
            self.assertEqual(self.doors.send("me", access.signed(claims=claims)), (200, None),
                             "signed with the server's key")
        self.assert_refused_everywhere(access, [*CLAIMS, *ACCESS_CLAIMS])
        client_access = Original(of_client["access_token"], key)
        # A client's token has the client's audience, which userinfo does not look at: it looks for
        # the client and its grant.
        not_its_audience = [row for row in CLAIMS if "aud" not in row[0].split()[:2]]
        self.assert_refused_everywhere(
            client_access, [*not_its_audience, *(row for row in ACCESS_CLAIMS
                                                 if not row[0].startswith("sid of"))])
        # Only its client, its form and its signature count: an ID token that expired names the
        # session to end as well.
        hint = Original(of_client["id_token"], key)
        self.assert_refused_everywhere(hint, [
            row for row in CLAIMS
            if row[0].startswith(("claims", "exp twice", "sub twice", "aud"))])
        self.assertEqual(self.doors.send("me", own["access_token"]), (200, None))
        self.assertEqual(self.doors.send("userinfo", of_client["access_token"]), (200, None))
        self.assertEqual(self.doors.send("end-session", of_client["id_token"])[0], 303)
        self.assertEqual(self.doors.send("token by refresh", of_client["refresh_token"])[0], 200)
        self.assertEqual(browser.go("/account").status, 200, "no forged token ended a session")

    def test_T4_every_kind_of_token_at_every_door_and_each_is_good_at_its_own_alone(self):
        self.start()
        own, of_client, browser = self.person("ann@example.com")
        tokens = {
            "set-password": (self.registered("bo@example.com"),
                             {"set-password", "set-password by form", "set-password by link",
                              "strength"}),
            "confirm-email": (self.change_email(own, "ann.new@example.com"),
                              {"confirm-email", "confirm-email by link"}),
            "access": (own["access_token"], {"me"}),
            "refresh": (own["refresh_token"], {"refresh", "logout"}),
            "cookie": (browser.cookies["__Host-postern"], {"me by cookie"}),
            "device": (own["device_token"], set()),
            "client access": (of_client["access_token"], {"userinfo", "revoke"}),
            "client refresh": (of_client["refresh_token"], {"token by refresh", "revoke"}),
            "code": (self.code(browser), {"token by code"}),
            "id": (of_client["id_token"], {"end-session"}),
        }
        for kind, (token, its_doors) in tokens.items():
            for door, (send, refusals) in self.doors.all.items():
                if door not in its_doors:
                    self.assertIn(send(token), refusals, (kind, door))
        # After all of that each is still good where it belongs; what uses it up comes last.
        for door, kind, status in (
                ("set-password by link", "set-password", 200), ("strength", "set-password", 200),
                ("set-password", "set-password", 200), ("confirm-email by link", "confirm-email",
                                                        200),
                ("me", "access", 200), ("me by cookie", "cookie", 200),
                ("userinfo", "client access", 200), ("end-session", "id", 303),
                ("token by refresh", "client refresh", 200), ("refresh", "refresh", 200),
                ("token by code", "code", 200), ("confirm-email", "confirm-email", 200)):
            self.assertEqual(self.doors.send(door, tokens[kind][0])[0], status, door)


if __name__ == "__main__":
    unittest.main()
