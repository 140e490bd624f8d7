"""Accounts that an attacker prepares before their owner comes (Sudhodanan and Paverd, "Pre-hijacked
accounts", 2022), and accounts that are taken back after a thief changed their address."""

import json
import unittest
import urllib.parse

from forged_tokens import Hs256, Original, derived_key
from harness import PASSWORD, SECRET_KEY, SystemTest
from oidc_harness import CALLBACK, Browser, Product, query_of
from servers import wait_until

VICTIM, ATTACKER = "victim@example.com", "attacker@evil.example"
OWNERS = "the owner has a quiet river 5"
THIEFS = "the thief has a quiet river 6"
DAY_S = 24 * 60 * 60
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0"
SAFARI = ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
          "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1")


def tokens_in(mail, path):
    return [urllib.parse.parse_qs(urllib.parse.urlsplit(word).query)["token"][0]
            for word in mail.text.split() if f"{path}?token=" in word]


class Takeover(SystemTest):
    settings = {}

    def setUp(self):
        super().setUp()
        self.system = self.new_system(MAIL_LIMIT_PER_ADDRESS="1000/h", **self.settings)
        made = json.loads(self.system.app.run_command(
            "clients", "add", "--json", "--id", "notes", "--name", "Notes", "--url",
            "https://notes.example/", "--redirect-uri", CALLBACK))
        self.notes = Product(self.system.app, "notes", made["client_secret"])

    def ask(self, method, path, fields=None, pair=None, device=None):
        """status, JSON or None; `device` is a user agent and an address"""
        headers = {"Content-Type": "application/json"}
        if device:
            headers["User-Agent"], headers["X-Forwarded-For"] = device
        if pair:
            headers["Authorization"] = f"Bearer {pair['access_token']}"
        body = None if fields is None else json.dumps(fields)
        status, _, text = self.system.app.request(method, path, body, headers)
        return status, json.loads(text) if text.startswith(b"{") else None

    def login(self, address, password):
        status, pair = self.ask("POST", "/login", {"email": address, "password": password})
        self.assertEqual(status, 200, pair)
        return pair

    def assert_no_login(self, address, *passwords):
        for password in passwords:
            status, answer = self.ask("POST", "/login", {"email": address, "password": password})
            self.assertEqual((status, answer["code"]), (401, "invalid_credentials"))

    def assert_invalid(self, path, token):
        fields = {"token": token, "password": THIEFS}
        status, answer = self.ask("POST", path, fields)
        self.assertEqual((status, answer.get("code")), (400, "invalid_token"))

    def ask_for_email(self, pair, address, password):
        """The link that confirms the address, which the attacker may keep for later."""
        status, _ = self.ask("POST", "/me/email", {"email": address, "password": password}, pair)
        self.assertEqual(status, 202)
        return self.newest(address, "/confirm-email")

    def links(self, address, path="/set-password"):
        return [token for mail in list(self.mail.messages) if mail.to == address
                for token in tokens_in(mail, path)]

    def newest(self, address, path="/set-password", beyond=0):
        """The link that comes after so many: notices come in any order among them."""
        wait_until(lambda: len(self.links(address, path)) > beyond, f"a link to {address}")
        return self.links(address, path)[-1]

    def count_to(self, address):
        return sum(mail.to == address for mail in self.mail.messages)

    def recover(self, address, password):
        """The owner's way in: by an email."""
        before = len(self.links(address))
        self.assertEqual(self.system.recover(address)[0], 202)
        token = self.newest(address, beyond=before)
        self.assertEqual(self.system.set_password(token, password)[0], 200)

    def code_of(self, browser):
        answer = browser.go(self.notes.authorize_path())
        return query_of(answer.location)["code"]


