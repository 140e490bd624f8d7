// A web app whose people log in with Postern: Express and openid-client.
//
// POSTERN_URL is Postern's BASE_URL; CLIENT_ID and CLIENT_SECRET are what `postern clients add` printed.
// Run: npm ci && node app.mjs
import { randomBytes, webcrypto } from "node:crypto";

import express from "express";
import session from "express-session";
import * as client from "openid-client";

// Node.js 18 has it in the module alone.
globalThis.crypto ??= webcrypto;

const posternUrl = new URL(process.env.POSTERN_URL ?? "http://localhost:5001");
const appUrl = process.env.APP_URL ?? "http://localhost:8004";
// Plain HTTP is for a first try on this machine.
const options = posternUrl.protocol === "http:" ? { execute: [client.allowInsecureRequests] } : {};
const postern = await client.discovery(
  posternUrl, process.env.CLIENT_ID, process.env.CLIENT_SECRET, undefined, options);

const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const app = express();
app.use(session({
  secret: process.env.COOKIE_SECRET ?? randomBytes(32).toString("hex"),
  resave: false,
  saveUninitialized: false,
  cookie: { httpOnly: true, sameSite: "lax" },
}));

app.get("/", ({ session: { person } }, response) => {
  response.send("<h1>Acme Notes</h1>" + (person
    ? `<p id="person">${escape(person.email)}</p><a href="/logout">Sign out</a>`
    : '<a href="/login">Sign in</a>'));
});

app.get("/login", async (request, response) => {
  const codeVerifier = client.randomPKCECodeVerifier();
  const flow = { codeVerifier, state: client.randomState(), nonce: client.randomNonce() };
  request.session.flow = flow;
  response.redirect(client.buildAuthorizationUrl(postern, {
    redirect_uri: `${appUrl}/callback`,
    scope: "openid email profile",
    code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: "S256",
    state: flow.state,
    nonce: flow.nonce,
  }).href);
});

app.get("/callback", async (request, response) => {
  const flow = request.session.flow ?? {};
  const tokens = await client.authorizationCodeGrant(postern, new URL(request.url, appUrl), {
    pkceCodeVerifier: flow.codeVerifier,
    expectedState: flow.state,
    expectedNonce: flow.nonce,
  });
  request.session.flow = undefined;
  request.session.person = { email: tokens.claims().email };
  request.session.idToken = tokens.id_token;
  response.redirect("/");
});

app.get("/logout", (request, response) => {
  const { idToken } = request.session;
  request.session.destroy(() => {
    response.redirect(client.buildEndSessionUrl(postern, {
      id_token_hint: idToken ?? "",
      post_logout_redirect_uri: `${appUrl}/`,
    }).href);
  });
});

const port = Number(process.env.PORT ?? 8004);
app.listen(port, "127.0.0.1", () => console.log(`listening on http://localhost:${port}`));
