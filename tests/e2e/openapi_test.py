"""The description at /openapi.json against the server that serves it: every operation is called,
well and badly, and every answer must be among those that are described."""

import json
import re
import unittest
import urllib.parse
import uuid

import openapi_rules
from harness import PASSWORD
from oidc_harness import CALLBACK, Product, query_of
from servers import ROOT, Postern, Postgres, scratch_folder, wait_until

JSON, FORM, MULTIPART = ("application/json", "application/x-www-form-urlencoded",
                         "multipart/form-data")
KINDS = (JSON, FORM, MULTIPART)
HTML = {"Accept": "text/html"}
OTHER_PASSWORD = "another quiet river 8"
WRONG_PASSWORD = "a wrong quiet river 9"
# Full queues are shown by the tests of the hash pool and of the writer.
UNSEEN_CODES = {"overloaded"}


def encode(kind, fields):
    """The body and its whole content type."""
    if kind == JSON:
        return json.dumps(fields).encode(), kind
    if kind == FORM:
        return urllib.parse.urlencode(fields).encode(), kind
    parts = "".join(f'--limit\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                    for name, value in fields.items())
    return (parts + "--limit--\r\n").encode(), f"{kind}; boundary=limit"


def closed(value):
    """The same schemas, but objects have no members that are not described."""
    if isinstance(value, list):
        return [closed(item) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: closed(item) for key, item in value.items()}
    if made.get("type") == "object" and isinstance(made.get("properties"), dict):
        made.setdefault("additionalProperties", False)
    return made


class Api:
    """Calls operations by their description, and holds each answer against it."""

    def __init__(self, test, server):
        self.test = test
        self.server = server
        self.document = json.loads(server.request("GET", "/openapi.json")[2])
        self.answers = closed(self.document)
        self.seen = set()

    def operation(self, method, path):
        return self.document["paths"][path][method.lower()]

    def call(self, method, path, want, fields=None, **more):
        """`want` is a status, or a status and a code; more: kind, headers, query, at, body."""
        headers = dict(more.get("headers", {}))
        body = more.get("body")
        if fields is not None:
            body, headers["Content-Type"] = encode(more.get("kind", JSON), fields)
        target = more.get("at", path)
        if "query" in more:
            query = more["query"]
            target += "?" + (query if isinstance(query, str) else urllib.parse.urlencode(query))
        status, answered, text = self.server.request(method, target, body, headers)
        about = f"{method} {target} {headers} {str(body)[:200]}: {status} {text[:300]}"
        responses = self.answers["paths"][path][method.lower()]["responses"]
        self.test.assertIn(str(status), responses, about)
        value = self.check(responses[str(status)], answered, text, about)
        code = value.get("code") if status >= 400 and isinstance(value, dict) else None
        kind = answered["Content-Type"].split(";")[0] if text else ""
        self.seen.add((method, path, str(status), code, kind))
        found = (status, code) if isinstance(want, tuple) else status
        self.test.assertEqual(found, want, about)
        return value, answered

    def check(self, response, answered, text, about):
        """The content of an answer that fits its description."""
        response = openapi_rules.resolve(self.answers, response)
        for name, header in response.get("headers", {}).items():
            header = openapi_rules.resolve(self.answers, header)
            if name not in answered and not header["required"]:
                continue
            self.test.assertIn(name, answered, about)
            self.check_value(header["schema"], answered[name], about)
        if not text:
            self.test.assertNotIn("content", response, about)
            return None
        kind = answered["Content-Type"].split(";")[0]
        self.test.assertIn(kind, response.get("content", {}), about)
        value = json.loads(text) if kind.endswith("json") else text.decode()
        self.check_value(response["content"][kind]["schema"], value, about)
        if kind == "application/problem+json":
            self.test.assertIn(f": {value['status']} ", about)
        return value

    def check_value(self, schema, value, about):
        errors = list(openapi_rules.validator(self.answers, schema).iter_errors(value))
        self.test.assertEqual([error.message for error in errors], [], about)

    def described(self):
        """(method, path, status, code or None) of everything but `default`."""
        for method, path, operation in openapi_rules.operations(self.document):
            for status, response in operation["responses"].items():
                if status == "default":
                    continue
                content = openapi_rules.resolve(self.document, response).get("content", {})
                for kind, media in content.items():
                    if status < "300":
                        yield method, path, status, None, kind
                    elif kind == "application/problem+json":
                        for code in self.codes(media["schema"]):
                            yield method, path, status, code, kind
                if not content:
                    yield method, path, status, None, ""

    def codes(self, schema):
        found = set()
        for part in [schema, *schema.get("allOf", [])]:
            code = openapi_rules.resolve(self.document, part).get("properties", {}).get("code", {})
            found |= set(code.get("enum", [])) | ({code["const"]} if "const" in code else set())
        return found


class Life:
    """What an account goes through, with bodies of one kind."""

    def __init__(self, api, kind, name):
        self.api = api
        self.kind = kind
        self.address = f"{name}@example.com"
        self.password = PASSWORD
        self.bearer = {}

    def mail(self, kind, to=None, count=1):
        def found():
            mails, _ = self.api.call("GET", "/dev/mailbox", 200)
            fitting = [mail for mail in mails
                       if (mail["kind"], mail["to"]) == (kind, to or self.address)]
            return fitting[0] if len(fitting) >= count else None
        return wait_until(found, f"{kind} to {to or self.address}")

    def token(self, mail):
        link = next(word for word in mail["text"].split() if "?token=" in word)
        return urllib.parse.parse_qs(urllib.parse.urlsplit(link).query)["token"][0]

    def post(self, path, want, fields, **more):
        return self.api.call("POST", path, want, fields, kind=self.kind, **more)

    def register(self):
        self.post("/register", 202, {"email": self.address, "locale": "ru",
                                     "return_to": "https://app.example.com/"})
        self.set_password(self.token(self.mail("confirm")))

    def recover(self, count=1, headers=None):
        self.post("/recover-password", 202, {"email": self.address}, headers=headers or {})
        return self.token(self.mail("recover", count=count))

    def set_password(self, token):
        self.api.call("GET", "/set-password", 200, query={"token": token})
        self.post("/password-strength", 200, {"password": self.password, "token": token})
        weak, _ = self.post("/password-strength", 200, {"password": "1"})
        self.api.test.assertEqual(weak["reason"], "too_short")
        fields = {"token": token, "password": "short"}
        self.post("/set-password", (422, "weak_password"), fields)
        self.post("/set-password", 422, fields, headers=HTML)
        self.post("/set-password", 200, {"token": token, "password": self.password})
        for method in ("GET", "POST"):
            body = {"fields": {"password": self.password}} if method == "POST" else {}
            self.api.call(method, "/set-password", (400, "invalid_token"), query={"token": token},
                          headers={"Accept": "application/json"}, **body)
        self.post("/password-strength", (400, "invalid_token"), {"password": "1", "token": token})

    def login(self):
        pair, _ = self.post("/login", 200, {"email": self.address, "password": self.password})
        self.bearer = {"Authorization": f"Bearer {pair['access_token']}"}
        return pair

    def cookie(self):
        _, answered = self.api.call("POST", "/login", 303, {
            "email": self.address, "password": self.password}, kind=FORM, headers=HTML)
        return {"Cookie": answered["Set-Cookie"].split(";")[0]}

    def change_profile(self):
        me, _ = self.api.call("PATCH", "/me", 200, {"display_name": "Анна", "locale": "en"},
                              kind=self.kind, headers=self.bearer)
        same, _ = self.api.call("GET", "/me", 200, headers=self.bearer)
        self.api.test.assertEqual(me, same)
        self.post("/me", 200, {"display_name": "Anna"}, headers=self.bearer)

    def change_password(self):
        fields = {"current_password": self.password, "new_password": OTHER_PASSWORD}
        self.post("/me/password", (422, "weak_password"), {**fields, "new_password": "short"},
                  headers=self.bearer)
        self.post("/me/password", 204, fields, headers=self.bearer)
        self.password = OTHER_PASSWORD

    def ask_for_address(self, address):
        changed, _ = self.post("/me/email", 202, {"email": address, "password": self.password},
                               headers=self.bearer)
        self.api.test.assertEqual(changed["status"], "accepted")
        return self.token(self.mail("confirm-email", address))

    def change_email(self):
        address = "new." + self.address
        token = self.ask_for_address(address)
        pending, _ = self.api.call("GET", "/me", 200, headers=self.bearer)
        self.api.test.assertEqual(pending["pending_email"], address)
        for headers in (HTML, {"Accept": "application/json"}):
            self.api.call("GET", "/confirm-email", 200, query={"token": token}, headers=headers)
        self.post("/confirm-email", 200, {"token": token}, headers=self.bearer)
        self.post("/confirm-email", (400, "invalid_token"), {"token": token})
        self.api.call("GET", "/confirm-email", (400, "invalid_token"), query={"token": token},
                      headers={"Accept": "application/json"})
        self.address = address

    def end_sessions(self):
        other = self.cookie()
        listed, _ = self.api.call("GET", "/me/sessions", 200, headers=self.bearer)
        self.api.test.assertEqual({session["kind"] for session in listed["sessions"]},
                                  {"bearer", "cookie"})
        there = next(item["id"] for item in listed["sessions"] if item["kind"] == "cookie")
        path = "/me/sessions/{id}"
        self.api.call("DELETE", path, 204, at=f"/me/sessions/{there}", headers=self.bearer)
        self.api.call("DELETE", path, (404, "not_found"), at=f"/me/sessions/{there}",
                      headers=self.bearer)
        self.api.call("GET", "/me", (401, "unauthorized"), headers=other)
        self.post("/me/sessions", 204, {"_method": "DELETE"}, headers=self.bearer)
        self.post("/me/sessions", (404, "not_found"), {"id": "none"}, headers=self.bearer)
        self.api.call("DELETE", "/me/sessions", 204, headers=self.bearer)

    def end(self):
        pair = self.login()
        pair, _ = self.post("/refresh", 200, {"refresh_token": pair["refresh_token"]})
        self.post("/logout", 204, {"refresh_token": pair["refresh_token"]})
        self.post("/refresh", (401, "unauthorized"), {"refresh_token": pair["refresh_token"]})
        self.login()
        self.api.call("POST", "/logout", 204, headers=self.bearer)
        self.login()
        if self.kind == JSON:
            self.api.call("DELETE", "/me", 204, {"password": self.password}, headers=self.bearer)
        elif self.kind != FORM:
            self.post("/me/delete", 204, {"password": self.password}, headers=self.bearer)
        else:
            self.post("/me", 204, {"_method": "DELETE", "password": self.password},
                      headers=self.bearer)
        self.api.call("GET", "/me", (401, "unauthorized"), headers=self.bearer)


class Description(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(scratch_folder())

    def server(self, name, **settings):
        """Emails are captured, and read at /dev/mailbox."""
        folder = self.folder / name
        folder.mkdir()
        server = Postern("run", folder, {
            "MAIL_LIMIT_PER_ADDRESS": "1000/h", "RETURN_URLS": "https://app.example.com/",
            **settings})
        self.addCleanup(lambda: server.process.running() and server.stop())
        return server

    def test_rules(self):
        """It is OpenAPI 3.1, and knows every error code that the program has, and no other."""
        document = json.loads((ROOT / "templates/docs/openapi.json").read_text())
        self.assertEqual(openapi_rules.breaches(document), [])
        broken = json.loads(json.dumps(document))
        broken["paths"]["/me/sessions/{id}"]["delete"]["parameters"].pop()
        self.assertNotEqual(openapi_rules.breaches(broken), [])

        source = "".join(path.read_text() for folder in ("web", "http")
                         for path in (ROOT / "src" / folder).glob("*.[ch]pp")
                         # The admin listener is not part of the description.
                         if "test" not in path.name and path.name != "admin_hosts.cpp")
        written = set(re.findall(r'Known\{"(\w+)"', source))
        written |= set(re.findall(r'Refusal k\w+\{\s*\d+,\s*"(\w+)"', source))
        written |= set(re.findall(r'problem\(\s*\d+,\s*"(\w+)"', source))
        described = set()
        for _, value in openapi_rules.walk(document):
            code = value.get("code") if isinstance(value, dict) else None
            if isinstance(code, dict):
                described |= set(code.get("enum", [])) | ({code["const"]} if "const" in code
                                                          else set())
        self.assertEqual(described, written)
        project = (ROOT / "CMakeLists.txt").read_text()
        self.assertIn(f"VERSION {document['info']['version']} ", project)

    def test_M2_W4_C2_each_operation_as_it_should_be_called_and_as_it_should_not(self):
        """Each operation, as it should be called and as it should not."""
        api = Api(self, self.server("whole"))
        self.assertEqual(api.document["servers"], [{"url": f"http://localhost:{api.server.port}"}])
        for number, kind in enumerate(KINDS):
            life = Life(api, kind, f"life{number}")
            life.register()
            life.login()
            life.change_profile()
            life.change_password()
            life.change_email()
            life.end_sessions()
            life.end()
        person = Life(api, JSON, "person")
        person.register()
        self.browse(api, person)
        person.login()
        self.sign_in(api, person)
        for method, path, operation in openapi_rules.operations(api.document):
            # Programs and products of other sites call those; tests/e2e/oidc_test.py misuses them.
            if operation["tags"] != ["Products"]:
                self.misuse(api, person, method, path, operation)
        self.misuse_fields(api, person)
        self.take_address(api, person)
        self.guess(api, Life(api, JSON, "guessed"))
        self.refusals(api)
        api.seen |= self.hurry() | self.lose_database()
        missing = set(api.described()) - api.seen
        missing = {item for item in missing if item[3] not in UNSEEN_CODES}
        self.assertEqual(missing, set(), "described, but never seen")

    def browse(self, api, person):
        """What a browser gets: pages, and the way on."""
        for path in ("/", "/register", "/recover-password", "/login", "/email-sent"):
            api.call("GET", path, 200, query={"locale": "ru"}, headers=HTML)
            api.call("GET", path, (400, "invalid_return_to"),
                     query={"return_to": "https://evil.example/"},
                     headers={"Accept": "application/json"})
            api.call("GET", path, (400, "invalid_form"), query="locale=%ZZ",
                     headers={"Accept": "application/json"})
        for path in ("/docs", "/openapi.json", "/.well-known/jwks.json"):
            api.call("GET", path, 200)
        for path in ("/register", "/recover-password"):
            api.call("POST", path, 303, {"email": person.address}, kind=FORM, headers=HTML)
            api.call("POST", path, 202, {"email": person.address}, headers=HTML)
        for path in ("/account", "/account/delete"):
            api.call("GET", path, 303, headers=HTML)
            api.call("GET", path, (400, "invalid_form"), query="locale=%ZZ")
        api.call("GET", "/.well-known/change-password", 303)
        cookie = {**HTML, **person.cookie()}
        api.call("GET", "/account", 200, headers=cookie)
        api.call("GET", "/account/delete", 200, headers=cookie)
        person.password = PASSWORD
        fields = {"current_password": person.password, "new_password": OTHER_PASSWORD}
        api.call("POST", "/me/password", 303, fields, kind=FORM, headers=cookie)
        person.password = OTHER_PASSWORD
        api.call("POST", "/me/email", 303, {"email": "a@example.org", "password": OTHER_PASSWORD},
                 kind=FORM, headers=cookie)
        token = person.token(person.mail("confirm-email", "a@example.org"))
        api.call("POST", "/confirm-email", 200, {"token": token}, kind=FORM, headers=cookie)
        person.address = "a@example.org"
        api.call("POST", "/me", 303, {"display_name": "A"}, kind=FORM, headers=cookie)
        api.call("PATCH", "/me", 303, {"display_name": "A"}, kind=FORM, headers=cookie)
        api.call("POST", "/me/sessions", 303, {}, kind=FORM, headers=cookie)
        api.call("DELETE", "/me/sessions", 303, headers=cookie)
        gone = {**HTML, **person.cookie()}
        api.call("DELETE", "/me/sessions/{id}", 303, at="/me/sessions/none",
                 headers=HTML)
        api.call("POST", "/logout", 303, {}, kind=FORM, headers=gone)
        api.call("DELETE", "/me", 303, {"password": OTHER_PASSWORD}, kind=FORM, headers=gone)
        api.call("POST", "/me/delete", 303, {"password": OTHER_PASSWORD}, kind=FORM, headers=gone)
        token = person.recover()
        api.call("POST", "/set-password", 200, {"token": token, "password": person.password},
                 kind=FORM, headers=HTML)
        api.call("GET", "/dev/mailbox", 200, headers=HTML)
        mail = person.mail("recover")
        api.call("GET", "/dev/mailbox/message", 200, query={"id": mail["id"]}, headers=HTML)
        api.call("GET", "/dev/mailbox/message", (404, "not_found"), query={"id": "none"})
        api.call("GET", "/dev/mailbox/message", (400, "invalid_form"), query="id=%ZZ")
        for query, code in (("limit=x", "invalid_field"), ("id=%ZZ", "invalid_form"),
                            ("return_to=https://evil.example/", "invalid_return_to")):
            api.call("GET", "/dev/mailbox", (400, code), query=query)

    def sign_in(self, api, person):
        """A product's person, with a cookie, through every operation of the provider."""
        made = json.loads(api.server.run_command(
            "clients", "add", "--json", "--public", "--third-party", "--name", "Acme",
            "--redirect-uri", CALLBACK, "--post-logout-redirect-uri", CALLBACK))
        product = Product(api.server, made["client_id"])
        own = {"client_id": product.client_id}
        for name in ("openid-configuration", "oauth-authorization-server"):
            api.call("GET", f"/.well-known/{name}", 200)
        cookie = {**HTML, **person.cookie()}
        query = urllib.parse.urlsplit(product.authorize_path()).query
        api.call("POST", "/authorize", 303, dict(urllib.parse.parse_qsl(query)), kind=FORM)
        api.call("GET", "/authorize", 400, query={"client_id": "unknown"}, headers=HTML)
        _, answered = api.call("GET", "/authorize", 303, query=query, headers=cookie)
        there = urllib.parse.urlsplit(answered["Location"])
        flow = {**HTML, "Cookie": cookie["Cookie"] + "; " + answered["Set-Cookie"].split(";")[0]}
        api.call("GET", there.path, 400, query={"flow": "none"}, headers=HTML)
        api.call("GET", there.path, 200, query=there.query, headers=flow)
        decision = {"flow": query_of(answered["Location"])["flow"], "decision": "allow"}
        consent = "/authorize/consent"
        api.call("POST", consent, 400, {**decision, "flow": "none"}, kind=FORM, headers=HTML)
        api.call("POST", consent, 403, decision, kind=FORM,
                 headers={**flow, "Origin": "https://evil.example"})
        api.call("POST", consent, 303, decision, kind=FORM, headers=flow)
        _, answered = api.call("GET", there.path, 303, query=there.query, headers=flow)
        fields = {**own, "grant_type": "authorization_code", "redirect_uri": CALLBACK,
                  "code": query_of(answered["Location"])["code"],
                  "code_verifier": product.verifier}
        tokens, _ = api.call("POST", "/token", 200, fields, kind=FORM)
        api.call("POST", "/token", 400, fields, kind=FORM)
        api.call("POST", "/token", 401, {**fields, "client_id": "unknown"}, kind=FORM)
        _, answered = api.call("GET", there.path, 303, query=there.query, headers=flow)
        code = query_of(answered["Location"])["code"]
        tokens, _ = api.call("POST", "/token", 200, {**fields, "code": code}, kind=FORM)
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        for method in ("GET", "POST"):
            api.call(method, "/userinfo", 200, headers=bearer)
            api.call(method, "/userinfo", 401)
        api.call("POST", "/revoke", 200, {**own, "token": tokens["refresh_token"]}, kind=FORM)
        api.call("POST", "/revoke", 401, {"client_id": "unknown", "token": "x"}, kind=FORM)
        api.call("POST", "/revoke", 400, {"token": "x"}, kind=FORM)
        end = "/end-session"
        api.call("GET", end, 200, headers=cookie)
        api.call("POST", end, 200, {}, kind=FORM, headers=cookie)
        api.call("GET", end, 400, query={"id_token_hint": "x"}, headers=HTML)
        api.call("POST", end, 400, {"id_token_hint": "x"}, kind=FORM, headers=HTML)
        api.call("GET", end, 303, headers=HTML)
        hint = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": CALLBACK}
        api.call("POST", end, 303, hint, kind=FORM, headers=cookie)

    def misuse(self, api, person, method, path, operation):
        """What every operation of its kind refuses."""
        at = {"at": path.replace("{id}", str(uuid.uuid4())), "headers": person.bearer}
        # {} among them: credentials are optional.
        secured = (operation["security"] and {} not in operation["security"]
                   and path not in ("/logout", "/account", "/account/delete"))
        if method != "GET":
            api.call(method, path, (403, "cross_site"), {}, **{**at, "headers": {
                **person.bearer, "Origin": "https://evil.example"}})
        if secured:
            fields = {} if "requestBody" in operation else None
            if operation.get("requestBody"):
                fields = {"password": "x", "current_password": "x", "new_password": "x",
                          "email": "a@example.com"}
            for headers in ({}, {"Authorization": "Bearer x.y.z"}, {"Cookie": "__Host-postern=x"}):
                api.call(method, path, (401, "unauthorized"), fields, **{**at, "headers": headers})
        if "requestBody" not in operation:
            return
        json_type = {**person.bearer, "Content-Type": JSON}
        for text in ("{", "[]", '{"a":1,"a":2}', "[" * 9, '"\xff"'):
            api.call(method, path, (400, "invalid_json"), body=text.encode("latin-1"),
                     **{**at, "headers": json_type})
        api.call(method, path, (400, "invalid_form"), body=b"a=%ZZ",
                 **{**at, "headers": {**person.bearer, "Content-Type": FORM}})
        api.call(method, path, (415, "unsupported_media_type"), body=b"{}",
                 **{**at, "headers": {**person.bearer, "Content-Type": "text/plain"}})
        api.call(method, path, (413, "body_too_large"), body=b"x" * 17_000,
                 **{**at, "headers": json_type})
        schema = openapi_rules.resolve(
            api.document, operation["requestBody"]["content"][JSON]["schema"])
        required = schema.get("required", [])
        whole = dict(schema["examples"][0])
        for name in required:
            api.call(method, path, (400, "missing_field"),
                     {key: value for key, value in whole.items() if key != name}, **at)
        for name in {*required} or {*list(whole)[:1]}:
            # Where a field is optional, null means that it is absent.
            for value in (7, ["a"], {"a": "b"}, *([None] if name in required else [])):
                api.call(method, path, (400, "invalid_field"), {**whole, name: value}, **at)

    def misuse_fields(self, api, person):
        """What single operations refuse."""
        bearer = {"headers": person.bearer}
        for path in ("/register", "/recover-password"):
            api.call("POST", path, (400, "invalid_return_to"),
                     {"email": "a@example.com", "return_to": "https://evil.example/"})
            api.call("POST", path, (400, "invalid_email"), {"email": "a@b@c"})
        api.call("POST", "/login", (400, "invalid_email"), {"email": "a", "password": "x"})
        api.call("POST", "/login", (401, "invalid_credentials"),
                 {"email": "unknown@example.com", "password": WRONG_PASSWORD})
        api.call("POST", "/login", 401, {"email": "unknown@example.com", "password": "x"},
                 headers=HTML, kind=FORM)
        api.call("POST", "/logout", (401, "unauthorized"))
        api.call("POST", "/set-password", (400, "missing_field"), {"password": "x"})
        api.call("POST", "/confirm-email", (400, "missing_field"), {})
        api.call("POST", "/confirm-email", (400, "invalid_field"), {"token": 7})
        api.call("POST", "/me", (400, "missing_field"), {"_method": "DELETE"}, **bearer)
        api.call("POST", "/me/email", (400, "invalid_email"), {"email": "a", "password": "x"},
                 **bearer)
        wrong = {"password": WRONG_PASSWORD, "current_password": WRONG_PASSWORD,
                 "new_password": OTHER_PASSWORD, "email": "b@example.org", "_method": "DELETE"}
        for method, path in (("DELETE", "/me"), ("POST", "/me"), ("POST", "/me/password"),
                             ("POST", "/me/email")):
            api.call(method, path, (403, "wrong_password"), wrong, **bearer)
        # One more of the same session would have to wait.
        person.login()
        api.call("POST", "/me/delete", (403, "wrong_password"), wrong, headers=person.bearer)

    def take_address(self, api, person):
        """409: another account has the address by now."""
        other = Life(api, JSON, "wanted")
        token = person.ask_for_address(other.address)
        other.register()
        api.call("POST", "/confirm-email", (409, "email_taken"), {"token": token})
        # Likewise for the former address of an account.
        moved, heir = Life(api, JSON, "moved"), Life(api, JSON, "moved")
        moved.register()
        moved.login()
        api.call("POST", "/confirm-email", 200,
                 {"token": moved.ask_for_address("elsewhere@example.com")})
        token = moved.token(moved.mail("email-changed"))
        heir.post("/register", 202, {"email": heir.address})
        heir.set_password(heir.token(heir.mail("confirm", count=2)))
        api.call("POST", "/set-password", (409, "email_taken"),
                 {"token": token, "password": OTHER_PASSWORD})

    def guess(self, api, person):
        """L1: after too many wrong passwords each operation that asks for one says when to come."""
        person.register()
        person.login()
        wrong = {"email": person.address, "password": WRONG_PASSWORD, "_method": "DELETE",
                 "current_password": WRONG_PASSWORD, "new_password": OTHER_PASSWORD}
        for _ in range(9):
            status, _ = self.status_of(api, "/login", wrong)
            if status == 429:
                break
        for method, path in (("POST", "/login"), ("DELETE", "/me"), ("POST", "/me"),
                             ("POST", "/me/delete"), ("POST", "/me/password"), ("POST", "/me/email")):
            # The wait may just be over; a wrong password then makes the next one longer.
            wait_until(lambda: self.status_of(api, path, wrong, method, person.bearer)[0] == 429,
                       f"{method} {path} to be refused")
            api.call(method, path, (429, "too_many_attempts"), wrong, headers=person.bearer)

    def status_of(self, api, path, fields, method="POST", headers=None):
        body, kind = encode(JSON, fields)
        status, _, text = api.server.request(method, path, body,
                                             {"Content-Type": kind, **(headers or {})})
        return status, text

    def refusals(self, api):
        """What is answered before any route is asked fits `default`."""
        refused = api.answers["components"]["responses"]["Refused"]
        long = "x" * 9000
        for want, method, target, headers in (
                ((404, "not_found"), "GET", "/nothing", {}),
                ((405, "method_not_allowed"), "PUT", "/login", {}),
                ((400, "invalid_target"), "GET", "/%zz", {}),
                ((414, "target_too_long"), "GET", "/" + long, {}),
                ((431, "headers_too_large"), "GET", "/", {"A": long, "B": long}),
                ((417, "expectation_failed"), "POST", "/login", {"Expect": "much"}),
                ((501, "not_implemented"), "TRACE", "/", {}),
                ((400, "bad_request"), "GET", "/", {"Host": "a b"})):
            status, answered, text = api.server.request(method, target, None, headers)
            about = f"{method} {target[:40]}: {status} {text[:300]}"
            value = api.check(refused, answered, text, about)
            self.assertEqual((status, value["code"]), want, about)

    def hurry(self):
        """L3: over the limit of requests every operation that changes something says so."""
        api = Api(self, self.server("hurry", REQUEST_LIMIT_PER_IP="1/h"))
        api.server.post("/login", {})
        for method, path, _ in openapi_rules.operations(api.document):
            # A product's server asks for all of its people, and has a limit of its own.
            if method != "GET" and path not in ("/token", "/revoke", "/userinfo"):
                api.call(method, path, (429, "too_many_requests"), {},
                         at=path.replace("{id}", "none"))
        return api.seen

    def lose_database(self):
        """Without its database each operation that needs it says 503, and when to come again."""
        postgres = Postgres(self.folder)
        stopped = []
        self.addCleanup(lambda: stopped or postgres.stop("immediate"))
        api = Api(self, self.server("lost", DATABASE_URL=postgres.create_database("lost")))
        person = Life(api, JSON, "lost")
        person.register()
        pair = person.login()
        tokens = {"/confirm-email": person.ask_for_address("lost@example.org")}
        tokens["/set-password"] = tokens["/password-strength"] = person.recover()
        postgres.stop("immediate")
        stopped.append(True)
        fields = {"email": person.address, "password": PASSWORD, "current_password": PASSWORD,
                  "new_password": OTHER_PASSWORD, "_method": "DELETE",
                  "refresh_token": pair["refresh_token"]}
        for method, path, operation in openapi_rules.operations(api.document):
            if "503" not in operation["responses"]:
                continue
            if path in tokens:
                fields["token"] = tokens[path]
            query = {"query": {"token": fields.get("token", "")}} if method == "GET" else {}
            api.call(method, path, (503, "store_unavailable"), None if method == "GET" else fields,
                     at=path.replace("{id}", "none"), **query,
                     headers={**person.bearer, "Accept": "application/json"})
        return api.seen


if __name__ == "__main__":
    unittest.main()
