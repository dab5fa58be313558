// Moving things in a running order: by dragging their handle, or with the arrow keys on it. Where something may stand
// and what its minute is there, the server says; this sends one form, which works without a script as well.
(() => {
  document.documentElement.classList.add("can-move");
  const quiet = 300; // milliseconds after the last arrow key
  let keyed = null; // what the arrow keys hold: { id, between, timer }
  let drag = null;
  let pressed = null; // whose press is on its way, and where on the screen it stood
  let last = "";

  const rowOf = (id) => document.getElementById(`item-${id}`);
  const idOf = (row) => row?.dataset.item ?? "";
  const between = (row) => `${idOf(row.previousElementSibling)}~${idOf(row.nextElementSibling)}`;

  function send(row) {
    const form = row.querySelector("[data-move]");
    const wanted = form.querySelector("input[name=between]");
    wanted.value = between(row);
    wanted.disabled = false;
    row.parentElement.setAttribute("aria-busy", "true");
    form.requestSubmit();
  }

  // --- keys: arrows move, Escape puts it back where it stood when its handle was reached

  function step(row, down) {
    const other = down ? row.nextElementSibling : row.previousElementSibling;
    if (!other || (!down && "fixed" in other.dataset)) return false;
    if (down) other.after(row);
    else other.before(row);
    return true;
  }

  function settle(row) {
    clearTimeout(keyed.timer);
    row.parentElement.setAttribute("aria-busy", "true");
    keyed.timer = setTimeout(() => {
      keyed.timer = null;
      send(row);
    }, quiet);
  }

  function putBack(row) {
    const [after, before] = keyed.between.split("~");
    if (between(row) === keyed.between) return;
    if (after && rowOf(after)) rowOf(after).after(row);
    else if (before && rowOf(before)) rowOf(before).before(row);
    row.querySelector("[data-handle]").focus();
    if (keyed.sent) {
      keyed.back = true;
      settle(row);
    } else {
      clearTimeout(keyed.timer);
      keyed.timer = null;
      row.parentElement.removeAttribute("aria-busy");
    }
  }

  document.addEventListener("keydown", (event) => {
    if (drag && event.key === "Escape") return drop(false);
    const row = event.target.closest?.("[data-handle]")?.closest("[data-item]");
    if (!row || !["ArrowUp", "ArrowDown", "Escape"].includes(event.key)) return;
    event.preventDefault();
    if (keyed?.id !== idOf(row)) keyed = { id: idOf(row), between: between(row), sent: false };
    if (event.key === "Escape") return putBack(row);
    if (row.parentElement.getAttribute("aria-busy") && keyed.under) return; // one press at a time goes to the server
    if (step(row, event.key === "ArrowDown")) {
      row.querySelector("[data-handle]").focus({ preventScroll: true });
      row.scrollIntoView({ block: "nearest" });
      settle(row);
    }
  });
  document.addEventListener("focusin", (event) => {
    const id = event.target.closest?.("[data-handle]")?.closest("[data-item]")?.dataset.item;
    if (keyed && id !== keyed.id && !keyed.timer) keyed = null;
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (keyed && event.target.closest?.("[data-item]")?.dataset.item === keyed.id) keyed.under = keyed.sent = true;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "order") return;
    if (renewed) {
      renewed = false; // nobody pressed anything: the focus stays wherever it is
      return;
    }
    const refused = event.target.querySelector("[role=alert]");
    if (!refused && document.activeElement === document.body) {
      // The button that was pressed is gone: its thing stands at an end now, or was taken out.
      const handle = rowOf(keyed?.id ?? last)?.querySelector("[data-handle]") ?? document.getElementById("undo");
      handle?.focus({ preventScroll: true });
    }
    if (!keyed) return;
    keyed.under = false;
    if (refused || keyed.back) keyed = null;
  });

  // --- what was pressed stays under the finger, wherever it stands in the new list

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (drag) drop(false); // the list under the pointer is about to go
    const row = event.detail.requestConfig?.elt?.closest?.("[data-item]");
    last = idOf(row);
    pressed = row ? { id: idOf(row), top: row.getBoundingClientRect().top } : null;
  });
  document.addEventListener("htmx:afterSwap", () => {
    const row = pressed && !document.querySelector("#order [role=alert]") && rowOf(pressed.id);
    if (row) scrollBy({ top: row.getBoundingClientRect().top - pressed.top, behavior: "instant" });
    pressed = null;
  });
  // A press that never reached the server: nothing has moved.
  document.addEventListener("htmx:sendError", (event) => {
    if (event.target.closest?.("#order")) location.reload();
  });

  // --- news: what others change comes by itself, but never under somebody's hand

  const ASK = 5000; // milliseconds between two questions; the answer is empty while nothing has changed
  const REST = 20 * 60000; // a screen that nobody touches for so long stops asking
  let renewed = false; // the list was swapped by news
  let touched = Date.now();
  let pause = ASK;
  let asking = null; // the timer of the next question

  function inHand(order) {
    if (drag || pressed || keyed?.timer || keyed?.under || renewed) return true;
    if (order.querySelector("details[open], [aria-busy], .htmx-request")) return true;
    const on = document.activeElement;
    // A control that comes back under its name keeps the focus; a field might hold what somebody is choosing.
    return order.contains(on) && (!on.id || on.matches("select, input, textarea"));
  }

  async function ask() {
    asking = null;
    const order = document.getElementById("order");
    if (!order || document.hidden || Date.now() - touched > REST) return; // whoever comes back asks again
    if (!inHand(order)) await bring(order);
    later(pause);
  }

  async function bring(order) {
    try {
      const answer = await fetch(order.dataset.news, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(10000) });
      pause = answer.status < 400 ? ASK : Math.min(2 * pause, 12 * ASK);
      // Signed out, or no longer allowed: the next press says so, and nothing on the screen is lost until then.
      if (answer.status !== 200 || answer.redirected || answer.headers.has("HX-Redirect")) return;
      const text = await answer.text();
      if (order !== document.getElementById("order") || inHand(order)) return; // overtaken by a press, or taken in hand
      const rows = [...order.querySelectorAll("[data-item]")];
      const stands = rows.find((row) => row.contains(document.activeElement)) ?? rows.find((row) => row.getBoundingClientRect().bottom > 0);
      const top = stands?.getBoundingClientRect().top;
      renewed = true;
      keyed = null;
      htmx.swap(order, text, { swapStyle: "outerHTML" });
      const row = rowOf(idOf(stands));
      if (row && scrollY > 0) scrollBy({ top: row.getBoundingClientRect().top - top, behavior: "instant" });
    } catch {
      pause = Math.min(2 * pause, 12 * ASK);
    }
  }

  function later(wait) {
    clearTimeout(asking);
    asking = setTimeout(ask, wait);
  }
  if (document.getElementById("order")?.dataset.news && window.htmx) {
    later(ASK);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) later(0);
    });
    for (const kind of ["pointerdown", "keydown", "pointermove"]) {
      document.addEventListener(kind, () => {
        touched = Date.now();
        if (asking === null) later(ASK);
      }, { passive: true });
    }
  }

  // --- drag: the row follows the pointer, the others make room; the list itself stays as it is until it is let go

  document.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest?.("[data-handle]");
    if (!handle || event.button || drag) return;
    event.preventDefault();
    const row = handle.closest("[data-item]");
    const rows = [...row.parentElement.children];
    const boxes = rows.map((one) => one.getBoundingClientRect());
    handle.focus({ preventScroll: true });
    handle.setPointerCapture(event.pointerId);
    const at = rows.indexOf(row);
    const start = event.clientY + scrollY;
    const middles = boxes.map((box) => box.top + scrollY + box.height / 2);
    const least = rows.findLastIndex((one) => "fixed" in one.dataset) + 1;
    drag = { row, rows, at, to: at, start, y: event.clientY, middles, box: boxes[at], least, pointer: event.pointerId };
    drag.top = boxes[at].top + scrollY;
    drag.first = event.clientY;
    row.classList.add("order-dragged");
    row.parentElement.classList.add("order-dragging");
    drag.frame = requestAnimationFrame(follow);
  });
  document.addEventListener("pointermove", (event) => {
    if (drag?.pointer === event.pointerId) drag.y = event.clientY;
  });
  document.addEventListener("pointerup", (event) => {
    if (drag?.pointer !== event.pointerId) return;
    drag.y = event.clientY;
    place();
    drop(true);
  });
  document.addEventListener("pointercancel", (event) => {
    if (drag?.pointer === event.pointerId) drop(false);
  });

  function follow() {
    const edge = Math.min(96, innerHeight / 5);
    // Taken up close to an edge it does not run away: only what is carried towards the edge scrolls.
    if (drag.y < edge && drag.y < drag.first - 8) scrollBy(0, -Math.ceil((edge - drag.y) / 6));
    else if (drag.y > innerHeight - edge && drag.y > drag.first + 8) scrollBy(0, Math.ceil((drag.y - innerHeight + edge) / 6));
    place();
    drag.frame = requestAnimationFrame(follow);
  }

  function place() {
    const { row, rows, at, middles, box, least } = drag;
    const by = drag.y + scrollY - drag.start;
    const top = drag.top + by;
    const bottom = top + box.height;
    let to = at;
    while (to > least && top < middles[to - 1]) to -= 1;
    if (to === at) while (to < rows.length - 1 && bottom > middles[to + 1]) to += 1;
    drag.to = to;
    row.style.transform = `translateY(${by}px)`;
    rows.forEach((one, number) => {
      if (one === row) return;
      const moved = number > at && number <= to ? -1 : number < at && number >= to ? 1 : 0;
      one.style.transform = moved ? `translateY(${moved * box.height}px)` : "";
    });
  }

  function drop(keep) {
    const { row, rows, at, to, frame } = drag;
    cancelAnimationFrame(frame);
    drag = null;
    // Taken away whole: htmx would copy an empty one, which the page forbids (Chrome leaves one unless it was read).
    for (const one of rows) if (one.hasAttribute("style")) one.removeAttribute("style");
    row.classList.remove("order-dragged");
    row.parentElement.classList.remove("order-dragging");
    if (!keep || to === at) return;
    if (to > at) rows[to].after(row);
    else rows[to].before(row);
    keyed = null;
    row.querySelector("[data-handle]").focus({ preventScroll: true });
    send(row);
  }
})();