class PreHijacking(Takeover):
    def test_J1_an_account_that_was_registered_for_the_victim_gets_the_victims_password_alone(self):
        """Classic-federated merge: the attacker creates the account first, with a password, and
        waits for the victim to come by another way, here by a product."""
        attacker, victim = Browser(self.system.app), Browser(self.system.app)
        page = attacker.go(self.notes.authorize_path(prompt="create", login_hint=VICTIM))
        attacker.go("/register", {**page.fields(), "email": VICTIM, "password": THIEFS,
                                  "state": "confirmed", "display_name": "Attacker"})
        first = self.newest(VICTIM)
        self.assertEqual(self.ask("POST", "/register", {
            "email": VICTIM, "password": THIEFS, "credential_version": 1, "id": "x",
            "external_id": "attacker"})[0], 202)
        self.assert_no_login(VICTIM, THIEFS, "")
        page = victim.go(self.notes.authorize_path(prompt="create"))
        victim.go("/register", {**page.fields(), "email": VICTIM})
        form = victim.go(f"/set-password?token={self.newest(VICTIM, beyond=2)}")
        back = victim.go("/set-password", {**form.fields(), "password": OWNERS})
        tokens = self.notes.exchange(query_of(back.location)["code"]).json()
        self.assertEqual(self.notes.userinfo(tokens["access_token"]).json()["email"], VICTIM)
        # The attacker's browser, its open flow and its emails lead nowhere.
        self.assertNotIn("__Host-postern", attacker.cookies)
        self.assertEqual(attacker.go(self.notes.authorize_path()).path.partition("?")[0], "/login")
        self.assertEqual(attacker.go(self.notes.authorize_path(prompt="none")).location.count(
            "error=login_required"), 1)
        self.assert_no_login(VICTIM, THIEFS)
        self.assert_invalid("/set-password", first)
        me = self.ask("GET", "/me", pair=self.login(VICTIM, OWNERS))[1]
        self.assertEqual(me["display_name"], "")

    def test_J2_no_session_of_an_earlier_holder_outlives_the_owners_recovery(self):
        """Unexpired session: an earlier holder of the account stays logged in, wherever that is."""
        self.system.confirmed_account(VICTIM, THIEFS)
        pair = self.login(VICTIM, THIEFS)
        browser = Browser(self.system.app)
        browser.ask("POST", "/login", {"email": VICTIM, "password": THIEFS})
        tokens = self.notes.exchange(self.code_of(browser)).json()
        code = self.code_of(browser)
        self.recover(VICTIM, OWNERS)
        self.assertEqual(self.ask("GET", "/me", pair=pair)[0], 401)
        self.assertEqual(self.ask("POST", "/refresh",
                                  {"refresh_token": pair["refresh_token"]})[0], 401)
        self.assertEqual(browser.go("/account").path.partition("?")[0], "/login")
        self.assertEqual(self.notes.userinfo(tokens["access_token"]).status, 401)
        for answer in (self.notes.refresh(tokens["refresh_token"]), self.notes.exchange(code)):
            self.assertEqual((answer.status, answer.json()["error"]), (400, "invalid_grant"))
        owner = self.login(VICTIM, OWNERS)
        self.assertEqual(len(self.ask("GET", "/me/sessions", pair=owner)[1]["sessions"]), 1)
        self.assert_no_login(VICTIM, THIEFS)

    def test_J3_an_account_has_one_address_and_no_second_one_recovers_it(self):
        """Trojan identifier: the attacker adds an address of their own to the victim's account."""
        self.system.confirmed_account(VICTIM, THIEFS)
        pair = self.login(VICTIM, THIEFS)
        waiting = self.ask_for_email(pair, ATTACKER, THIEFS)
        status, me = self.ask("PATCH", "/me", {
            "email": ATTACKER, "pending_email": ATTACKER, "recovery_email": ATTACKER,
            "emails": [ATTACKER], "external_id": "attacker", "phone": "+1"}, pair)
        self.assertEqual((status, me["email"]), (200, VICTIM))
        # An address that is not confirmed neither logs in nor gets a link to the account.
        self.assert_no_login(ATTACKER, THIEFS)
        before = self.count_to(ATTACKER)
        self.assertEqual(self.system.recover(ATTACKER)[0], 202)
        self.assertEqual(self.system.register(ATTACKER)[0], 202)
        token = self.newest(ATTACKER)
        self.assertEqual(self.system.set_password(token, THIEFS)[0], 200)
        theirs = self.ask("GET", "/me", pair=self.login(ATTACKER, THIEFS))[1]
        self.assertEqual(self.count_to(ATTACKER), before + 1, "a recovery sent nothing")
        self.assertNotEqual(theirs["id"], me["id"])
        self.recover(VICTIM, OWNERS)
        me = self.ask("GET", "/me", pair=self.login(VICTIM, OWNERS))[1]
        self.assertNotIn("pending_email", me)
        self.assert_invalid("/confirm-email", waiting)
        shown = json.loads(self.system.app.run_command("accounts", "show", VICTIM, "--json"))
        self.assertNotIn("attacker", json.dumps(shown))

    def test_J4_a_change_of_address_that_waits_ends_with_the_owners_recovery(self):
        """Unexpired email change: the attacker keeps the link to confirm it for later."""
        for change in ("recovery", "password", "address"):
            victim, attacker = f"{change}.{VICTIM}", f"{change}.{ATTACKER}"
            self.system.confirmed_account(victim, THIEFS)
            waiting = self.ask_for_email(self.login(victim, THIEFS), attacker, THIEFS)
            self.assertEqual(self.ask("GET", f"/confirm-email?token={waiting}")[0], 200)
            if change == "recovery":
                self.recover(victim, OWNERS)
            elif change == "password":
                self.assertEqual(self.ask("POST", "/me/password", {
                    "current_password": THIEFS, "new_password": OWNERS},
                    self.login(victim, THIEFS))[0], 204)
            else:
                # Another change takes its place.
                self.ask_for_email(self.login(victim, THIEFS), f"new.{victim}", THIEFS)
            self.assertEqual(self.ask("GET", f"/confirm-email?token={waiting}")[0], 400, change)
            self.assert_invalid("/confirm-email", waiting)
            self.assert_no_login(attacker, THIEFS, OWNERS)

    def test_J4_the_victim_who_is_asked_to_confirm_sees_whose_account_it_is(self):
        """Unexpired email change, the other way round: the attacker's account asks for the
        victim's address, and the victim is to confirm it."""
        self.system.confirmed_account(ATTACKER, THIEFS)
        pair = self.login(ATTACKER, THIEFS)
        token = self.ask_for_email(pair, VICTIM, THIEFS)
        mail = self.system.email_to(VICTIM)
        page = self.system.app.request("GET", f"/confirm-email?token={token}", None,
                                       {"Accept": "text/html"})[2].decode()
        for text in (mail.text, mail.html, page):
            self.assertIn("a***@evil.example", text)
        # The victim registers instead: from then on the attacker's link is none.
        self.assertEqual(self.system.register(VICTIM)[0], 202)
        own = self.newest(VICTIM)
        self.assertEqual(self.system.set_password(own, OWNERS)[0], 200)
        status, answer = self.ask("POST", "/confirm-email", {"token": token}, pair)
        self.assertEqual((status, answer["code"]), (409, "email_taken"))
        owner, thief = (self.ask("GET", "/me", pair=one)[1]
                        for one in (self.login(VICTIM, OWNERS), pair))
        self.assertEqual((owner["email"], thief["email"]), (VICTIM, ATTACKER))
        self.assertNotEqual(owner["id"], thief["id"])

    def test_J5_no_product_hears_of_an_address_that_is_not_confirmed(self):
        """Non-verifying identity provider: here Postern is the provider."""
        lines = self.system.folder / "import.jsonl"
        lines.write_text(json.dumps({"email": VICTIM, "state": "unconfirmed",
                                     "password_hash": "$2b$04$" + "a" * 53}) + "\n")
        with self.assertRaisesRegex(AssertionError, "unconfirmed account has no password_hash"):
            self.system.app.run_command("accounts", "import", str(lines))
        self.assertEqual(self.system.register(VICTIM)[0], 202)
        self.system.email_to(VICTIM)
        shown = json.loads(self.system.app.run_command("accounts", "show", VICTIM, "--json"))
        self.assertEqual(shown["state"], "unconfirmed")
        self.assert_no_login(VICTIM, THIEFS)
        browser = Browser(self.system.app)
        page = browser.go(self.notes.authorize_path(login_hint=VICTIM))
        answer = browser.go("/login", {**page.fields(), "email": VICTIM, "password": THIEFS})
        self.assertEqual((answer.status, answer.location), (401, ""))
        # While a change waits, products hear of the confirmed address alone.
        self.system.confirmed_account(ATTACKER, THIEFS)
        browser.ask("POST", "/login", {"email": ATTACKER, "password": THIEFS})
        token = self.ask_for_email(self.login(ATTACKER, THIEFS), "ceo@bank.example", THIEFS)
        tokens = self.notes.exchange(self.code_of(browser)).json()
        said = self.notes.userinfo(tokens["access_token"]).json()
        self.assertEqual((said["email"], said["email_verified"]), (ATTACKER, True))
        self.assertEqual(self.ask("POST", "/confirm-email", {"token": token})[0], 200)
        self.assertEqual(self.notes.userinfo(tokens["access_token"]).status, 401)
        browser.ask("POST", "/login", {"email": "ceo@bank.example", "password": THIEFS})
        tokens = self.notes.exchange(self.code_of(browser)).json()
        again = self.notes.userinfo(tokens["access_token"]).json()
        self.assertEqual((again["email"], again["sub"]), ("ceo@bank.example", said["sub"]))


