// A person at a browser: a context of its own in a Chromium with a fresh profile. Whatever a page
// does that it should not (an error in its console, a breach of its policy, a request to elsewhere)
// is noted and fails the test that asks assertCalm().
import assert from "node:assert/strict";
import {mkdir, readFile} from "node:fs/promises";
import {createRequire} from "node:module";
import path from "node:path";

import {chromium} from "playwright-core";

import {kRoot} from "./postern.js";

export const kPhone = {width: 390, height: 844};
export const kDesktop = {width: 1280, height: 800};
// WCAG 2.2, 1.4.10: no page may need scrolling in two directions here.
const kNarrowest = {width: 320, height: 640};
const kPictures = path.join(kRoot, "build/browser");
const kAxe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// An email is no page: it has no landmarks.
export const kMailRules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const kRules = [...kMailRules, "best-practice"];

export function launchBrowser() {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

export class Visitor {
  static async arrive(browser, postern, {locale = "en", ...options} = {}) {
    const visitor = new Visitor();
    visitor.postern = postern;
    visitor.complaints = [];
    visitor.context = await browser.newContext({
      baseURL: postern.url,
      locale,
      viewport: kDesktop,
      reducedMotion: "reduce",
      ...options,
    });
    visitor.context.setDefaultTimeout(15000);
    visitor.watch();
    visitor.page = await visitor.context.newPage();
    return visitor;
  }

  /// All its pages, those that a link opens too.
  watch() {
    const documents = new Set();
    this.context.on("request", (request) => {
      if (request.resourceType() === "document") documents.add(request.url());
      if (!/^(data|blob|about):/.test(request.url()) &&
          new URL(request.url()).origin !== this.postern.url) {
        this.complaints.push(`asked elsewhere: ${request.url()}`);
      }
    });
    this.context.on("weberror", (error) => this.complaints.push(`threw: ${error.error()}`));
    this.context.on("console", (message) => {
      if (!["error", "warning"].includes(message.type())) return;
      // That a page was answered with 404 or 422 appears there as well, and is expected.
      const isAnswer = message.text().startsWith("Failed to load resource: the server responded");
      if (isAnswer && documents.has(message.location().url)) return;
      this.complaints.push(`console: ${message.text()}`);
    });
  }

  assertCalm(where) {
    assert.deepEqual(this.complaints, [], where);
  }

  leave() {
    return this.context.close();
  }

  /// 0 violations of axe, no scrolling sideways at this width nor at the narrowest.
  async assertAccessible(where, rules = kRules) {
    await this.page.evaluate(`typeof axe === "undefined" && (() => {${kAxe}})()`);
    const violations = await this.page.evaluate(async (tags) => {
      const found = await axe.run({
        iframes: false,
        resultTypes: ["violations"],
        runOnly: {type: "tag", values: tags},
      });
      return found.violations.map((violation) => `${violation.id}: ${violation.help}: ` +
        violation.nodes.map((node) => `${node.html} ${node.failureSummary}`).join(" | "));
    }, rules);
    assert.deepEqual(violations, [], where);
    await this.assertNoSideways(where);
  }

  async assertNoSideways(where) {
    const wide = await this.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(wide, 0, `${where}: wider than the window`);
  }

  /// The page in front as it is now: at both widths, in both schemes, with a picture of each.
  async assertGoodEverywhere(name, rules = kRules) {
    for (const [width, size] of [["phone", kPhone], ["desktop", kDesktop]]) {
      await this.page.setViewportSize(size);
      for (const colorScheme of ["light", "dark"]) {
        await this.page.emulateMedia({colorScheme, reducedMotion: "reduce"});
        await this.page.evaluate(() => new Promise(
          (resume) => requestAnimationFrame(() => requestAnimationFrame(resume))));
        const picture = `${name}.${width}.${colorScheme}`;
        await this.assertAccessible(picture, rules);
        await this.picture(picture);
      }
    }
    await this.page.setViewportSize(kNarrowest);
    await this.assertNoSideways(`${name} at ${kNarrowest.width} pixels`);
    this.assertCalm(name);
  }

  async picture(name) {
    await mkdir(kPictures, {recursive: true});
    const file = path.join(kPictures, `${name}.png`);
    await this.page.screenshot({path: file, fullPage: true});
  }
}
