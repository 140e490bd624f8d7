// Makes the pictures of the README anew:
//   node tests/browser/readme_pictures.js
//   pngquant --speed 1 --ext .png --force docs/images/*.png
import path from "node:path";

import {kRoot, linkOf, Postern} from "./postern.js";
import {kPhone, launchBrowser, Visitor} from "./visitor.js";

const kPassword = "osprey lantern quarry 58 tundra";
const kSharpness = 1.5;
// Of the desktop's picture, 960 shrunk to 760, so that the phone's, 390 shrunk to 330, is as high.
const kAsHigh = (760 / 960) * (390 / 330);
const kPhoneAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 " +
  "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";

const browser = await launchBrowser();
const postern = await Postern.start();

function arrive(options) {
  return Visitor.arrive(browser, postern, {deviceScaleFactor: kSharpness, ...options});
}

async function logIn(visitor, email) {
  await visitor.page.goto("/login");
  await visitor.page.fill("#email", email);
  await visitor.page.fill("#password", kPassword);
  await visitor.page.press("#password", "Enter");
  await visitor.page.locator(".cards").waitFor();
}

/// Pictures side by side, on a wall of their own.
async function compose(name, shots) {
  const {page} = await arrive({viewport: {width: 1600, height: 900}});
  const frames = shots.map(({png, width}) =>
    `<img style="width:${width}px" src="data:image/png;base64,${png.toString("base64")}">`);
  await page.setContent(`<style>
    body { margin: 0; }
    main { display: inline-flex; align-items: flex-start; gap: 24px; padding: 24px; }
    main { background: #dcd6ca; }
    img { border-radius: 10px; }
  </style><main>${frames.join("")}</main>`);
  await page.locator("main").screenshot({path: path.join(kRoot, `docs/images/${name}.png`)});
}

try {
  const size = {width: kPhone.width, height: 690};
  const phone = await arrive({viewport: size});
  const shots = [];
  const shoot = async () => shots.push({png: await phone.page.screenshot(), width: 330});
  await phone.page.goto("/register");
  await phone.page.fill("#email", "anna@example.com");
  await shoot();
  await phone.page.press("#email", "Enter");
  const mail = await postern.mail("confirm", "anna@example.com");
  const link = linkOf(mail);
  // On a page of its own: a page of ours would hold its styles against our policy.
  const reader = await arrive({viewport: size});
  await reader.page.setContent(mail.html);
  shots.push({png: await reader.page.screenshot(), width: 330});
  await phone.page.goto(link);
  await phone.page.fill("#password", kPassword);
  await phone.page.locator(".strength-text:not(:empty)").waitFor();
  await shoot();
  await phone.page.press("#password", "Enter");
  await phone.page.locator(".button").waitFor();
  await compose("overview", shots);

  const other = await arrive({viewport: size, userAgent: kPhoneAgent});
  await logIn(other, "anna@example.com");
  const desktop = await arrive({viewport: {width: 960, height: 800}});
  await logIn(desktop, "anna@example.com");
  await desktop.page.fill("#display_name", "Anna");
  await desktop.page.press("#display_name", "Enter");
  await desktop.page.goto("/account");
  const height = await desktop.page.evaluate(() => document.documentElement.scrollHeight);
  const night = await arrive({
    locale: "ru", colorScheme: "dark",
    viewport: {width: kPhone.width, height: Math.round(height * kAsHigh)},
  });
  await postern.confirmedAccount("anna@example.org", kPassword, "ru");
  await logIn(night, "anna@example.org");
  await compose("account", [
    {png: await desktop.page.screenshot({fullPage: true}), width: 760},
    {png: await night.page.screenshot(), width: 330},
  ]);
} finally {
  await browser.close();
  await postern.stop();
}
