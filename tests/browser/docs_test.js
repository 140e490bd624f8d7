// The API reference at /docs: what a build without Swagger UI shows, and a browser without
// JavaScript in any build.
import assert from "node:assert/strict";
import {after, before, describe, it} from "node:test";

import {Postern} from "./postern.js";
import {kDesktop, kPhone, launchBrowser, Visitor} from "./visitor.js";

let browser;
let postern;
before(async () => {
  browser = await launchBrowser();
  postern = await Postern.start();
});
after(async () => {
  await browser.close();
  await postern.stop();
});

/// As a build without Swagger UI serves it.
async function servePlainly(page) {
  await page.route("**/docs", async (route) => {
    const response = await route.fetch();
    const body = (await response.text())
      .replace(/<script[^]*?<\/script>/g, "")
      .replace(/<\/?noscript>/g, "");
    await route.fulfill({response, body});
  });
}

describe("API reference", () => {
  // The page is long: two of the four combinations are enough.
  it("H1 H3 is accessible on a desktop by day and on a phone by night", async () => {
    for (const [name, viewport, colorScheme] of [
      ["docs.desktop.light", kDesktop, "light"], ["docs.phone.dark", kPhone, "dark"]]) {
      const visitor = await Visitor.arrive(browser, postern, {viewport, colorScheme});
      await servePlainly(visitor.page);
      await visitor.page.goto("/docs");
      await visitor.assertAccessible(name);
      await visitor.picture(name);
      await visitor.page.keyboard.press("Tab");
      await visitor.page.keyboard.press("Enter");
      // The first stop skips the list.
      await visitor.page.waitForURL(/#reference$/);
      visitor.assertCalm(name);
      await visitor.leave();
    }
  });

  it("shows every operation without JavaScript, and its links lead there", async () => {
    const visitor = await Visitor.arrive(browser, postern, {
      viewport: kPhone, colorScheme: "dark", javaScriptEnabled: false,
    });
    await visitor.page.goto("/docs");
    const description = await (await visitor.context.request.get("/openapi.json")).json();
    for (const methods of Object.values(description.paths)) {
      for (const {operationId, summary} of Object.values(methods)) {
        const article = visitor.page.locator(`article#${operationId}`);
        assert.ok((await article.innerText()).includes(summary), operationId);
      }
    }
    await visitor.page.click("nav a[href='#refresh']");
    assert.ok(await visitor.page.locator("#refresh").isVisible());
    visitor.assertCalm("docs without JavaScript");
    await visitor.leave();
  });
});
