// What people do, from the first page to the last, as they do it: by label, by button, by link.
import assert from "node:assert/strict";
import {after, before, describe, it} from "node:test";

import {linkOf, Postern, wordsOf} from "./postern.js";
import {kDesktop, kPhone, launchBrowser, Visitor} from "./visitor.js";

const kPassword = "osprey lantern quarry 58 tundra";
const kSecondPassword = "walnut ferry 31 candle orbit";
const kThirdPassword = "granite kettle 77 meadow sparrow";

let browser;
let postern;
before(async () => {
  browser = await launchBrowser();
  postern = await Postern.start();
});
after(async () => {
  await browser?.close();
  await postern?.stop();
});

/// A person who reads the words on the page, in the language of the page.
class Person {
  static async arrive(options, server = postern) {
    const person = new Person();
    person.words = await wordsOf(options.locale);
    person.visitor = await Visitor.arrive(browser, server, options);
    person.page = person.visitor.page;
    return person;
  }

  /// "account_name" or a word itself.
  word(key) {
    return this.words[key] ?? key;
  }

  card(key) {
    return this.page.getByRole("region", {name: this.word(key), exact: true});
  }

  fill(key, text, within = this.page) {
    return within.getByLabel(this.word(key), {exact: true}).fill(text);
  }

  press(key, within = this.page) {
    return within.getByRole("button", {name: this.word(key), exact: true}).click();
  }

  follow(key) {
    return this.page.getByRole("main").getByRole("link", {name: this.word(key)}).first().click();
  }

  unfold(key, within = this.page) {
    return within.locator("summary").filter({hasText: this.word(key)}).click();
  }

  sees(key, role = "heading") {
    return this.page.getByRole(role).filter({hasText: this.word(key)}).first().waitFor();
  }

  /// The wrong field has the focus, is marked as wrong, and its words are its description.
  async isToldAt(label, key) {
    const field = this.page.getByLabel(this.word(label), {exact: true})
      .and(this.page.locator(":focus"));
    await field.waitFor();
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    const described = (await field.getAttribute("aria-describedby")).split(" ");
    const words = await Promise.all(described.map((id) => this.page.locator(`#${id}`).innerText()));
    assert.ok(words.includes(this.word(key)), `${words} has not: ${this.word(key)}`);
    await this.sees(key, "alert");
  }

  /// The new tab that a click opens.
  async goesOnIn(click) {
    const [tab] = await Promise.all([this.visitor.context.waitForEvent("page"), click()]);
    await this.page.close();
    this.page = tab;
  }

  async logIn(email, password) {
    await this.page.goto("/login");
    await this.fill("email_label", email);
    await this.fill("login_password", password);
    await this.press("login_submit");
  }

  async leave() {
    this.visitor.assertCalm("the walk");
    await this.visitor.leave();
  }
}

/// The whole life of an account; `scripted` is what page.js adds on the way.
async function wholeLife(person, email, scripted) {
  const {page} = person;
  await page.goto("/");
  await person.follow("home_register");
  await person.fill("email_label", "anna@");
  await person.press("register_submit");
  await person.isToldAt("email_label", "error_invalid_email");
  await person.fill("email_label", email);
  await person.press("register_submit");
  await person.sees("sent_title");
  await sendAgain(person, email, scripted);
  await person.follow("home_mailbox_link");
  await page.getByRole("navigation").getByRole("link").filter({hasText: email}).first().click();
  const frame = page.frameLocator("iframe");
  await frame.getByText(email).first().waitFor();
  await person.goesOnIn(() => frame.getByRole("link").first().click());
  await person.sees("set_title");
  await person.fill("password_label", "123456");
  if (scripted) await meterSays(person, "weak_too_short");
  await person.press("set_submit");
  await person.isToldAt("password_label", "weak_too_short");
  if (scripted) await watchMeterAndToggle(person);
  await person.fill("password_label", kPassword);
  await person.press("set_submit");
  await person.sees("password_set_title");

  await person.follow("login_submit");
  await person.fill("email_label", email);
  await person.fill("login_password", "a wrong quiet river 9");
  await person.press("login_submit");
  await person.sees("error_invalid_credentials", "alert");
  assert.equal(await person.page.getByLabel(person.word("email_label")).inputValue(), email);
  await person.fill("login_password", kPassword);
  await person.press("login_submit");
  await person.sees("account_title");
  await changeProfile(person);
  await changePassword(person);
  await changeEmail(person, email, `new.${email}`);
  await endSessions(person, `new.${email}`);
  await recover(person, `new.${email}`);
  await deleteAccount(person, `new.${email}`);
}

