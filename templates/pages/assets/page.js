// What makes the pages more comfortable; they work without it.
"use strict";

const kTypingPauseMs = 250;
const kMailboxPollMs = 2000;
const kStoppedMs = 5000;
const kNumbersAtATime = 2000;
// As long as its challenge lives.
const kProofSeconds = 600;
// English without a region would mean American dates.
const kDateLocales = {en: "en-GB"};

function addPasswordToggle(toggle) {
  const input = document.getElementById(toggle.getAttribute("aria-controls"));
  toggle.hidden = false;
  toggle.parentElement.classList.add("toggle-there");
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    toggle.setAttribute("aria-label", shown ? toggle.dataset.hideLabel : toggle.dataset.showLabel);
    toggle.textContent = shown ? toggle.dataset.hide : toggle.dataset.show;
  };
  toggle.addEventListener("click", () => show(input.type === "password"));
  // A browser must not remember the password as ordinary text.
  input.form.addEventListener("submit", () => show(false));
}

// An empty field has no verdict. The text's element is always there, or its first words would not
// be read out.
function showVerdict(meter, verdict) {
  meter.querySelector(".strength-bar").hidden = !verdict;
  if (!verdict) {
    meter.querySelector(".strength-text").textContent = "";
    return;
  }
  // One verdict at a time: the server's verdict on the former password is for that one only.
  const text = verdict.accepted ? meter.getAttribute(`data-score-${verdict.score}`)
                                : meter.getAttribute(`data-${verdict.reason}`);
  meter.dataset.score = String(verdict.score);
  meter.dataset.accepted = String(verdict.accepted);
  meter.querySelector(".strength-text").textContent = text || "";
}

// The server judges, so that the meter and the verdict on the form are the same.
function addStrengthMeter(meter) {
  const input = document.getElementById(meter.dataset.for);
  let timer = 0;
  let running = null;

  async function ask() {
    running = new AbortController();
    try {
      const answer = await fetch("/password-strength", {
        method: "POST",
        headers: {"Content-Type": "application/json", "Accept": "application/json"},
        body: JSON.stringify({password: input.value, token: input.form.elements.token?.value}),
        signal: running.signal,
      });
      if (answer.ok) showVerdict(meter, await answer.json());
    } catch (error) {
      // Without an answer the meter stays as it is; the form's own verdict counts.
    }
  }

  function stop() {
    clearTimeout(timer);
    if (running) running.abort();
  }

  // The form's answer may make the token worthless that the question needs.
  input.form.addEventListener("submit", stop);
  const former = document.getElementById(`${input.id}-error`);
  input.addEventListener("input", () => {
    stop();
    if (former && !former.hidden) {
      former.hidden = true;
      input.removeAttribute("aria-invalid");
      input.closest(".field").classList.remove("field-wrong");
    }
    if (input.value === "") {
      showVerdict(meter, null);
      return;
    }
    timer = setTimeout(ask, kTypingPauseMs);
  });
}

// A second click while the answer is awaited sends nothing. A form whose request was stopped
// (Escape, no network) leaves the page as it is and fires no event, so it works again after a while.
function sendOnlyOnce(form) {
  let timer = 0;
  const ready = () => {
    clearTimeout(timer);
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  };
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "true";
    form.setAttribute("aria-busy", "true");
    timer = setTimeout(ready, kStoppedMs);
  });
  window.addEventListener("pageshow", ready);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") ready();
  });
}

// The server says how long, so the clocks need not agree. It takes the form at any time: this only
// keeps people from asking faster than email travels.
function countDown(button) {
  const text = button.textContent;
  const end = Date.now() + Number(button.dataset.wait) * 1000;
  const show = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${text} (${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")})`
                                  : text;
    if (left <= 0) clearInterval(timer);
  };
  const timer = setInterval(show, 1000);
  show();
}

function showLocalTime(element) {
  const time = new Date(element.dateTime);
  if (!Number.isNaN(time.getTime())) {
    const lang = document.documentElement.lang;
    element.textContent = time.toLocaleString(kDateLocales[lang] || lang,
                                              {dateStyle: "medium", timeStyle: "short"});
  }
}

function watchMailbox(mailbox) {
  setInterval(async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch("/dev/mailbox?limit=1", {headers: {"Accept": "application/json"}});
      const newest = (await answer.json())[0];
      if (newest && newest.id !== mailbox.dataset.newest) location.reload();
    } catch (error) {
      // The server may be restarting: the next round asks again.
    }
  }, kMailboxPollMs);
}

// The first 32 bits of the SHA-256 of a short ASCII text: one block (FIPS 180-4, 6.2). The browser's
// own digest answers later, and so many calls of it would take longer than this.
const kSha256 = (() => {
  const fraction = (number) => Math.floor((number - Math.floor(number)) * 2 ** 32) | 0;
  const primes = [];
  for (let number = 2; primes.length < 64; number++) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  }
  return {start: primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime))),
          rounds: primes.map((prime) => fraction(Math.cbrt(prime)))};
})();
const kWords = new Int32Array(64);

function firstWord(text) {
  const w = kWords;
  w.fill(0);
  for (let i = 0; i < text.length; i++) w[i >> 2] |= text.charCodeAt(i) << (24 - (i & 3) * 8);
  w[text.length >> 2] |= 0x80 << (24 - (text.length & 3) * 8);
  w[15] = text.length * 8;
  const turn = (x, n) => (x >>> n) | (x << (32 - n));
  for (let i = 16; i < 64; i++) {
    const s0 = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >>> 3);
    const s1 = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >>> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  let [a, b, c, d, e, f, g, h] = kSha256.start;
  for (let i = 0; i < 64; i++) {
    const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + kSha256.rounds[i] + w[i]) | 0;
    const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0;
    d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  return (kSha256.start[0] + a) >>> 0;
}

// The proof of work that a spent request limit asks for: some numbers at a time, so that the page
// stays usable.
function solve(work) {
  const {challenge, bits} = work.dataset;
  const limit = 2 ** (32 - Number(bits));
  const text = work.querySelector("[data-ready]");
  const button = work.querySelector("button");
  let number = 0;
  const search = () => {
    for (const end = number + kNumbersAtATime; number < end; number++) {
      if (firstWord(`${challenge}.${number}`) >= limit) continue;
      document.cookie = `__Host-postern-work=${challenge}.${number}; Path=/; Secure; ` +
                        `SameSite=Strict; Max-Age=${kProofSeconds}`;
      text.textContent = text.dataset.ready;
      button.disabled = false;
      return;
    }
    setTimeout(search);
  };
  button.addEventListener("click", () => history.back());
  work.hidden = false;
  setTimeout(search);
}

document.querySelectorAll(".toggle").forEach(addPasswordToggle);
document.querySelectorAll(".strength").forEach(addStrengthMeter);
document.querySelectorAll("form[method=post]").forEach(sendOnlyOnce);
document.querySelectorAll("button[data-wait]").forEach(countDown);
document.querySelectorAll("time").forEach(showLocalTime);
document.querySelectorAll("#mailbox").forEach(watchMailbox);
document.querySelectorAll("[data-challenge]").forEach(solve);
