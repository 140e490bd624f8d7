// Every email as a mail program with a browser inside shows it: in both languages, on a phone and
// on a desktop, by day and by night.
import assert from "node:assert/strict";
import {after, before, describe, it} from "node:test";

import {linkOf, Postern} from "./postern.js";
import {kMailRules, launchBrowser, Visitor} from "./visitor.js";

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

/// Has every kind of email written to a person of that language.
async function everyEmail(locale) {
  const email = `anna.konstantinopolskaya.${locale}@example.com`;
  await postern.confirmedAccount(email, kPassword, locale);
  await postern.post("/register", {email, locale});
  await postern.post("/recover-password", {email, locale});
  const login = await postern.post("/login", {email, password: kPassword});
  const token = (await login.json()).access_token;
  const wanted = `new.${email}`;
  await call("POST", "/me/email", {email: wanted, password: kPassword}, token);
  const link = new URL(linkOf(await postern.mail("confirm-email", wanted)));
  await call("POST", "/confirm-email", {token: link.searchParams.get("token")}, token);
  await call("POST", "/me/password",
             {current_password: kPassword, new_password: kSecondPassword}, token);
  await call("DELETE", "/me", {password: kSecondPassword}, token);
  const toTheNewOne = ["confirm-email", "password-changed", "account-deleted"];
  const mails = kKinds.map(
    (kind) => postern.mail(kind, toTheNewOne.includes(kind) ? wanted : email));
  return new Map((await Promise.all(mails)).map((mail) => [mail.kind, mail]));
}

// Both languages at once: each has a browser context of its own.
describe("emails", {concurrency: 2}, () => {
  for (const locale of ["en", "ru"]) {
    describe(`in ${locale}`, {concurrency: 1}, () => {
      let visitor;
      let mails;
      before(async () => {
        visitor = await Visitor.arrive(browser, postern, {locale});
        mails = await everyEmail(locale);
      });
      after(() => visitor?.leave());
      for (const kind of kKinds) {
        it(`H3 M7 ${kind}`, async () => {
          const mail = mails.get(kind);
          const {page} = visitor;
          await page.setContent(mail.html);
          assert.equal(await page.locator("html").getAttribute("lang"), locale);
          assert.equal(await page.title(), mail.subject);
          assert.equal(await page.locator("h1").count(), 1);
          // What the button opens is what is written below it, and what the text part says.
          const links = await page.getByRole("link").evaluateAll(
            (all) => all.map((link) => link.href));
          const others = kind === "already-registered" ? [`${postern.url}/recover-password`] : [];
          assert.deepEqual(links.slice(0, 2 + others.length),
                           [linkOf(mail), ...others, linkOf(mail)]);
          assert.ok(others.every((other) => mail.text.includes(`\n${other}\n`)));
          await visitor.assertGoodEverywhere(`mail_${kind}.${locale}`, kMailRules);
        });
      }
    });
  }
});