class TakeBack(Takeover):
    def steal(self):
        """The thief, who knew the password for a minute, owns the account with an address and a
        password of their own. The link in the owner's email is what is left."""
        self.system.confirmed_account(VICTIM)
        thief = self.login(VICTIM, PASSWORD)
        token = self.ask_for_email(thief, ATTACKER, PASSWORD)
        before = len(self.links(VICTIM))
        self.assertEqual(self.ask("POST", "/confirm-email", {"token": token}, thief)[0], 200)
        link = self.newest(VICTIM, beyond=before)
        self.assertEqual(self.ask("POST", "/me/password", {
            "current_password": PASSWORD, "new_password": THIEFS}, thief)[0], 204)
        return thief, Original(link, Hs256(derived_key(SECRET_KEY, "mail-token")))

    def aged(self, link, days, seconds=0):
        """The link as it would be had it been made so long ago."""
        shift = days * DAY_S + seconds
        return link.signed(claims={name: link.claims[name] - shift
                                   for name in ("iat", "nbf", "exp")})

    def test_J6_the_owner_takes_the_account_back_by_the_link_in_the_notice_within_7_days(self):
        thief, link = self.steal()
        self.assertEqual(link.claims["exp"] - link.claims["iat"], 7 * DAY_S)
        browser = Browser(self.system.app)
        browser.ask("POST", "/login", {"email": ATTACKER, "password": THIEFS})
        thiefs_tokens = self.notes.exchange(self.code_of(browser)).json()
        before = len(self.links(ATTACKER))
        self.assertEqual(self.system.recover(ATTACKER)[0], 202)
        thiefs_link = self.newest(ATTACKER, beyond=before)
        late = self.aged(link, 7, seconds=-600)
        # Reading changes nothing, and no password is no password.
        for path in (f"/set-password?token={late}",) * 3:
            self.assertEqual(self.system.app.request("GET", path)[0], 200)
        status, answer = self.ask("POST", "/set-password", {"token": late})
        self.assertEqual((status, answer["code"]), (400, "missing_field"))
        status, answer = self.ask("POST", "/set-password", {"token": late, "password": "short"})
        self.assertEqual((status, answer["code"]), (422, "weak_password"))
        self.assertEqual(self.ask("GET", "/me", pair=thief)[1]["email"], ATTACKER)
        self.assertEqual(self.system.set_password(late, OWNERS)[0], 200)
        # All of the thief's is over.
        self.assertEqual(self.ask("GET", "/me", pair=thief)[0], 401)
        self.assertEqual(self.ask("POST", "/refresh",
                                  {"refresh_token": thief["refresh_token"]})[0], 401)
        self.assertEqual(self.notes.userinfo(thiefs_tokens["access_token"]).status, 401)
        self.assertEqual(browser.go("/account").path.partition("?")[0], "/login")
        self.assert_no_login(ATTACKER, THIEFS, PASSWORD, OWNERS)
        self.assert_no_login(VICTIM, THIEFS, PASSWORD)
        self.assert_invalid("/set-password", thiefs_link)
        self.assertEqual(self.ask("GET", "/me", pair=self.login(VICTIM, OWNERS))[1]["email"],
                         VICTIM)
        # Once: whichever copy of it.
        for used in (late, link.token):
            self.assert_invalid("/set-password", used)
        # The thief hears of it, and gets no link of that kind.
        # One notice is of the thief's own change.
        def notices():
            return [mail for mail in self.mail.messages if mail.to == ATTACKER
                    and "was changed" in mail.subject]
        wait_until(lambda: len(notices()) == 2, "the notice")
        for notice in notices():
            self.assertNotIn("token=", notice.text + notice.html)

    def test_J6_after_7_days_the_link_takes_nothing_back(self):
        thief, link = self.steal()
        old = self.aged(link, 7, seconds=60)
        self.assertEqual(self.system.app.request("GET", f"/set-password?token={old}")[0], 400)
        self.assert_invalid("/set-password", old)
        # Nor does one that says that it lives longer.
        longer = link.signed(claims={"exp": link.claims["exp"] + 60})
        self.assert_invalid("/set-password", longer)
        self.assertEqual(self.ask("GET", "/me", pair=thief)[1]["email"], ATTACKER)
        self.assertEqual(self.system.set_password(link.token, OWNERS)[0], 200,
                         "only its time was wrong")


