// Clocks of the run of show. Every answer of the server tells its own time (the header Clock, and data-clock in the
// page), so that all screens show the same second, whatever their own clocks say. What is counted:
//   data-until="1765821780.000"  counts down to that moment (seconds since 1970, the server's); past it: −0:12
//   data-most="180"              never shows more than so many seconds (a change-over is still going on)
//   data-least="0"               never shows less (what must come before lies still between)
//   data-since="1765821600.000"  counts up from that moment
//   data-drain="1765821780.000"  a <progress> that empties until then
//   data-before, data-after      words that are true until a moment, or from then on
// data-say-60, -30, -0 are said once when the clock gets there. A clock carries its phase for the stylesheet (calm,
// soon: 60 s, last: 30 s, over); the phase of the one with data-main shows the words with data-phase-is.
(() => {
  "use strict";
  const LOST = 8000; // milliseconds without an answer, after which a screen says so
  const PATIENCE = 6000; // milliseconds that one answer may take
  const QUIET = 20000; // milliseconds between two questions of a screen that nobody sees
  const MARKS = [60, 30, 0];
  const asked = new WeakMap();
  const said = new Map(); // what a clock showed last, by what it counts to: pieces of the page come anew
  const seconds = () => performance.now() / 1000;
  let ahead = null; // the server's seconds less performance.now() in seconds
  let trust = Infinity; // half the way there and back of the answer that `ahead` is from
  let heard = performance.now();
  let asking = -Infinity; // when a screen asked last
  let told; // what was said last of how somebody's own turn stands

  const set = (server, at, way) => {
    const found = server - at;
    // A quicker answer knows better; and after a sleep of the device everything is new.
    if (ahead === null || way <= trust || Math.abs(found - ahead) > way + trust) {
      ahead = found;
      trust = way;
    }
    trust += 0.005; // clocks drift: what is old counts less
  };

  const page = document.querySelector("[data-clock]");
  if (page) {
    const [trip] = performance.getEntriesByType("navigation");
    const at = trip && trip.responseStart > 0 ? trip.responseStart : performance.now();
    set(Number(page.dataset.clock), at / 1000, trip ? (trip.responseStart - trip.requestStart) / 1000 : 1);
  }

  const words = (number) => {
    const whole = Math.abs(number);
    const pair = (part) => String(part).padStart(2, "0");
    const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
    const text = hours ? `${hours}:${pair(minutes)}:${pair(whole % 60)}` : `${minutes}:${pair(whole % 60)}`;
    return number < 0 ? `−${text}` : text;
  };
  const write = (clock, text) => {
    if (clock.textContent === text) return;
    clock.textContent = text;
    clock.dataset.size = text.length;
  };
  const speak = (text) => {
    const live = document.getElementById("live");
    if (live) live.textContent = text;
  };
  const hide = (thing, hidden) => {
    if (thing.hidden !== hidden) thing.hidden = hidden;
  };

  const say = (clock, left) => {
    const key = clock.dataset.until;
    const before = said.get(key);
    said.set(key, left);
    if (before === undefined) return;
    // What was passed over while nothing ran (a page in the background) is not said late.
    const mark = MARKS.find((one) => before > one && left <= one && left > one - 5);
    if (mark !== undefined && clock.hasAttribute(`data-say-${mark}`)) speak(clock.getAttribute(`data-say-${mark}`));
  };

  const count = (clock, moment) => {
    const { until, most, least } = clock.dataset;
    let left = Math.ceil(Number(until) - moment - 0.001);
    if (most) left = Math.min(left, Number(most));
    if (least) left = Math.max(left, Number(least));
    write(clock, words(left));
    const phase = left < 0 ? "over" : left <= 30 ? "last" : left <= 60 ? "soon" : "calm";
    if (clock.dataset.phase !== phase) clock.dataset.phase = phase;
    if (clock.hasAttribute("data-main")) {
      for (const words of document.querySelectorAll("[data-phase-is]")) hide(words, words.dataset.phaseIs !== phase);
    }
    if (clock.hasAttribute("data-say-0")) say(clock, left);
  };

  const tick = () => {
    if (ahead === null) return;
    const moment = seconds() + ahead;
    for (const clock of document.querySelectorAll("[data-until]")) count(clock, moment);
    for (const clock of document.querySelectorAll("[data-since]")) {
      write(clock, words(Math.max(0, Math.floor(moment - Number(clock.dataset.since)))));
    }
    for (const bar of document.querySelectorAll("[data-drain]")) {
      const left = Math.min(bar.max, Math.max(0, Math.ceil(Number(bar.dataset.drain) - moment)));
      if (bar.hidden || bar.value !== left) bar.value = left;
      hide(bar, false);
    }
    for (const thing of document.querySelectorAll("[data-before]")) hide(thing, moment >= Number(thing.dataset.before));
    for (const thing of document.querySelectorAll("[data-after]")) hide(thing, moment < Number(thing.dataset.after));
    const lost = performance.now() - heard > LOST && document.querySelector("[data-show][hx-get]") !== null;
    for (const note of document.querySelectorAll("[data-lost]")) hide(note, !lost);
  };

  // How one's own turn stands is said when it changes, not when the page opens.
  const turn = () => {
    const now = document.querySelector("[data-told]")?.dataset.told || "";
    if (told !== undefined && now && now !== told) speak(now);
    told = now;
  };

  const asks = (event) => event.target instanceof Element && event.target.matches("[data-show]");
  document.addEventListener("htmx:configRequest", (event) => {
    if (asks(event)) event.detail.timeout = PATIENCE; // else one answer that never comes holds up all others
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!asks(event)) return;
    if (document.hidden && performance.now() - asking < QUIET) event.preventDefault();
    else asking = performance.now();
  });
  document.addEventListener("htmx:beforeSend", (event) => asked.set(event.detail.xhr, performance.now()));
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr } = event.detail;
    const server = Number(xhr.getResponseHeader("Clock"));
    if (!server) return;
    const [from, to] = [asked.get(xhr) ?? performance.now(), performance.now()];
    heard = to;
    set(server, (from + to) / 2000, (to - from) / 2000);
  });
  // A screen that is told no keeps what it shows, says that it has no connection, and goes on asking.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (asks(event) && event.detail.xhr.status >= 400) {
      event.detail.shouldSwap = false;
      event.detail.isError = false;
    }
  });
  for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap", "htmx:load", "htmx:afterSettle"]) {
    document.addEventListener(name, () => { tick(); turn(); });
  }

  const look = () => {
    if (document.hidden) return;
    heard = Math.max(heard, performance.now() - LOST + 3000); // time for an answer, before it says that it lost us
    tick();
    document.body.dispatchEvent(new Event("looked"));
  };
  let [last, lastDate] = [performance.now(), Date.now()];
  setInterval(() => {
    // The device has slept, or its clock was set: where time is counted from may be wrong now, so ask.
    const [now, date] = [performance.now(), Date.now()];
    if (now - last > 4000 || Math.abs(date - lastDate - (now - last)) > 2000) look();
    [last, lastDate] = [now, date];
    tick();
  }, 100);
  tick();
  turn();
  document.addEventListener("visibilitychange", look);
  addEventListener("online", look);
  addEventListener("pageshow", (event) => { if (event.persisted) look(); });
  // The reader's zone is known to their browser alone: ask once for their own times.
  if (document.querySelector("input[data-zone-guess]")) addEventListener("load", look);
})();
