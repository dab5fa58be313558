// The host's screen of the run of show. A press is sent at once; while the network is down it is kept, shown, and sent
// again with its age, so that the time at which it was made counts. Keys press the same buttons. The clocks are in
// live.js, and htmx brings what others press.
(() => {
  "use strict";
  const screen = document.querySelector("[data-run]");
  if (!screen || !window.fetch || !window.htmx) return;
  const AGAIN = 2000; // milliseconds between two tries
  const STORE = `run-press:${location.pathname}`;
  const waiting = document.getElementById("run-waiting");
  let kept = null; // the press that has not arrived: { url, body, what, made }
  let sending = false;
  let after = ""; // the id of another button that was pressed while one was being sent

  const store = () => {
    try {
      if (kept) sessionStorage.setItem(STORE, JSON.stringify(kept));
      else sessionStorage.removeItem(STORE);
    } catch { /* not kept over a reload, then */ }
  };
  const show = (late) => {
    waiting.hidden = !kept || !late;
    if (kept) waiting.querySelector("[data-waiting-what]").textContent = kept.what;
    for (const button of screen.querySelectorAll("[data-press] button")) {
      if (kept) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
    }
  };
  const done = () => { kept = null; store(); show(false); };

  const send = async () => {
    if (!kept || sending) return;
    const press = kept;
    sending = true;
    const age = Math.max(0, Math.round((Date.now() - press.made) / 1000));
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), 10000);
    try {
      const answer = await fetch(press.url, {
        method: "POST",
        headers: { "HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded" },
        body: `${press.body}&age=${age}`,
        signal: patience.signal,
      });
      if (answer.status >= 500) throw new Error(String(answer.status));
      const text = await answer.text();
      if (press !== kept) return;
      done();
      // Anything but the pieces of this screen (signed out, no longer allowed) is the page's to show.
      if (answer.ok && !answer.redirected && !answer.headers.has("HX-Redirect")) htmx.swap(document.body, text, { swapStyle: "none" });
      else location.reload();
      const next = document.getElementById(after)?.form;
      after = "";
      if (next) setTimeout(() => next.requestSubmit());
    } catch {
      after = "";
      if (kept) setTimeout(send, AGAIN);
    } finally {
      clearTimeout(timer);
      sending = false;
      show(true);
    }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-press]");
    if (!form) return;
    event.preventDefault();
    const button = form.querySelector("button");
    if (kept) { // one at a time; the same one twice is once
      if (waiting.hidden && button.id !== kept.id) after = button.id;
      return;
    }
    kept = { id: button.id, url: form.action, body: new URLSearchParams(new FormData(form)).toString(), what: button.innerText.trim(), made: Date.now() };
    store();
    show(false);
    send();
  });
  waiting.querySelector("[data-waiting-stop]").addEventListener("click", done);
  addEventListener("online", send);
  try {
    kept = JSON.parse(sessionStorage.getItem(STORE) || "null");
  } catch { /* nothing was kept */ }
  if (kept) { show(true); send(); }

  // Keys: never while somebody types, never together with a modifier, and they can be switched off (WCAG 2.1.4).
  let on = true;
  try { on = localStorage.getItem("run-keys") !== "off"; } catch { /* on, then */ }
  const ready = () => {
    const box = screen.querySelector("[data-run-keys]");
    if (!box) return;
    box.hidden = false;
    box.querySelector("[data-run-keys-on]").checked = on;
  };
  ready();
  document.addEventListener("htmx:load", () => { ready(); if (kept) show(!waiting.hidden); });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-run-keys-on]")) return;
    on = event.target.checked;
    try { localStorage.setItem("run-keys", on ? "on" : "off"); } catch { /* for this page alone */ }
  });
  document.addEventListener("keydown", (event) => {
    if (!on || event.defaultPrevented || event.repeat || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key === " " ? "Space" : event.key.toLowerCase();
    const { target } = event;
    if (target.closest("input, select, textarea, [contenteditable]")) return;
    if (key === "Space" && target.closest("a, button, summary, label")) return; // that one's own key
    const form = [...screen.querySelectorAll("[data-keys]")].find((one) => one.dataset.keys.split(" ").includes(key));
    if (!form) return;
    event.preventDefault();
    form.requestSubmit();
  });
})();
