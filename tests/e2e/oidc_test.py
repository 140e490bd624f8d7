"""Sign-in for products: the flow with everything in it, and what it must resist."""

import json
import os
import secrets
import sqlite3
import subprocess
import time
import unittest
import urllib.parse
import urllib.request

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from harness import PASSWORD, SystemTest
from oidc_harness import CALLBACK, GOODBYE, Browser, Product, claims_of, pkce, query_of
from servers import ROOT, wait_until


def add_client(system, name, *options):
    """By the operator's command; a product that knows its secret."""
    made = json.loads(system.app.run_command(
        "clients", "add", "--json", "--id", name.lower(), "--name", f"Acme {name}", "--url",
        "https://notes.example/", "--redirect-uri", CALLBACK, "--post-logout-redirect-uri", GOODBYE,
        *options))
    return Product(system.app, made["client_id"], made.get("client_secret"))


class Oidc(SystemTest):
    def start(self, **settings):
        system = self.new_system(**settings)
        notes = add_client(system, "Notes")
        return system, notes

    def person(self, system, address):
        """A browser whose person is logged in."""
        system.confirmed_account(address)
        browser = Browser(system.app)
        answer = browser.ask("POST", "/login", {"email": address, "password": PASSWORD})
        self.assertEqual(answer.status, 303)
        return browser

    def code(self, browser, product, **changes):
        answer = browser.go(product.authorize_path(**changes))
        self.assertTrue(answer.location.startswith(product.redirect_uri + "?code="),
                        f"{answer.status} {answer.location} {answer.text[:500]}")
        return query_of(answer.location)["code"]

    def tokens(self, browser, product, **changes):
        answer = product.exchange(self.code(browser, product, **changes))
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json()

    def assert_refused(self, answer, error, status=400):
        self.assertEqual((answer.status, answer.json()["error"]), (status, error), answer.text)
        self.assertIn("no-store", answer.headers["Cache-Control"])


