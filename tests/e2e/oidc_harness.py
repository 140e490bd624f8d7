"""A browser without scripts, and a product that uses the OpenID Provider."""

import base64
import hashlib
import html
import json
import re
import secrets
import urllib.parse

CALLBACK = "https://notes.example/callback"
GOODBYE = "https://notes.example/goodbye"
FORM = "application/x-www-form-urlencoded"


def pkce():
    """verifier, challenge"""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def query_of(url):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query, strict_parsing=True))


def claims_of(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


class Answer:
    def __init__(self, status, headers, body, path):
        self.status, self.headers, self.path = status, headers, path
        self.text = body.decode()

    @property
    def location(self):
        return self.headers.get("Location", "")

    def json(self):
        return json.loads(self.text)

    def fields(self):
        """The hidden and filled fields of the page's first form."""
        fields = {}
        for tag in re.findall(r"<input [^>]*>", self.text):
            name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
            if name and value:
                fields[html.unescape(name[1])] = html.unescape(value[1])
        return fields


class Browser:
    """Keeps cookies, and follows redirects within the server."""

    def __init__(self, app):
        self.app = app
        self.origin = f"http://localhost:{app.port}"
        self.cookies = {}

    def ask(self, method, path, fields=None, headers=None):
        headers = {"Accept": "text/html", "Host": f"localhost:{self.app.port}",
                   "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
                   **(headers or {})}
        body = None
        if fields is not None:
            body = urllib.parse.urlencode(fields)
            headers = {"Content-Type": FORM, "Origin": self.origin, **headers}
        status, answered, text = self.app.request(method, path, body, headers)
        for cookie in answered.get_all("Set-Cookie", []):
            name, _, rest = cookie.partition("=")
            if "Max-Age=0" in rest:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = rest.split(";")[0]
        return Answer(status, answered, text, path)

    def go(self, path, fields=None):
        """The first page, or the first redirect to another host."""
        for _ in range(10):
            path = path.removeprefix(self.origin)
            answer = self.ask("GET" if fields is None else "POST", path, fields)
            fields, path = None, answer.location
            if answer.status != 303 or not path.startswith((self.origin, "/")):
                return answer
        raise AssertionError("redirects without an end")

    def flows(self):
        return [name for name in self.cookies if name.startswith("__Host-postern-flow-")]


class Product:
    """A client and its server."""

    def __init__(self, app, client_id, secret=None, redirect_uri=CALLBACK):
        self.app, self.client_id, self.secret = app, client_id, secret
        self.redirect_uri = redirect_uri
        self.verifier, self.challenge = pkce()

    def authorize_path(self, **changes):
        """A change to None leaves the parameter away."""
        parameters = {"client_id": self.client_id, "redirect_uri": self.redirect_uri,
                      "response_type": "code", "scope": "openid email profile offline_access",
                      "state": "a state", "nonce": "a nonce", "code_challenge": self.challenge,
                      "code_challenge_method": "S256", **changes}
        given = {name: value for name, value in parameters.items() if value is not None}
        return "/authorize?" + urllib.parse.urlencode(given)

    def basic(self):
        pair = f"{urllib.parse.quote_plus(self.client_id)}:{self.secret}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    def post(self, path, fields, headers=None):
        """As the client: by Basic with a secret, by its id alone without."""
        headers = {"Content-Type": FORM, "Accept": "application/json", **(headers or {})}
        if self.secret and "Authorization" not in headers:
            headers["Authorization"] = self.basic()
        elif not self.secret:
            fields = {"client_id": self.client_id, **fields}
        status, answered, text = self.app.request("POST", path, urllib.parse.urlencode(fields),
                                                  headers)
        return Answer(status, answered, text, path)

    def exchange(self, code, **changes):
        return self.post("/token", {"grant_type": "authorization_code", "code": code,
                                    "redirect_uri": self.redirect_uri,
                                    "code_verifier": self.verifier, **changes})

    def refresh(self, token, **more):
        return self.post("/token", {"grant_type": "refresh_token", "refresh_token": token, **more})

    def userinfo(self, access_token):
        status, headers, text = self.app.request(
            "GET", "/userinfo", None, {"Authorization": f"Bearer {access_token}"})
        return Answer(status, headers, text, "/userinfo")