/// The address is shown and in no URL; sending again works at once without JavaScript.
async function sendAgain(person, email, scripted) {
  const {page} = person;
  await page.getByRole("main").getByText(email, {exact: true}).waitFor();
  assert.ok(!decodeURIComponent(page.url()).includes("@"), page.url());
  await postern.mail("confirm", email);
  const before = await postern.mails();
  const button = page.locator("button[data-wait]");
  if (scripted) {
    assert.ok(await button.isDisabled());
    assert.match(await button.innerText(), /\((1:00|0:\d\d)\)$/);
    return;
  }
  await person.press("sent_resend");
  await person.sees("sent_done_again", "status");
  await postern.mail("confirm", email, before);
}

async function meterSays(person, key) {
  await person.page.locator(".strength-text").filter({hasText: person.word(key)}).waitFor();
}

async function watchMeterAndToggle(person) {
  const field = person.page.getByLabel(person.word("password_label"), {exact: true});
  await person.fill("password_label", "passwordpassword");
  await meterSays(person, "weak_common");
  await person.fill("password_label", kPassword);
  await meterSays(person, "strength_4");
  assert.equal(await person.page.locator(".strength-text").getAttribute("aria-live"), "polite");
  await person.press("show_password");
  assert.equal(await field.getAttribute("type"), "text");
  await person.press("hide_password");
  assert.equal(await field.getAttribute("type"), "password");
}

async function changeProfile(person) {
  const {page} = person;
  const [mine, other] = person.words.language === "English" ? ["en", "ru"] : ["ru", "en"];
  await person.fill("account_name", "Анна <Mária>");
  await page.getByLabel(person.word("account_language")).selectOption(other);
  await person.press("account_submit");
  // The page speaks the new language from here on.
  const own = person.words;
  person.words = await wordsOf(other);
  await person.sees("account_done_profile", "status");
  assert.equal(await page.locator("html").getAttribute("lang"), other);
  assert.equal(await page.getByLabel(person.word("account_name")).inputValue(), "Анна <Mária>");
  await page.getByLabel(person.word("account_language")).selectOption(mine);
  await person.press("account_submit");
  person.words = own;
  await person.sees("account_done_profile", "status");
}

async function changePassword(person) {
  const card = () => person.card("account_password");
  await person.unfold("account_change_password", card());
  await person.fill("account_current_password", "a wrong quiet river 9", card());
  await person.fill("password_label", kSecondPassword, card());
  await person.press("account_change_password", card());
  await person.isToldAt("account_current_password", "error_wrong_password");
  await person.fill("account_current_password", kPassword, card());
  await person.fill("password_label", "short", card());
  await person.press("account_change_password", card());
  await person.isToldAt("password_label", "weak_too_short");
  await person.fill("account_current_password", kPassword, card());
  await person.fill("password_label", kSecondPassword, card());
  await person.press("account_change_password", card());
  await person.sees("account_done_password", "status");
}

async function changeEmail(person, email, wanted) {
  const card = () => person.card("account_email");
  await person.unfold("account_change_email", card());
  await person.fill("account_new_email", "nonsense", card());
  await person.fill("account_current_password", kSecondPassword, card());
  await person.press("account_change_email", card());
  await person.isToldAt("account_new_email", "error_invalid_email");
  await person.fill("account_new_email", wanted, card());
  await person.fill("account_current_password", kSecondPassword, card());
  await person.press("account_change_email", card());
  await person.sees("account_done_email", "status");
  await card().getByText(wanted).waitFor();
  await postern.mail("email-change-requested", email);
  await person.page.goto(linkOf(await postern.mail("confirm-email", wanted)));
  await person.press("confirm_email_submit");
  await person.sees("email_confirmed_title");
  const notice = linkOf(await postern.mail("email-changed", email));
  assert.ok(notice.includes("/set-password?token="), notice);
  await person.follow("account_title");
  await card().getByText(wanted).waitFor();
}

