// What makes the pages more comfortable; they work without it.
"use strict";

const kTypingPauseMs = 250;
const kMailboxPollMs = 2000;
const kStoppedMs = 5000;
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

document.querySelectorAll(".toggle").forEach(addPasswordToggle);
document.querySelectorAll(".strength").forEach(addStrengthMeter);
document.querySelectorAll("form[method=post]").forEach(sendOnlyOnce);
document.querySelectorAll("button[data-wait]").forEach(countDown);
document.querySelectorAll("time").forEach(showLocalTime);
document.querySelectorAll("#mailbox").forEach(watchMailbox);
