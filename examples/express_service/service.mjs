// A service that takes Postern's access tokens: GET /hello answers the account's id.
//
// POSTERN_URL is Postern's BASE_URL.  Run: npm ci && node service.mjs
import express from "express";
import { createRemoteJWKSet, jwtVerify } from "jose";

const posternUrl = process.env.POSTERN_URL ?? "http://localhost:5001";
// Kept for a minute, and fetched again when a token names a key that is not there.
const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", posternUrl), {
  cacheMaxAge: 60_000,
  cooldownDuration: 5_000,
});

async function requireAccount(request, response, next) {
  try {
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ["ES256"],
      typ: "at+jwt",
      issuer: posternUrl,
      audience: posternUrl,
      requiredClaims: ["exp", "sub"],
    });
    request.accountId = payload.sub;
  } catch {
    return response.status(401).set("WWW-Authenticate", "Bearer").json({ detail: "Unauthorized" });
  }
  next();
}

const app = express();
app.get("/hello", requireAccount, (request, response) => {
  response.json({ account_id: request.accountId });
});
const port = Number(process.env.PORT ?? 8002);
app.listen(port, "127.0.0.1", () => console.log(`listening on http://localhost:${port}`));