class Notices(Takeover):
    def play(self, address, locale):
        """Everything of which the owner gets a notice."""
        count = len(self.mail.messages)
        self.assertEqual(self.system.register(address, locale=locale)[0], 202)
        self.assertEqual(self.system.set_password(self.newest(address), PASSWORD)[0], 200)
        self.assertEqual(self.system.register(address, locale=locale)[0], 202)
        self.system.email_to(address, 2)
        pair = self.login(address, PASSWORD)
        moved = f"moved.{address}"
        token = self.ask_for_email(pair, moved, PASSWORD)
        self.assertEqual(self.ask("POST", "/confirm-email", {"token": token}, pair)[0], 200)
        self.assertEqual(self.ask("POST", "/me/password", {
            "current_password": PASSWORD, "new_password": OWNERS}, pair)[0], 204)
        self.assertEqual(self.ask("DELETE", "/me", {"password": OWNERS}, pair)[0], 204)
        mails = self.mail.wait_for(count + 7)[count:]
        secrets = [PASSWORD, OWNERS, token, *pair.values(), moved]
        return mails, [secret for secret in secrets if isinstance(secret, str)]

    def test_J7_P4_no_notice_holds_a_secret_or_the_new_address_in_either_language(self):
        for locale, address in (("en", "ann@example.com"), ("ru", "anna@example.com")):
            mails, secrets = self.play(address, locale)
            former = [mail for mail in mails if mail.to == address]
            notices = [mail for mail in mails if "/set-password?token=" not in mail.text
                       and "/confirm-email?token=" not in mail.text]
            self.assertEqual(len(notices), 4, [mail.subject for mail in mails])
            for mail in notices:
                self.assertNotIn("token=", mail.text + mail.html, mail.subject)
            for mail in former:
                for secret in secrets:
                    self.assertNotIn(secret, mail.subject + mail.text + mail.html, mail.subject)
            # One notice has a link with a token: to the former address, which takes back.
            links = [Original(token, Hs256(derived_key(SECRET_KEY, "mail-token")))
                     for token in self.links(address)]
            self.assertEqual([link.header["typ"] for link in links],
                             ["set-password+jwt", "take-back-email+jwt"])
            russian = [any("а" <= char <= "я" for char in mail.text) for mail in mails]
            self.assertEqual(set(russian), {locale == "ru"})


