// A real `postern run` of its own: SQLite in a scratch folder, emails captured, loopback, stopped
// by the process id that was started. A server that does not come up fails the run.
import {execFile, spawn} from "node:child_process";
import {randomInt} from "node:crypto";
import {createSocket} from "node:dgram";
import dns from "node:dns";
import {mkdtemp, readFile, rm} from "node:fs/promises";
import {createServer} from "node:net";
import {tmpdir} from "node:os";
import path from "node:path";
import {fileURLToPath} from "node:url";
import {promisify} from "node:util";

export const kRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const kBinary = process.env.POSTERN_BINARY ?? path.join(kRoot, "build/release/postern");
const kDeadlineMs = 20000;

// Postern listens on 127.0.0.1; Node 18 would ask ::1 alone for localhost.
dns.setDefaultResultOrder("ipv4first");

/// Waits for the thing itself; fails with its name at the deadline.
export async function waitUntil(look, what) {
  const deadline = Date.now() + kDeadlineMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not within ${kDeadlineMs} ms: ${what}`);
    await new Promise((resume) => setTimeout(resume, 10));
  }
}

/// Below the range from which the system gives ports to connections: one of those would take it
/// before the server does. The UDP port of the same number stays bound until this process ends, as
/// in tests/e2e/servers.py, so no other test is given the port before the server listens.
export function freePort() {
  return new Promise((resolve) => {
    const port = randomInt(10_000, 32_000);
    const reservation = createSocket("udp4").unref();
    const again = () => reservation.close(() => resolve(freePort()));
    reservation.once("error", again);
    reservation.bind(port, "127.0.0.1", () => {
      const server = createServer().once("error", again);
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(port)));
    });
  });
}

export class Postern {
  static async start(settings = {}) {
    const postern = new Postern();
    postern.folder = await mkdtemp(path.join(tmpdir(), "postern-browser-"));
    const port = await freePort();
    postern.url = `http://localhost:${port}`;
    postern.output = "";
    postern.env = {
      PATH: "/usr/bin:/bin",
      LANG: "C.UTF-8",
      LISTEN: `127.0.0.1:${port}`,
      ADMIN_LISTEN: `127.0.0.1:${await freePort()}`,
      REQUEST_LIMIT_PER_IP: "100000/s",
      MAIL_LIMIT_PER_ADDRESS: "100/h",
      ...settings,
    };
    postern.child = spawn(kBinary, ["run"], {
      cwd: postern.folder,
      env: postern.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    postern.ended = new Promise((resolve) => postern.child.once("close", resolve));
    for (const stream of [postern.child.stdout, postern.child.stderr]) {
      stream.on("data", (text) => (postern.output += text));
    }
    try {
      await waitUntil(() => postern.answers(), "postern run");
    } catch (error) {
      await postern.stop();
      throw error;
    }
    return postern;
  }

  async answers() {
    if (this.child.exitCode !== null) throw new Error(`postern has ended:\n${this.output}`);
    return fetch(this.url).then((answer) => answer.ok, () => false);
  }

  /// The output of another command of the program, on the same system.
  async command(...words) {
    const done = await promisify(execFile)(kBinary, words, {cwd: this.folder, env: this.env});
    return done.stdout;
  }

  async stop() {
    this.child.kill("SIGTERM");
    await this.ended;
    await rm(this.folder, {recursive: true});
  }

  /// Tells what became of the server where it does not answer.
  async ask(route, options) {
    try {
      return await fetch(this.url + route, options);
    } catch (error) {
      const end = this.child.exitCode ?? this.child.signalCode;
      throw new Error(`${route}: ${error.cause ?? error}; ` + (end === null ?
        "postern runs" : `postern has ended (${end}):\n${this.output}`), {cause: error});
    }
  }

  /// All captured emails, newest first.
  async mails() {
    return (await this.ask("/dev/mailbox", {headers: {Accept: "application/json"}})).json();
  }

  /// The newest email of that kind to that address that is not in `before`.
  mail(kind, to, before = []) {
    const known = new Set(before.map((mail) => mail.id));
    return waitUntil(
      async () => (await this.mails()).find(
        (mail) => mail.kind === kind && mail.to === to && !known.has(mail.id)),
      `an email ${kind} to ${to}`);
  }

  /// As a program asks, for what a test needs before it begins.
  async post(route, fields) {
    const answer = await this.ask(route, {
      method: "POST",
      headers: {"Content-Type": "application/json"},
      body: JSON.stringify(fields),
    });
    if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  async confirmedAccount(email, password, locale) {
    await this.post("/register", {email, locale});
    const link = new URL(linkOf(await this.mail("confirm", email)));
    await this.post("/set-password", {token: link.searchParams.get("token"), password});
  }
}

/// The link that an email leads on with.
export function linkOf(mail) {
  return /https?:\/\/\S+/.exec(mail.text)[0];
}

/// The words of the pages in a language, with what they stand for filled in.
export async function wordsOf(locale, product = "Postern", minLength = 15) {
  const file = path.join(kRoot, `templates/pages/${locale}.json`);
  const words = JSON.parse(await readFile(file, "utf8"));
  return Object.fromEntries(Object.entries(words).map(([key, text]) =>
    [key, text.replaceAll("{product}", product).replaceAll("{min_length}", minLength)]));
}
