// Every letter as a mail program with a browser inside shows it: in both languages, on a phone and
// on a desk, by day and by night.
import assert from "node:assert/strict";
import {after, before, describe, it} from "node:test";

import {linkOf, Postern} from "./postern.js";
import {kLetterRules, launchBrowser, Visitor} from "./visitor.js";

const kPassword = "osprey lantern quarry 58 tundra";
const kSecondPassword = "walnut ferry 31 candle orbit";
const kKinds = ["confirm", "already-registered", "recover", "confirm-email",
  "email-change-requested", "email-changed", "password-changed", "account-deleted"];

let browser;
let postern;
before(async () => {
  browser = await launchBrowser();
  postern = await Postern.start({
    SUPPORT_EMAIL: "help@example.com", PRODUCT_URL: "https://example.com",
  });
});
after(async () => {
  await browser?.close();
  await postern?.stop();
});

async function call(method, route, fields, token) {
  const answer = await fetch(postern.url + route, {
    method,
    headers: {"Content-Type": "application/json", Authorization: `Bearer ${token}`},
    body: JSON.stringify(fields),
  });
  assert.ok(answer.ok, `${method} ${route}: ${answer.status}`);
}

/// Has every kind of letter written to a person of that language.
async function everyLetter(locale) {
  const email = `anna.konstantinopolskaya.${locale}@example.com`;
  await postern.confirmedAccount(email, kPassword, locale);
  await postern.post("/register", {email, locale});
  await postern.post("/recover-password", {email, locale});
  const login = await postern.post("/login", {email, password: kPassword});
  const token = (await login.json()).access_token;
  await call("POST", "/me/email", {email: `new.${email}`, password: kPassword}, token);
  await call("POST", "/me/password",
             {current_password: kPassword, new_password: kSecondPassword}, token);
  await call("DELETE", "/me", {password: kSecondPassword}, token);
  const letters = kKinds.map(
    (kind) => postern.letter(kind, kind === "confirm-email" ? `new.${email}` : email));
  return new Map((await Promise.all(letters)).map((letter) => [letter.kind, letter]));
}

// Both languages at once: each has a browser context of its own.
describe("letters", {concurrency: 2}, () => {
  for (const locale of ["en", "ru"]) {
    describe(`in ${locale}`, {concurrency: 1}, () => {
      let visitor;
      let letters;
      before(async () => {
        visitor = await Visitor.arrive(browser, postern, {locale});
        letters = await everyLetter(locale);
      });
      after(() => visitor?.leave());
      for (const kind of kKinds) {
        it(`H3 M7 ${kind}`, async () => {
          const letter = letters.get(kind);
          const {page} = visitor;
          await page.setContent(letter.html);
          assert.equal(await page.locator("html").getAttribute("lang"), locale);
          assert.equal(await page.title(), letter.subject);
          assert.equal(await page.locator("h1").count(), 1);
          // What the button opens is what is written below it, and what the text part says.
          const links = await page.getByRole("link").evaluateAll(
            (all) => all.map((link) => link.href));
          assert.deepEqual(links.slice(0, 2), [linkOf(letter), linkOf(letter)]);
          await visitor.assertGoodEverywhere(`letter_${kind}.${locale}`, kLetterRules);
        });
      }
    });
  }
});
