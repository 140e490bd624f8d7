// Every page, in both languages, on a phone and a desktop, by day and by night.
import assert from "node:assert/strict";
import {after, before, describe, it} from "node:test";

import {linkOf, Postern, wordsOf} from "./postern.js";
import {launchBrowser, Visitor} from "./visitor.js";

const kLongName = "Анна-Мария Достоевская-Преображенская";
const kPassword = "osprey lantern quarry 58 tundra";

let browser;
before(async () => (browser = await launchBrowser()));
after(() => browser.close());

// The first form in the text; what a page's head holds is not it.
const submit = (page) => page.locator("main form button[type=submit]:not(.second)").first().click();
const unfold = (page, card) => page.click(`section[aria-labelledby=${card}-title] summary`);

/// More red than green and blue together would allow for a brown or a grey.
async function isRed(locator) {
  const [red, green, blue] = await locator.evaluate(
    (element) => getComputedStyle(element).color.match(/[\d.]+/g).map(Number));
  assert.ok(red > green * 1.4 && red > blue * 1.4, `${red} ${green} ${blue}`);
}

/// How a person gets to see each page; in an order that one person could go through.
const kPages = {
  mailbox_empty: (page) => page.goto("/dev/mailbox"),
  home: (page) => page.goto("/"),
  register: (page) => page.goto("/register"),
  register_wrong: async (page) => {
    await page.goto("/register");
    await page.fill("#email", "anna@example");
    await submit(page);
  },
  sent: async (page, way) => {
    await page.goto("/register");
    await page.fill("#email", way.email);
    await submit(page);
  },
  sent_again: async (page, way) => {
    // The server takes the form at any time; the button waits.
    await page.locator("button[data-wait]").evaluate((button) => button.form.requestSubmit());
    await page.getByText(way.words.sent_done_again).waitFor();
  },
  sent_webmail: async (page, way) => {
    await page.goto("/recover-password");
    await page.fill("#email", "anna.konstantinopolskaya@gmail.com");
    await submit(page);
    await page.getByRole("link", {name: way.words.webmail_gmail}).waitFor();
  },
  set_password: async (page, way) => {
    way.link = linkOf(await way.postern.mail("confirm", way.email));
    await page.goto(way.link);
  },
  set_password_meter: async (page) => {
    await page.fill("#password", "correct horse 1");
    await page.locator(".strength-text:not(:empty)").waitFor();
  },
  set_password_weak: async (page, way) => {
    await page.goto(way.link);
    await page.fill("#password", "123456");
    await submit(page);
  },
  password_set: async (page, way) => {
    await page.goto(way.link);
    await page.fill("#password", kPassword);
    await submit(page);
  },
  invalid_link: (page, way) => page.goto(way.link),
  login: (page) => page.goto("/login"),
  login_wrong: async (page, way) => {
    await page.goto("/login");
    await page.fill("#email", way.email);
    await page.fill("#password", "a wrong quiet river 9");
    await submit(page);
  },
  login_locked: async (page, way) => {
    const wrong = {email: "boris@example.com", password: "a wrong quiet river 9"};
    await Promise.all(Array.from({length: 6}, () => way.postern.ask("/login", {
      method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(wrong),
    })));
    // The delays double, and soon outlast an answer.
    const [before] = way.words.error_too_many_attempts.split("{wait}");
    const locked = page.getByRole("alert").filter({hasText: before}).filter({hasText: /[1-9]/});
    for (let tries = 0; tries < 6 && await locked.count() === 0; ++tries) {
      await page.goto("/login");
      await page.fill("#email", wrong.email);
      await page.fill("#password", wrong.password);
      await submit(page);
      await page.getByRole("alert").waitFor();
    }
    await locked.waitFor();
  },
  account: async (page, way) => {
    await page.goto("/login");
    await page.fill("#email", way.email);
    await page.fill("#password", kPassword);
    await submit(page);
  },
  account_saved: async (page) => {
    await page.fill("#display_name", kLongName);
    await submit(page);
  },
  account_unfolded: async (page) => {
    for (const card of ["email", "password"]) await unfold(page, card);
    await page.fill("#new_password", "correct horse 1");
    await page.locator(".strength-text:not(:empty)").waitFor();
  },
  account_wrong: async (page) => {
    await page.goto("/account");
    await unfold(page, "password");
    await page.fill("#current_password", "a wrong quiet river 9");
    await page.fill("#new_password", "another quiet river 8");
    await page.press("#new_password", "Enter");
  },
  account_weak: async (page) => {
    await page.fill("#current_password", kPassword);
    await page.fill("#new_password", "123");
    await page.press("#new_password", "Enter");
  },
  account_sessions: async (page, way) => {
    await way.postern.post("/login", {email: way.email, password: kPassword});
    await page.goto("/account");
    await page.getByRole("button", {name: way.words.account_end_others}).waitFor();
  },
  account_pending: async (page, way) => {
    await unfold(page, "email");
    await page.fill("#email", `new.${way.email}`);
    await page.fill("#email_password", kPassword);
    await page.press("#email_password", "Enter");
  },
  confirm_email: async (page, way) => {
    way.emailLink = linkOf(await way.postern.mail("confirm-email", `new.${way.email}`));
    await page.goto(way.emailLink);
  },
  email_confirmed: (page) => submit(page),
  invalid_email_link: (page, way) => page.goto(way.emailLink),
  account_delete: async (page, way) => {
    await page.goto("/account");
    await page.getByRole("link", {name: way.words.account_delete_open, exact: true}).click();
    await page.getByText(`new.${way.email}`).first().waitFor();
    await isRed(page.locator(".lost li").first());
  },
  account_delete_wrong: async (page, way) => {
    await page.fill("#delete_password", "a wrong quiet river 9");
    await page.getByRole("button", {name: way.words.delete_submit}).click();
    await page.getByRole("alert").waitFor();
  },
  home_logged_in: async (page, way) => {
    await page.goto("/");
    await page.getByRole("link", {name: way.words.home_account, exact: true}).waitFor();
  },
  logged_out: async (page, way) => {
    await page.goto("/");
    await page.getByRole("button", {name: way.words.account_log_out, exact: true}).click();
  },
  home_deleted: (page) => page.goto("/?done=deleted"),
  error: (page) => page.goto("/register?return_to=https://evil.example/"),
  not_found: (page) => page.goto("/no-such-page"),
  recover: (page) => page.goto("/recover-password"),
  mailbox: async (page, way) => {
    await page.goto(`/dev/mailbox?id=${(await way.postern.mails())[0].id}`);
    await page.frameLocator("iframe").locator("h1").waitFor();
  },
};

