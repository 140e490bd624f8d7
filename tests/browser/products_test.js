// The examples of web apps, as their people use them: from "Sign in" to the product and back out, with
// a registration by email inside; and the pages of the flow, looked at everywhere.
import assert from "node:assert/strict";
import {execFile, spawn} from "node:child_process";
import {existsSync} from "node:fs";
import {cp, mkdtemp, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import path from "node:path";
import {after, before, describe, it} from "node:test";
import {promisify} from "node:util";

import {freePort, kRoot, linkOf, Postern, waitUntil, wordsOf} from "./postern.js";
import {kDesktop, kPhone, launchBrowser, Visitor} from "./visitor.js";

const kPassword = "osprey lantern quarry 58 tundra";
const kPython = "/usr/bin/python3";
const kExamples = [
  {name: "web_app_express", run: [process.execPath, "app.mjs"]},
  {name: "web_app_fastapi", run: [kPython, "-W", "ignore", "-m", "uvicorn", "app:app"],
    portOption: "--port"},
  {name: "spa", public: true, run: [kPython, "-m", "http.server", "--bind", "127.0.0.1"],
    portOption: ""},
];

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

/// A product of its own, with the client that the operator's command makes for it.
class Product {
  static async start(example) {
    const product = new Product();
    product.folder = path.join(kRoot, "examples", example.name);
    const lock = path.join(product.folder, "package-lock.json");
    if (existsSync(lock) && !existsSync(path.join(product.folder, "node_modules"))) {
      await promisify(execFile)("npm", ["ci", "--ignore-scripts", "--no-progress"],
        {cwd: product.folder});
    }
    const port = await freePort();
    product.url = `http://localhost:${port}`;
    const back = example.public ? `${product.url}/` : `${product.url}/callback`;
    const client = await postern.command("clients", "add", "--json", "--name", "Acme Notes",
      "--url", `${product.url}/`, "--redirect-uri", back,
      "--post-logout-redirect-uri", `${product.url}/`, ...(example.public ? ["--public"] : []));
    const made = JSON.parse(client);
    if (example.public) await product.configure(made.client_id);
    const [program, ...words] = example.run;
    const place = example.portOption === undefined ? [] :
      [example.portOption, String(port)].filter(Boolean);
    product.child = spawn(program, [...words, ...place], {
      cwd: product.folder,
      env: {PATH: process.env.PATH, LANG: "C.UTF-8", PORT: String(port), APP_URL: product.url,
        POSTERN_URL: postern.url, CLIENT_ID: made.client_id,
        CLIENT_SECRET: made.client_secret ?? ""},
      stdio: ["ignore", "pipe", "pipe"],
    });
    product.output = "";
    for (const stream of [product.child.stdout, product.child.stderr]) {
      stream.on("data", (text) => (product.output += text));
    }
    await waitUntil(() => product.answers(), example.name);
    return product;
  }

  /// A static page names its server in a file: a copy is served.
  async configure(clientId) {
    const copy = await mkdtemp(path.join(tmpdir(), "postern-spa-"));
    await cp(this.folder, copy, {recursive: true});
    const config = JSON.stringify({authority: postern.url, client_id: clientId});
    await writeFile(path.join(copy, "config.js"), `window.config = ${config};\n`);
    this.folder = this.copy = copy;
  }

  async answers() {
    if (this.child.exitCode !== null) throw new Error(`the product has ended:\n${this.output}`);
    return fetch(this.url).then((answer) => answer.ok, () => false);
  }

  async stop() {
    this.child.kill("SIGTERM");
    if (this.copy) await rm(this.copy, {recursive: true});
  }
}

/// What a page of Postern did that it should not; the product's pages are its own matter.
function assertCalm(visitor, product) {
  const own = visitor.complaints.filter(
    (text) => !text.includes(product.url) && !text.startsWith("console: Failed to load resource"));
  assert.deepEqual(own, []);
}

async function fill(page, words, fields) {
  for (const [label, text] of Object.entries(fields)) {
    await page.getByLabel(words[label], {exact: true}).fill(text);
  }
}

const press = (page, name) => page.getByRole("button", {name, exact: true}).click();
const mainLink = (page, name) => page.getByRole("main").getByRole("link", {name}).first();
/// A link or a button: each example has its own.
const way = (page, name) => page.getByRole("link", {name}).or(page.getByRole("button", {name}));

for (const example of kExamples) {
  describe(`the example ${example.name}`, () => {
    let product;
    before(async () => (product = await Product.start(example)));
    after(() => product?.stop());

    for (const [locale, size] of [["en", kDesktop], ["ru", kPhone]]) {
      it(`signs in, with a registration inside, and out: ${locale}, ${size.width} wide`,
        () => signInAndOut(product, example, locale, size));
    }
  });
}

async function signInAndOut(product, example, locale, size) {
  const words = await wordsOf(locale);
  const visitor = await Visitor.arrive(browser, postern, {locale, viewport: size});
  const {page} = visitor;
  const email = `${example.name.replaceAll("_", "-")}.${locale}@example.com`;
  const picture = (name) => visitor.picture(`product-${example.name}-${name}.${locale}`);
  await page.goto(product.url);
  await way(page, "Sign in").click();
  await page.getByText(words.flow_lead.replace("{client}", "Acme Notes")).waitFor();
  await picture("login");
  await mainLink(page, words.login_register).click();
  await page.getByText(words.flow_lead.replace("{client}", "Acme Notes")).waitFor();
  await page.reload();
  await page.goBack();
  await page.getByLabel(words.login_password, {exact: true}).waitFor();
  await page.goForward();
  await page.getByText(words.flow_lead.replace("{client}", "Acme Notes")).waitFor();
  await fill(page, words, {email_label: email});
  await press(page, words.register_submit);
  await page.getByText(email).first().waitFor();
  await page.goto(linkOf(await postern.mail("confirm", email)));
  await fill(page, words, {password_label: kPassword});
  await press(page, words.set_submit);
  await page.locator("#person", {hasText: email}).waitFor();
  assert.ok(page.url().startsWith(product.url));
  await picture("signed-in");

  await way(page, "Sign out").click();
  await way(page, "Sign in").waitFor();
  assert.ok(page.url().startsWith(product.url));
  await way(page, "Sign in").click();
  await fill(page, words, {email_label: email, login_password: "a wrong password, long enough"});
  await press(page, words.login_submit);
  await page.getByRole("alert").waitFor();
  await fill(page, words, {login_password: kPassword});
  await press(page, words.login_submit);
  await page.locator("#person", {hasText: email}).waitFor();
  assertCalm(visitor, product);
  await visitor.leave();
}

describe("the pages of the flow", () => {
  for (const locale of ["en", "ru"]) {
    it(`look good everywhere: ${locale}`, () => lookEverywhere(locale));
  }
});

async function lookEverywhere(locale) {
  const words = await wordsOf(locale);
  const callback = "http://127.0.0.1/callback";
  const {client_id: id} = JSON.parse(await postern.command("clients", "add", "--json", "--public",
    "--third-party", "--name", "Acme Notes", "--redirect-uri", callback));
  const email = `everywhere.${locale}@example.com`;
  await postern.confirmedAccount(email, kPassword, locale);
  const visitor = await Visitor.arrive(browser, postern, {locale});
  const {page} = visitor;
  const query = new URLSearchParams({client_id: id, redirect_uri: callback, response_type: "code",
    scope: "openid email profile offline_access", code_challenge: "a".repeat(43),
    code_challenge_method: "S256"});
  await page.goto(`${postern.url}/authorize?${query}`);
  await visitor.assertGoodEverywhere(`flow-login.${locale}`);
  await fill(page, words, {email_label: email, login_password: kPassword});
  await press(page, words.login_submit);
  await page.getByRole("heading", {name: words.consent_title}).waitFor();
  await visitor.assertGoodEverywhere(`flow-consent.${locale}`);
  await page.goto(`${postern.url}/end-session`);
  await visitor.assertGoodEverywhere(`flow-end-session.${locale}`);
  for (const [name, route] of [["client", "/authorize?client_id=none&redirect_uri=x"],
    ["again", "/authorize/continue?flow=none"]]) {
    await page.goto(postern.url + route);
    await visitor.assertGoodEverywhere(`flow-invalid-${name}.${locale}`);
  }
  await visitor.leave();
}
