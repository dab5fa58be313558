// The rehearsal timer. It counts by the time that has gone by, not by ticks: a tab in the background, or a phone that
// slept, goes on right. Nothing is sent anywhere.
(() => {
  "use strict";
  const LENGTH = "[name=seconds], [name=length]";
  const clock = (seconds) => {
    const whole = Math.abs(seconds), minutes = Math.floor(whole / 60) % 60, hours = Math.floor(whole / 3600);
    const two = (number) => String(number).padStart(2, "0");
    return (hours ? hours + ":" + two(minutes) : minutes) + ":" + two(whole % 60);
  };

  const set = (box) => {
    const find = (name) => box.querySelector(`[data-${name}]`);
    const face = find("clock"), bar = find("bar"), phase = find("phase"), aloud = find("aloud"), go = find("go");
    const beside = find("beside"), words = find("script"), empty = find("empty"), took = find("took");
    const say = JSON.parse(box.dataset.say);
    const form = new Intl.PluralRules(document.documentElement.lang || "en");
    let began = 0, slot = 0, timer = 0, told = Infinity, follows = true, awake = null;

    const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
    const length = () => {
      const field = [...document.querySelectorAll(LENGTH)].find((one) => one.type !== "radio" || one.checked);
      const wanted = (field?.value ?? "").split(":").reduce((sum, part) => 60 * sum + Number(part), 0); // "180" or "3:00"
      return Number.isInteger(wanted) && wanted > 0 ? wanted : Number(box.dataset.seconds);
    };
    const gone = () => Math.max(0, (Date.now() - began) / 1000);

    const show = () => {
      const passed = began ? gone() : 0, left = slot - passed;
      const second = Math.ceil(left); // 0:00 for the whole second after the end, as on a clock
      face.textContent = (second < 0 ? "+" : "") + clock(second);
      bar.setAttribute("width", String(Math.max(0, Math.min(300, 300 * left / slot))));
      const step = !began ? "" : left <= 0 ? "over" : left <= 30 ? "half" : left <= 60 ? "minute" : "";
      box.dataset.step = step;
      phase.textContent = step ? say[step] : "";
      if (!began) return;
      // Said at 60, 30 and 0 seconds, once each, and never for what a short slot begins with.
      for (const at of [60, 30, 0]) {
        if (left <= at && told > at) {
          told = at;
          aloud.textContent = at < slot ? say[step] : "";
        }
      }
      if (!words.hidden && follows) words.scrollTop = (words.scrollHeight - words.clientHeight) * Math.min(1, passed / slot);
    };
    const tick = () => {
      clearTimeout(timer);
      show();
      if (began) timer = setTimeout(tick, 1000 - ((Date.now() - began) % 1000) + 5);
    };
    const read = () => {
      const field = document.getElementById("script");
      if (field && "value" in field) words.textContent = field.value;
      words.hidden = !beside.checked || !words.textContent.trim();
      empty.hidden = !beside.checked || !words.hidden;
    };
    const note = (seconds) => {
      const off = Math.abs(seconds - slot), side = seconds > slot ? "over" : "left";
      const text = off === 0 ? say.exact : off < 60 ? (say[side + "_short"][form.select(off)] ?? say[side + "_short"].other) : say[side + "_long"];
      const line = document.createElement("li");
      line.textContent = fill(text, { time: clock(seconds), over: clock(off), num: off });
      line.dataset.side = off === 0 ? "exact" : side;
      took.append(line);
    };
    const stay = async (wanted) => {
      try {
        if (wanted) awake = await navigator.wakeLock?.request("screen");
        else await awake?.release();
      } catch { /* the screen may go dark: the time goes on all the same */ }
    };

    go.addEventListener("click", () => {
      if (began) {
        const seconds = Math.round(gone());
        show();
        began = 0;
        clearTimeout(timer);
        go.textContent = go.dataset.again;
        aloud.textContent = "";
        note(seconds);
        stay(false);
        return;
      }
      slot = length();
      told = Infinity;
      follows = true;
      words.scrollTop = 0;
      aloud.textContent = "";
      read();
      began = Date.now();
      go.textContent = go.dataset.stop;
      stay(true);
      tick();
    });
    beside.addEventListener("change", read);
    for (const kind of ["wheel", "touchmove", "keydown"]) {
      words.addEventListener(kind, () => { follows = false; }, { passive: true }); // whoever scrolls by hand goes on by hand
    }
    document.addEventListener("visibilitychange", () => { if (began && !document.hidden) { tick(); stay(true); } });
    document.addEventListener("input", (event) => {
      if (began || !event.target.matches?.(LENGTH + ", #script")) return;
      if (beside.checked) read();
      if (go.textContent.trim() === go.dataset.start) { slot = length(); show(); }
    });
    slot = length();
    show();
    box.querySelector(".rehearse-without").hidden = true;
    box.querySelector(".rehearse-desk").hidden = false;
  };

  const setAll = (within) => {
    for (const box of within.querySelectorAll("[data-rehearse]")) {
      if (box.dataset.ready) continue;
      box.dataset.ready = "yes";
      set(box);
    }
  };
  setAll(document);
  document.addEventListener("htmx:load", () => setAll(document)); // a form that came back brings its timer along
})();
