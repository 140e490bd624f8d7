// What makes the pages more comfortable; they work without it.
"use strict";

const kTypingPauseMs = 250;
const kMailboxPollMs = 2000;

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
  input.addEventListener("input", () => {
    stop();
    if (input.value === "") {
      showVerdict(meter, null);
      return;
    }
    timer = setTimeout(ask, kTypingPauseMs);
  });
}

function sendOnlyOnce(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "true";
  });
  window.addEventListener("pageshow", () => delete form.dataset.sent);
}

function showLocalTime(element) {
  const time = new Date(element.dateTime);
  if (!Number.isNaN(time.getTime())) {
    element.textContent = time.toLocaleString(document.documentElement.lang,
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

document.querySelectorAll(".toggle").forEach(addPasswordToggle);
document.querySelectorAll(".strength").forEach(addStrengthMeter);
document.querySelectorAll("form[method=post]").forEach(sendOnlyOnce);
document.querySelectorAll("time").forEach(showLocalTime);
document.querySelectorAll("#mailbox").forEach(watchMailbox);
