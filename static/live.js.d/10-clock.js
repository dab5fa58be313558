// Clocks of the run of show. Every answer of the server tells its own time (the header Clock, and data-clock in the
// page), so that all screens show the same second, whatever their own clocks say. What is counted:
//   data-until="1765821780.000"  counts down to that moment (seconds since 1970, the server's); past it: −0:12
//   data-most="180"              never shows more than so many seconds (a change-over is still going on)
//   data-since="1765821600.000"  counts up from that moment
// data-say-60, -30, -0 are said once when the clock gets there. A clock carries its phase for the stylesheet:
// calm, soon (60 s), last (30 s), over.
(() => {
  "use strict";
  const LOST = 8000; // milliseconds without an answer, after which a screen says so
  const MARKS = [60, 30, 0];
  const asked = new WeakMap();
  const said = new Map(); // what a clock showed last, by what it counts to: pieces of the page come anew
  let ahead = null; // the server's seconds less performance.now() in seconds
  let trust = Infinity; // half the way there and back of the answer that `ahead` is from
  let heard = performance.now();

  const now = () => performance.now() / 1000 + ahead;
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

  const words = (seconds) => {
    const whole = Math.abs(seconds);
    const pair = (number) => String(number).padStart(2, "0");
    const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
    const text = hours ? `${hours}:${pair(minutes)}:${pair(whole % 60)}` : `${minutes}:${pair(whole % 60)}`;
    return seconds < 0 ? `−${text}` : text;
  };

  const say = (clock, left) => {
    const key = clock.dataset.until;
    const before = said.get(key);
    said.set(key, left);
    if (before === undefined) return;
    const mark = MARKS.find((one) => before > one && left <= one && `say-${one}` && clock.hasAttribute(`data-say-${one}`));
    const live = document.getElementById("live");
    if (mark !== undefined && live) live.textContent = clock.getAttribute(`data-say-${mark}`);
  };

  const tick = () => {
    if (ahead === null) return;
    const moment = now();
    for (const clock of document.querySelectorAll("[data-until]")) {
      let left = Math.ceil(Number(clock.dataset.until) - moment);
      if (clock.dataset.most) left = Math.min(left, Number(clock.dataset.most));
      const text = words(left);
      if (clock.textContent !== text) clock.textContent = text;
      const phase = left < 0 ? "over" : left <= 30 ? "last" : left <= 60 ? "soon" : "calm";
      if (clock.dataset.phase !== phase) clock.dataset.phase = phase;
      if (clock.hasAttribute("data-say-0")) say(clock, left);
    }
    for (const clock of document.querySelectorAll("[data-since]")) {
      const text = words(Math.max(0, Math.floor(moment - Number(clock.dataset.since))));
      if (clock.textContent !== text) clock.textContent = text;
    }
    const lost = performance.now() - heard > LOST && document.querySelector("[data-show][hx-get]");
    for (const note of document.querySelectorAll("[data-lost]")) note.hidden = !lost;
  };

  document.addEventListener("htmx:beforeSend", (event) => asked.set(event.detail.xhr, performance.now()));
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr } = event.detail;
    const server = Number(xhr.getResponseHeader("Clock"));
    if (!server) return;
    const [from, to] = [asked.get(xhr) ?? performance.now(), performance.now()];
    heard = to;
    set(server, (from + to) / 2000, (to - from) / 2000);
  });
  // A screen that stops asking has lost nothing.
  document.addEventListener("htmx:load", tick);
  document.addEventListener("htmx:afterSettle", tick);
  tick();
  setInterval(tick, 100);

  const look = () => {
    if (!document.hidden) document.body.dispatchEvent(new Event("looked"));
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("online", look);
  // The reader's zone is known to their browser alone: ask once for their own times.
  if (document.querySelector("input[data-zone-guess]")) addEventListener("load", look);
})();