async function endSessions(person, email) {
  const phone = await Person.arrive({
    locale: "en", viewport: kPhone,
    userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 " +
      "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
  });
  await phone.logIn(email, kSecondPassword);
  const sessions = person.card("account_sessions").getByRole("listitem");
  await person.page.goto("/account");
  const other = sessions.filter({hasText: "Safari, iPhone"});
  await other.waitFor();
  assert.equal(await sessions.count(), 2);
  const time = await other.locator("time").first().getAttribute("datetime");
  assert.ok(Math.abs(Date.now() - Date.parse(time)) < 60000, time);
  assert.equal(await sessions.filter({hasText: person.word("account_this_session")}).count(), 1);
  await other.getByRole("button", {name: person.word("account_end_session")}).click();
  await person.sees("account_done_sessions", "status");
  assert.equal(await sessions.count(), 1);
  await phone.page.goto("/account");
  await phone.page.getByRole("status").filter({hasText: phone.word("login_done_ended")}).waitFor();
  await phone.leave();
  await person.press("account_log_out");
  await person.sees("login_done_logged_out", "status");
}

async function recover(person, email) {
  await person.follow("login_recover");
  const before = await postern.mails();
  await person.fill("email_label", email);
  await person.press("recover_submit");
  await person.sees("sent_title");
  const link = linkOf(await postern.mail("recover", email, before));
  await person.page.goto(link);
  await person.fill("password_label", kThirdPassword);
  await person.press("set_submit");
  await person.sees("password_set_title");
  await person.page.goto(link);
  await person.sees("invalid_link_title");
}

async function deleteAccount(person, email) {
  await person.logIn(email, kThirdPassword);
  await person.sees("account_title");
  await person.page.goto("/");
  await person.follow("home_account");
  await person.follow("account_delete_open");
  await person.sees("delete_title");
  await person.page.getByRole("main").getByText(email, {exact: true}).waitFor();
  assert.equal(await person.page.locator(".lost li").count(), 3);
  await person.follow("delete_keep");
  await person.sees("account_title");
  await person.follow("account_delete_open");
  await person.fill("account_current_password", "a wrong quiet river 9");
  await person.press("delete_submit");
  await person.isToldAt("account_current_password", "error_wrong_password");
  await person.fill("account_current_password", kThirdPassword);
  await person.press("delete_submit");
  await person.sees("home_done_deleted", "status");
  await postern.mail("account-deleted", email);
  await person.logIn(email, kThirdPassword);
  await person.sees("error_invalid_credentials", "alert");
}