class DevicesInNotices(Takeover):
    settings = {"TRUSTED_PROXIES": "127.0.0.1"}
    owner, thief = (FIREFOX, "203.0.113.7"), (SAFARI, "2001:db8::5")

    def notice(self, address, *words):
        """The only email to the address whose subject has these words."""
        def found():
            return [mail for mail in list(self.mail.messages)
                    if mail.to == address and all(word in mail.subject for word in words)]
        wait_until(lambda: found(), f"{words} to {address}")
        self.assertEqual(len(found()), 1)
        return found()[0]

    def assert_device(self, mail, device):
        for part in (mail.text, mail.html):
            self.assertIn(f"Device: {device}", part, mail.subject)

    def assert_no_device(self, mail):
        for part in (mail.text, mail.html):
            for word in ("Device:", "127.0.0.1", "203.0.113.7", "2001:db8"):
                self.assertNotIn(word, part, mail.subject)

    def move(self, pair, device, confirmed_by):
        """The account's address to the attacker's, from one device, confirmed on another."""
        self.assertEqual(self.ask("POST", "/me/email", {"email": ATTACKER, "password": PASSWORD},
                                  pair, device)[0], 202)
        token = self.newest(ATTACKER, "/confirm-email")
        session, device = confirmed_by
        self.assertEqual(self.ask("POST", "/confirm-email", {"token": token}, session,
                                  device)[0], 200)

    def test_J8_a_notice_names_the_device_and_the_address_of_the_change(self):
        self.system.confirmed_account(VICTIM)
        pair = self.login(VICTIM, PASSWORD)
        self.move(pair, self.owner, confirmed_by=(pair, self.thief))
        self.assert_device(self.notice(VICTIM, "change requested"), "Firefox, Windows, 203.0.113.7")
        self.assert_device(self.notice(VICTIM, "was changed"), "Safari, iPhone, 2001:db8::5")
        self.assertEqual(self.ask("POST", "/me/password", {
            "current_password": PASSWORD, "new_password": OWNERS}, pair, self.owner)[0], 204)
        self.assert_device(self.notice(ATTACKER, "password", "was changed"),
                           "Firefox, Windows, 203.0.113.7")
        # A program's own words are not passed on.
        spoken = ("Call +1 555 0100 or open https://evil.example", "203.0.113.8")
        self.assertEqual(self.ask("DELETE", "/me", {"password": OWNERS}, pair, spoken)[0], 204)
        mail = self.notice(ATTACKER, "was deleted")
        self.assert_device(mail, "203.0.113.8")
        self.assertNotIn("555", mail.text + mail.html)

    def test_J8_a_recovery_by_another_device_is_named(self):
        self.system.confirmed_account(VICTIM)
        before = len(self.links(VICTIM))
        self.assertEqual(self.system.recover(VICTIM)[0], 202)
        token = self.newest(VICTIM, beyond=before)
        self.assertEqual(self.ask("POST", "/set-password", {"token": token, "password": OWNERS},
                                  device=self.thief)[0], 200)
        self.assert_device(self.notice(VICTIM, "password", "was changed"),
                           "Safari, iPhone, 2001:db8::5")

    def test_J8_who_confirms_without_a_session_is_not_named(self):
        """The link may have been sent to another person on purpose: the sender does not learn where
        that person is."""
        self.system.confirmed_account(VICTIM)
        pair = self.login(VICTIM, PASSWORD)
        self.move(pair, self.thief, confirmed_by=(None, self.owner))
        self.assert_no_device(self.notice(VICTIM, "was changed"))

    def test_J8_who_takes_an_account_back_is_not_named_to_the_thief(self):
        self.system.confirmed_account(VICTIM)
        pair = self.login(VICTIM, PASSWORD)
        before = len(self.links(VICTIM))
        self.move(pair, self.thief, confirmed_by=(pair, self.thief))
        link = self.newest(VICTIM, beyond=before)
        self.assertEqual(self.ask("POST", "/set-password", {"token": link, "password": OWNERS},
                                  device=self.owner)[0], 200)
        self.assert_no_device(self.notice(ATTACKER, "password", "was changed"))
        self.assert_device(self.notice(VICTIM, "password", "was changed"),
                           "Firefox, Windows, 203.0.113.7")


if __name__ == "__main__":
    unittest.main()