class Flow(Oidc):
    def test_registration_inside_the_flow_ends_in_the_product(self):
        system, notes = self.start()
        browser = Browser(system.app)
        page = browser.go(notes.authorize_path(prompt="create", login_hint="ann@example.org"))
        self.assertIn("to continue to Acme Notes", page.text)
        self.assertEqual(page.fields()["email"], "ann@example.org")
        sent = browser.go("/register", {**page.fields(), "email": "ann@example.org"})
        self.assertEqual(sent.status, 200)
        token = system.email_to("ann@example.org").token()
        form = browser.go(f"/set-password?token={token}")
        self.assertIn("form-action 'self' https://notes.example",
                      form.headers["Content-Security-Policy"])
        back = browser.go("/set-password", {**form.fields(), "password": PASSWORD})
        answered = query_of(back.location)
        self.assertEqual((answered["state"], answered["iss"]), ("a state", browser.origin))
        self.assertEqual(browser.flows(), [])
        tokens = notes.exchange(answered["code"]).json()
        keys = jwt.PyJWKSet.from_dict(json.loads(
            system.app.request("GET", "/.well-known/jwks.json")[2]))
        identity = jwt.decode(tokens["id_token"], keys.keys[0].key, ["ES256"], audience="notes",
                              issuer=browser.origin)
        self.assertEqual((identity["email"], identity["email_verified"], identity["nonce"]),
                         ("ann@example.org", True, "a nonce"))
        self.assertEqual((identity["amr"], identity["acr"]), (["pwd"], "1"))
        self.assertEqual(notes.userinfo(tokens["access_token"]).json()["sub"], identity["sub"])
        self.assertEqual(jwt.get_unverified_header(tokens["access_token"])["typ"], "at+jwt")

    def test_registration_in_another_browser_leads_to_the_product_without_a_login(self):
        system, notes = self.start()
        browser, phone = Browser(system.app), Browser(system.app)
        page = browser.go(notes.authorize_path(prompt="create"))
        browser.go("/register", {**page.fields(), "email": "bo@example.org"})
        form = phone.go(f"/set-password?token={system.email_to('bo@example.org').token()}")
        done = phone.go("/set-password", {**form.fields(), "password": PASSWORD})
        self.assertEqual(done.status, 200)
        self.assertIn("Back to Acme Notes", done.text)
        self.assertIn('href="https://notes.example/"', done.text)
        self.assertNotIn("__Host-postern", phone.cookies)
        # The first browser goes on by logging in.
        page = browser.go(notes.authorize_path())
        back = browser.go("/login", {**page.fields(), "email": "bo@example.org",
                                     "password": PASSWORD})
        self.assertIn("code", query_of(back.location))

    def test_the_flow_survives_a_wrong_password_and_a_reset_which_does_not_log_in(self):
        system, notes = self.start()
        system.confirmed_account("cy@example.org")
        browser = Browser(system.app)
        page = browser.go(notes.authorize_path())
        wrong = browser.go("/login", {**page.fields(), "email": "cy@example.org",
                                      "password": "wrong"})
        self.assertIn("to continue to Acme Notes", wrong.text)
        recover = browser.go("/recover-password?" + urllib.parse.urlencode(
            {"return_to": wrong.fields()["return_to"]}))
        self.assertIn("to continue to Acme Notes", recover.text)
        browser.go("/recover-password", {**recover.fields(), "email": "cy@example.org"})
        token = system.email_to("cy@example.org", 2).token()
        form = browser.go(f"/set-password?token={token}")
        done = browser.go("/set-password", {**form.fields(), "password": "another quiet river 8"})
        self.assertEqual(done.status, 200)
        self.assertNotIn("__Host-postern", browser.cookies)
        self.assertIn("Log in to continue to Acme Notes", done.text)
        page = browser.go(notes.authorize_path())
        back = browser.go("/login", {**page.fields(), "email": "cy@example.org",
                                     "password": "another quiet river 8"})
        self.assertIn("code", query_of(back.location))

    def test_two_flows_of_one_browser_end_where_each_began(self):
        system, notes = self.start()
        mail = add_client(system, "Mail")
        system.confirmed_account("di@example.org")
        browser = Browser(system.app)
        first = browser.go(notes.authorize_path(state="first"))
        browser.go(mail.authorize_path(state="second"))
        self.assertEqual(len(browser.flows()), 2)
        back = browser.go("/login", {**first.fields(), "email": "di@example.org",
                                     "password": PASSWORD})
        self.assertEqual(query_of(back.location)["state"], "first")
        for number in range(9):
            Browser.go(browser, mail.authorize_path(prompt="login", state=str(number)))
        self.assertLessEqual(len(browser.flows()), 5)

    def test_a_third_party_client_asks_once_for_each_set_of_scopes(self):
        system, _ = self.start()
        other = add_client(system, "Other", "--third-party")
        browser = self.person(system, "ed@example.org")
        page = browser.go(other.authorize_path(scope="openid email"))
        self.assertIn("Acme Other", page.text)
        self.assertIn("your email address", page.text)
        self.assertNotIn("your name", page.text)
        denied = browser.ask("POST", "/authorize/consent", {**page.fields(), "decision": "deny"})
        self.assertEqual(query_of(denied.location)["error"], "access_denied")
        page = browser.go(other.authorize_path(scope="openid email"))
        allowed = browser.go("/authorize/consent", {**page.fields(), "decision": "allow"})
        self.assertIn("code", query_of(allowed.location))
        self.code(browser, other, scope="openid email")
        self.code(browser, other, scope="openid")
        more = browser.go(other.authorize_path(scope="openid email profile"))
        self.assertEqual(more.status, 200)
        silent = browser.go(other.authorize_path(scope="openid email profile", prompt="none"))
        self.assertEqual(query_of(silent.location)["error"], "consent_required")

    def test_a_login_without_a_flow_leads_to_return_to_or_the_product(self):
        system, _ = self.start(PRODUCT_URL="https://acme.example/",
                               RETURN_URLS="https://acme.example/app/")
        browser = self.person(system, "flo@example.org")
        self.assertIn('href="https://acme.example"', browser.go("/account").text)
        for return_to, ends in ((None, "https://acme.example"),
                                ("https://acme.example/app/x", "https://acme.example/app/x")):
            page = browser.go("/login" + ("?" + urllib.parse.urlencode({"return_to": return_to})
                                          if return_to else ""))
            back = browser.go("/login", {**page.fields(), "email": "flo@example.org",
                                         "password": PASSWORD})
            self.assertEqual(back.location, ends)
            self.assertIn("https://acme.example", page.headers["Content-Security-Policy"])

    def test_the_example_of_a_command_line_logs_in(self):
        system, _ = self.start()
        native = add_client(system, "Native", "--public", "--redirect-uri",
                            "http://127.0.0.1/callback")
        system.confirmed_account("pat@example.org")
        env = {**os.environ, "POSTERN_URL": f"http://localhost:{system.app.port}",
               "CLIENT_ID": native.client_id, "BROWSER": "true"}
        command = subprocess.Popen(
            ["/usr/bin/python3", "-u", ROOT / "examples/cli_login/login.py"], env=env, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(command.kill)
        url = command.stdout.readline().removeprefix("Log in at ").strip()
        browser = Browser(system.app)
        page = browser.go(url)
        back = browser.go("/login", {**page.fields(), "email": "pat@example.org",
                                     "password": PASSWORD})
        with urllib.request.urlopen(back.location, timeout=10) as answer:
            self.assertIn(b"logged in", answer.read())
        said, errors = command.communicate(timeout=30)
        self.assertEqual(said, "You are pat@example.org.\n", errors)

    def test_the_two_documents_are_one_and_true(self):
        system, _ = self.start()
        first, second = (system.app.request("GET", f"/.well-known/{name}")
                         for name in ("openid-configuration", "oauth-authorization-server"))
        self.assertEqual(first[2], second[2])
        self.assertEqual(first[1]["Access-Control-Allow-Origin"], "*")
        document = json.loads(first[2])
        self.assertEqual(document["issuer"], f"http://localhost:{system.app.port}")
        for name in ("authorization", "token", "userinfo", "revocation", "end_session"):
            path = urllib.parse.urlsplit(document[f"{name}_endpoint"]).path
            self.assertNotEqual(system.app.request("GET", path)[0], 404, path)


class Attacks(Oidc):
    def test_I1_a_code_is_bound_to_its_verifier_client_and_redirect_uri(self):
        system, notes = self.start()
        mail = add_client(system, "Mail")
        browser = self.person(system, "ann@example.org")
        code = self.code(browser, notes)
        self.assert_refused(notes.exchange(code, code_verifier=pkce()[0]), "invalid_grant")
        self.assert_refused(notes.exchange(code, code_verifier=""), "invalid_grant")
        self.assert_refused(notes.exchange(code, redirect_uri=CALLBACK + "/"), "invalid_grant")
        self.assert_refused(mail.exchange(code, code_verifier=notes.verifier), "invalid_grant")
        self.assert_refused(notes.exchange(code[:-4] + "AAAA"), "invalid_grant")
        # None of that has spent it.
        self.assertEqual(notes.exchange(code).status, 200)
        # Of a session that has ended.
        code = self.code(browser, notes)
        browser.ask("POST", "/logout", {})
        self.assert_refused(notes.exchange(code), "invalid_grant")

    def test_I2_a_code_that_comes_again_ends_what_it_gave(self):
        system, notes = self.start()
        browser = self.person(system, "bo@example.org")
        code = self.code(browser, notes)
        tokens = notes.exchange(code).json()
        self.assertEqual(notes.userinfo(tokens["access_token"]).status, 200)
        for _ in range(3):
            self.assert_refused(notes.exchange(code), "invalid_grant")
        self.assertEqual(notes.userinfo(tokens["access_token"]).status, 401)
        self.assert_refused(notes.refresh(tokens["refresh_token"]), "invalid_grant")
        # Also when a login in the same browser has taken the grant over.
        code = self.code(browser, notes)
        tokens = notes.exchange(code).json()
        browser.ask("POST", "/login", {"email": "bo@example.org", "password": PASSWORD})
        self.assertEqual(notes.userinfo(tokens["access_token"]).status, 200)
        self.assert_refused(notes.exchange(code), "invalid_grant")
        self.assertEqual(notes.userinfo(tokens["access_token"]).status, 401)
        # The session and its other grants go on.
        self.assertEqual(self.tokens(browser, notes)["token_type"], "Bearer")

    def test_I4_what_is_not_proven_is_shown_on_a_page_and_sent_nowhere(self):
        system, notes = self.start()
        browser = Browser(system.app)
        for changes in ({"client_id": "unknown"}, {"client_id": None}, {"redirect_uri": None},
                        {"redirect_uri": "https://evil.example/"},
                        {"redirect_uri": CALLBACK + "/"}, {"redirect_uri": CALLBACK + "?a=b"},
                        {"redirect_uri": CALLBACK.upper()}, {"redirect_uri": CALLBACK + "#x"},
                        {"redirect_uri": "https://notes.example:443/callback"},
                        {"redirect_uri": "https://notes.example@evil.example/callback"},
                        {"redirect_uri": "https://notes.example%2f@evil.example/callback"}):
            answer = browser.ask("GET", notes.authorize_path(**changes))
            self.assertEqual((answer.status, answer.location), (400, ""), changes)
        for changes, error in (({"response_type": "token"}, "unsupported_response_type"),
                               ({"scope": "nothing"}, "invalid_scope"),
                               ({"prompt": "none login"}, "invalid_request"),
                               ({"max_age": "-1"}, "invalid_request"),
                               ({"request": "x"}, "request_not_supported")):
            answered = query_of(browser.ask("GET", notes.authorize_path(**changes)).location)
            self.assertEqual((answered["error"], answered["state"], answered["iss"]),
                             (error, "a state", browser.origin), changes)

    def test_I5_a_flow_that_was_planted_in_another_browser_is_none_there(self):
        system, notes = self.start()
        system.confirmed_account("cy@example.org")
        attacker, victim = Browser(system.app), Browser(system.app)
        page = attacker.go(notes.authorize_path())
        there = victim.go("/login", {**page.fields(), "email": "cy@example.org",
                                     "password": PASSWORD})
        self.assertEqual((there.status, there.location), (400, ""))
        self.assertIn("start again", there.text)
        # Nor does a cookie of one flow open another one.
        name, value = next(iter((name, attacker.cookies[name]) for name in attacker.flows()))
        victim.cookies[name[:-4] + "AAAA"] = value
        flow = name.removeprefix("__Host-postern-flow-")[:-4] + "AAAA"
        self.assertEqual(victim.go(f"/authorize/continue?flow={flow}").status, 400)

    def test_a_private_use_scheme_gets_its_code_through_the_policy_of_the_pages(self):
        system, _ = self.start()
        native = add_client(system, "Native", "--public", "--third-party", "--redirect-uri",
                            "com.example.notes:/callback")
        native.redirect_uri = "com.example.notes:/callback"
        browser = self.person(system, "quin@example.org")
        page = browser.go(native.authorize_path())
        self.assertIn("form-action 'self' com.example.notes:",
                      page.headers["Content-Security-Policy"])
        back = browser.go("/authorize/consent", {**page.fields(), "decision": "allow"})
        self.assertTrue(back.location.startswith("com.example.notes:/callback?code="))
        self.assertEqual(native.exchange(query_of(back.location)["code"]).status, 200)

    def test_I5_the_forms_of_the_flow_refuse_other_sites(self):
        system, _ = self.start()
        other = add_client(system, "Other", "--third-party")
        browser = self.person(system, "di@example.org")
        page = browser.go(other.authorize_path())
        fields = {**page.fields(), "decision": "allow"}
        evil = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        self.assertEqual(browser.ask("POST", "/authorize/consent", fields, evil).status, 403)
        self.assertEqual(browser.ask("POST", "/login", {
            "email": "di@example.org", "password": PASSWORD}, evil).status, 403)
        self.assertEqual(browser.ask("POST", "/authorize/consent", fields).status, 303)

    def test_I6_pkce_is_required_of_every_client_and_is_s256(self):
        system, notes = self.start()
        browser = self.person(system, "ed@example.org")
        for changes in ({"code_challenge": None}, {"code_challenge_method": "plain"},
                        {"code_challenge_method": None}, {"code_challenge": "short"},
                        {"code_challenge": notes.challenge[:-1] + "="}):
            answer = browser.ask("GET", notes.authorize_path(**changes))
            self.assertEqual(query_of(answer.location)["error"], "invalid_request", changes)

    def test_I7_state_and_nonce_come_back_byte_for_byte(self):
        system, notes = self.start()
        browser = self.person(system, "flo@example.org")
        for text in ("a b+c&d=e%41#?/", "ключ «é»", "x" * 500):
            answer = browser.go(notes.authorize_path(state=text, nonce=text, scope="openid"))
            answered = query_of(answer.location)
            self.assertEqual(answered["state"], text)
            token = notes.exchange(answered["code"]).json()["id_token"]
            self.assertEqual(claims_of(token)["nonce"], text)
        # What does not fit into the cookie of a flow is refused to the client, and shortened nowhere.
        answer = Browser(system.app).go(notes.authorize_path(state="x" * 4000))
        answered = query_of(answer.location)
        self.assertEqual((answered["error"], answered["state"]), ("invalid_request", "x" * 4000))
        # Through a flow, too.
        fresh = Browser(system.app)
        page = fresh.go(notes.authorize_path(state="ключ &"))
        back = fresh.go("/login", {**page.fields(), "email": "flo@example.org",
                                   "password": PASSWORD})
        self.assertEqual(query_of(back.location)["state"], "ключ &")

    def test_I8_prompt_none_shows_no_page_and_an_old_login_is_not_enough(self):
        system, notes = self.start()
        newcomer = Browser(system.app)
        answer = newcomer.go(notes.authorize_path(prompt="none"))
        self.assertEqual(query_of(answer.location)["error"], "login_required")
        browser = self.person(system, "gil@example.org")
        self.assertIn("code", query_of(browser.go(notes.authorize_path(prompt="none")).location))
        for changes in ({"prompt": "none", "max_age": "0"},):
            answer = browser.go(notes.authorize_path(**changes))
            self.assertEqual(query_of(answer.location)["error"], "login_required")
        tokens = self.tokens(browser, notes)
        for changes in ({"prompt": "login"}, {"max_age": "0"}):
            page = browser.go(notes.authorize_path(**changes))
            self.assertIn('action="/login"', page.text)
            # The present session is not enough on the way back either.
            again = browser.go(page.fields()["return_to"])
            self.assertIn('action="/login"', again.text)
            back = browser.go("/login", {**page.fields(), "email": "gil@example.org",
                                         "password": PASSWORD})
            self.assertIn("code", query_of(back.location))
        # What the product got before that goes on.
        self.assertEqual(notes.refresh(tokens["refresh_token"]).status, 200)

    def test_I9_a_logout_that_is_not_proven_asks_first(self):
        system, notes = self.start()
        mail = add_client(system, "Mail")
        browser = self.person(system, "hal@example.org")
        hint = self.tokens(browser, notes)["id_token"]

        def path(**parameters):
            return "/end-session?" + urllib.parse.urlencode(parameters)

        for parameters in ({"id_token_hint": hint, "client_id": mail.client_id},
                           {"id_token_hint": hint, "post_logout_redirect_uri": CALLBACK},
                           {"id_token_hint": hint[:-3] + "AAA"},
                           {"post_logout_redirect_uri": GOODBYE}):
            answer = browser.ask("GET", path(**parameters))
            self.assertEqual((answer.status, answer.location), (400, ""), parameters)
        page = browser.ask("GET", path(client_id="notes", post_logout_redirect_uri=GOODBYE,
                                       state="s"))
        self.assertEqual(page.status, 200)
        self.assertEqual(browser.go("/account").status, 200)
        evil = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        browser.ask("POST", "/end-session", page.fields(), evil)
        self.assertEqual(browser.go("/account").status, 200)
        done = browser.ask("POST", "/end-session", page.fields())
        self.assertEqual(done.location, GOODBYE + "?state=s")
        self.assertNotIn("__Host-postern", browser.cookies)
        # Another person's hint does not log this one out.
        other = self.person(system, "ida@example.org")
        self.assertEqual(other.ask("GET", path(id_token_hint=hint)).status, 200)
        own = self.tokens(other, notes)["id_token"]
        # A form of the product's site brings no cookie, and becomes a link, which does.
        fields = {"id_token_hint": own, "post_logout_redirect_uri": GOODBYE}
        link = Browser(system.app).ask("POST", "/end-session", fields, evil)
        self.assertEqual(link.location, path(**fields))
        done = other.ask("GET", link.location)
        self.assertEqual(done.location, GOODBYE)
        self.assertNotIn("__Host-postern", other.cookies)

    def test_I10_a_client_with_a_key_authenticates_by_assertions_once_each(self):
        system, _ = self.start()
        # python3-jwt leaves out the leading zero that this key's x has.
        key = ec.derive_private_key(379, ec.SECP256R1())
        jwk = {**json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key())), "kid": "one"}
        file = system.folder / "jwks.json"
        file.write_text(json.dumps({"keys": [jwk]}))
        signing = add_client(system, "Signing", "--jwks", str(file))
        self.assertIsNone(signing.secret)
        issuer = f"http://localhost:{system.app.port}"

        def refresh(**changes):
            claims = {"iss": "signing", "sub": "signing", "aud": issuer, "jti": secrets.token_hex(8),
                      "exp": int(time.time()) + 60, **changes}
            assertion = jwt.encode(claims, key, "ES256", {"kid": "one"})
            return signing.post("/token", {
                "grant_type": "refresh_token", "refresh_token": "x", "client_assertion": assertion,
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"})

        self.assert_refused(refresh(jti="once"), "invalid_grant")
        for changes in ({"jti": "once"}, {"aud": [issuer, "https://other.example"]},
                        {"aud": "https://other.example"}, {"exp": int(time.time()) + 4000},
                        {"exp": int(time.time()) - 1}, {"iss": "notes"}, {"sub": "notes"}):
            self.assert_refused(refresh(**changes), "invalid_client", 401)
        self.assert_refused(refresh(aud=issuer + "/token"), "invalid_grant")
        self.assert_refused(signing.refresh("x"), "invalid_client", 401)

    def test_I11_an_unknown_client_and_a_wrong_secret_get_the_same_answer(self):
        system, notes = self.start()
        answers = set()
        for client_id, secret in (("notes", "wrong"), ("unknown", "wrong"),
                                  ("notes", notes.secret[:-1])):
            answer = Product(system.app, client_id, secret).refresh("x")
            self.assert_refused(answer, "invalid_client", 401)
            self.assertTrue(answer.headers["WWW-Authenticate"].startswith("Basic"))
            answers.add(answer.text)
        self.assertEqual(len(answers), 1)
        # A confidential client's id alone is no proof; nor are two at once.
        self.assert_refused(Product(system.app, "notes").refresh("x"), "invalid_client", 401)
        both = notes.post("/token", {"grant_type": "refresh_token", "client_secret": notes.secret})
        self.assert_refused(both, "invalid_request")
        for _ in range(2):
            in_form = Product(system.app, "notes").post("/token", {
                "grant_type": "refresh_token", "refresh_token": "x",
                "client_secret": notes.secret})
            self.assert_refused(in_form, "invalid_grant")

    def test_I12_a_refresh_never_widens_the_scopes_and_keeps_its_client(self):
        system, notes = self.start()
        mail = add_client(system, "Mail")
        browser = self.person(system, "jo@example.org")
        tokens = self.tokens(browser, notes, scope="openid offline_access")
        token = tokens["refresh_token"]
        self.assert_refused(notes.refresh(token, scope="openid email"), "invalid_scope")
        self.assert_refused(mail.refresh(token), "invalid_grant")
        fewer = notes.refresh(token, scope="openid").json()
        self.assertEqual(fewer["scope"], "openid")
        self.assertNotIn("email", notes.userinfo(fewer["access_token"]).json())
        whole = notes.refresh(fewer["refresh_token"]).json()
        self.assertEqual(whole["scope"], "openid offline_access")

    def test_I13_no_page_of_the_flow_can_be_framed(self):
        system, _ = self.start()
        other = add_client(system, "Other", "--third-party")
        browser = self.person(system, "kit@example.org")
        consent = browser.go(other.authorize_path())
        for answer in (consent, browser.go("/login"), browser.ask("GET", "/end-session")):
            self.assertIn("frame-ancestors 'none'", answer.headers["Content-Security-Policy"])

    def test_I14_ten_thousand_unfinished_authorizations_leave_no_row(self):
        system, notes = self.start()
        rows = self.rows(system)
        path = notes.authorize_path()
        for _ in range(10_000):
            status, _, _ = system.app.request("GET", path)
            self.assertEqual(status, 303)
        self.assertEqual(self.rows(system), rows)

    def rows(self, system):
        with sqlite3.connect(system.folder / "data/postern.db") as database:
            tables = [name for name, in database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
                    for name in tables}

    def test_I15_pages_of_public_clients_alone_may_ask_for_tokens(self):
        system, notes = self.start()
        spa = add_client(system, "Spa", "--public")
        browser = self.person(system, "lu@example.org")
        origin = {"Origin": "https://notes.example"}
        answered = spa.post("/token", {
            "grant_type": "authorization_code", "code": self.code(browser, spa),
            "redirect_uri": CALLBACK, "code_verifier": spa.verifier}, origin)
        self.assertEqual(answered.status, 200)
        self.assertEqual(answered.headers["Access-Control-Allow-Origin"], "https://notes.example")
        self.assertNotIn("Access-Control-Allow-Credentials", answered.headers)
        of_server = notes.post("/token", {"grant_type": "refresh_token"}, origin)
        self.assertNotIn("Access-Control-Allow-Origin", of_server.headers)
        for where, allowed in (("https://notes.example", "https://notes.example"),
                               ("https://evil.example", None)):
            headers = {"Origin": where, "Access-Control-Request-Method": "POST"}
            preflight = system.app.request("OPTIONS", "/token", None, headers)[1]
            self.assertEqual(preflight.get("Access-Control-Allow-Origin"), allowed)

    def test_I15_the_token_endpoint_has_a_limit_of_its_own(self):
        system, notes = self.start(REQUEST_LIMIT_PER_IP="5/s")
        answers = [notes.refresh("x").status for _ in range(50)]
        self.assertEqual(set(answers), {400})

    def test_I16_all_tokens_of_a_session_end_with_it(self):
        system, notes = self.start()
        browser = self.person(system, "may@example.org")
        tokens = self.tokens(browser, notes)
        self.assertEqual(system.app.request("GET", "/me", None, {
            "Authorization": f"Bearer {tokens['access_token']}"})[0], 401)
        browser.ask("POST", "/logout", {})
        self.assertEqual(notes.userinfo(tokens["access_token"]).status, 401)
        self.assert_refused(notes.refresh(tokens["refresh_token"]), "invalid_grant")

    def test_I16_a_revoked_token_and_a_removed_client_are_over(self):
        system, notes = self.start()
        mail = add_client(system, "Mail")
        browser = self.person(system, "ned@example.org")
        tokens, others = self.tokens(browser, notes), self.tokens(browser, mail)
        # Another client's revocation does nothing, and says nothing.
        for client, status in ((mail, 200), (notes, 401)):
            self.assertEqual(client.post("/revoke", {"token": tokens["refresh_token"]}).status, 200)
            self.assertEqual(notes.userinfo(tokens["access_token"]).status, status)
        self.assertEqual(mail.post("/revoke", {"token": "nonsense"}).status, 200)
        system.app.run_command("clients", "remove", "mail")
        wait_until(lambda: mail.userinfo(others["access_token"]).status == 401, "the removal")
        self.assert_refused(mail.refresh(others["refresh_token"]), "invalid_client", 401)

    def test_I17_a_lost_answer_is_repeated(self):
        system, notes = self.start()
        browser = self.person(system, "ora@example.org")
        first = self.tokens(browser, notes)["refresh_token"]
        second = notes.refresh(first).json()["refresh_token"]
        self.assertEqual(notes.refresh(first).json()["refresh_token"], second)
        third = notes.refresh(second).json()["refresh_token"]
        self.assertEqual(notes.refresh(first).json()["refresh_token"], third)
        self.assertEqual(browser.go("/account").status, 200)


if __name__ == "__main__":
    unittest.main()