// Two at once: much of it is waiting for hashes.
describe("walks", {concurrency: 2}, () => {
  it("P2 P4 P5 P6 T6 the life of an account, on a desktop, in English", async () => {
    const person = await Person.arrive({locale: "en", viewport: kDesktop});
    await wholeLife(person, "anna@example.com", true);
    await person.leave();
  });

  it("P2 P4 P5 P6 the same without JavaScript, on a phone at night, in Russian", async () => {
    const person = await Person.arrive({
      locale: "ru", viewport: kPhone, colorScheme: "dark", javaScriptEnabled: false,
    });
    await wholeLife(person, "boris@example.com", false);
    await person.leave();
  });

  it("the way in by keyboard alone, with a focus that can be seen", async () => {
    const person = await Person.arrive({locale: "en"});
    await person.page.goto("/");
    await tabTo(person, "home_register");
    await person.page.keyboard.press("Enter");
    await person.sees("register_title");
    await typeInto(person, "email_label", "clara@example.com");
    await person.page.keyboard.press("Enter");
    await person.sees("sent_title");
    await person.page.goto(linkOf(await postern.mail("confirm", "clara@example.com")));
    await typeInto(person, "password_label", kPassword);
    await tabTo(person, "set_submit");
    await person.page.keyboard.press("Enter");
    await person.sees("password_set_title");
    await tabTo(person, "login_submit");
    await person.page.keyboard.press("Enter");
    await person.sees("login_title");
    await typeInto(person, "email_label", "clara@example.com");
    await typeInto(person, "login_password", kPassword);
    await person.page.keyboard.press("Enter");
    await person.sees("account_title");
    await tabTo(person, "account_change_password");
    await person.page.keyboard.press("Enter");
    await typeInto(person, "account_current_password", kPassword);
    await typeInto(person, "password_label", kSecondPassword);
    await person.page.keyboard.press("Enter");
    await person.sees("account_done_password", "status");
    await tabTo(person, "account_log_out", true);
    await person.page.keyboard.press("Enter");
    await person.sees("login_done_logged_out", "status");
    await person.leave();
  });

  it("sending again waits for a countdown", async () => {
    const person = await Person.arrive({locale: "en"});
    const {page} = person;
    await page.clock.install();
    await page.goto("/recover-password");
    await person.fill("email_label", "egon@gmail.com");
    await person.press("recover_submit");
    await person.sees("sent_title");
    const webmail = page.getByRole("link", {name: person.word("webmail_gmail")});
    assert.equal(await webmail.getAttribute("href"), "https://mail.google.com/mail/");
    const button = page.locator("button[data-wait]");
    assert.ok(await button.isDisabled());
    await page.reload();
    assert.ok(await button.isDisabled());
    await page.clock.fastForward(61000);
    await person.press("sent_resend");
    await person.sees("sent_done_again", "status");
    assert.ok(await button.isDisabled());
    await person.leave();
  });

  it("L6 a spent request limit lets the browser go on by its work", async () => {
    const limited = await Postern.start({REQUEST_LIMIT_PER_IP: "1/h"});
    try {
      const person = await Person.arrive({locale: "en"}, limited);
      const {page} = person;
      const ask = async (email) => {
        await person.fill("email_label", email);
        await person.press("register_submit");
      };
      await page.goto("/register");
      await ask("first@example.com");
      await person.sees("sent_title");
      await page.goto("/register");
      await ask("second@example.com");
      await person.sees("too_many_title");
      await person.sees("too_many_ready", "status");
      await person.visitor.assertGoodEverywhere("too_many");
      await page.setViewportSize(kDesktop);
      await person.press("too_many_back");
      await page.waitForURL("**/register");
      await ask("second@example.com");
      await person.sees("sent_title");
      await limited.mail("confirm", "second@example.com");
      await person.leave();
    } finally {
      await limited.stop();
    }
  });

  it("a link in an email opens in the other language without being lost", async () => {
    const person = await Person.arrive({locale: "en"});
    await postern.post("/register", {email: "dora@example.com", locale: "en"});
    await person.page.goto(linkOf(await postern.mail("confirm", "dora@example.com")));
    await person.press("Русский");
    person.words = await wordsOf("ru");
    await person.fill("password_label", kPassword);
    await person.press("set_submit");
    await person.sees("password_set_title");
    await person.leave();
  });
});

const kMostTabs = 40;

/// Tab by Tab to the control of that name; every stop shows where the focus is.
async function tabTo(person, key, backwards = false) {
  for (let tabs = 0; tabs < kMostTabs; ++tabs) {
    await person.page.keyboard.press(backwards ? "Shift+Tab" : "Tab");
    const stop = await person.page.evaluate(() => {
      const focused = document.activeElement;
      const style = getComputedStyle(focused);
      const label = focused.labels?.[0]?.innerText ?? focused.getAttribute("aria-label");
      return {name: (label ?? focused.innerText).trim(), page: focused === document.body,
              outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2};
    });
    if (stop.page) continue;
    assert.ok(stop.outline, `the focus cannot be seen at: ${stop.name}`);
    if (stop.name.startsWith(person.word(key))) return;
  }
  assert.fail(`no Tab leads to ${person.word(key)}`);
}

async function typeInto(person, key, text) {
  await tabTo(person, key);
  await person.page.keyboard.type(text);
}