it("what a page must not do is noticed", async (test) => {
  const postern = await Postern.start();
  test.after(() => postern.stop());
  const visitor = await Visitor.arrive(browser, postern);
  test.after(() => visitor.leave());
  await visitor.page.goto("/");
  visitor.assertCalm("the page itself");
  await visitor.page.evaluate(() => {
    document.body.append(Object.assign(new Image(), {src: "https://elsewhere.example/x.png"}));
    document.querySelector("h1").setAttribute("style", "color: red");
    document.querySelector("main").append(document.createElement("input"));
  });
  await assert.rejects(visitor.assertAccessible("an input without a label"), /label/);
  assert.match(visitor.complaints.join("\n"), /img-src[^]*style-src|style-src[^]*img-src/);
});

// Both languages at once: each has a browser context of its own.
describe("pages", {concurrency: 2}, () => {
  for (const locale of ["en", "ru"]) {
    describe(`in ${locale}`, {concurrency: 1}, () => {
      const way = {email: "anna.konstantinopolskaya@example.com"};
      let visitor;
      before(async () => {
        way.words = await wordsOf(locale);
        way.postern = await Postern.start();
        visitor = await Visitor.arrive(browser, way.postern, {locale});
      });
      after(async () => {
        await visitor?.leave();
        await way.postern?.stop();
      });
      for (const [name, open] of Object.entries(kPages)) {
        it(`H1 H3 ${name}`, async () => {
          const {page} = visitor;
          await open(page, way);
          assert.equal(await page.locator("html").getAttribute("lang"), locale);
          assert.match(await page.title(), / · Postern$/);
          assert.equal(await page.locator("h1").count(), 1);
          const wrong = page.locator("[aria-invalid=true]");
          assert.equal(await wrong.and(page.locator(":not(:focus)")).count(), 0, "no focus on it");
          await visitor.assertGoodEverywhere(`${name}.${locale}`);
        });
      }
    });
  }
});
