// Times on the visitor's own clock, where the page does not know it: only the zone's name is read from the browser,
// the server renders the piece (browsers carry older zone rules than we do). Nothing is stored.
(() => {
  "use strict";
  const places = document.querySelectorAll("[data-zone-url]");
  const fields = document.querySelectorAll("[data-zone-guess] input[name=zone], input[data-zone-guess]");
  let zone = "";
  try {
    zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  } catch { /* a browser that does not say: the host's clock stays */ }
  if (!zone || (!places.length && !fields.length)) return;

  // Pieces that htmx asks for later are to be on the same clock.
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-Visitor-Zone"] = zone;
  });

  const fill = (name) => {
    for (const field of fields) {
      // The visitor was quicker, or the form came back with problems and holds what they typed.
      if (field.value !== field.defaultValue || field.closest("form")?.querySelector(".error-summary")) continue;
      field.value = name;
      field.defaultValue = name;
    }
  };

  const show = async (place) => {
    const url = place.dataset.zoneUrl;
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url + (url.includes("?") ? "&" : "?") + "zone=" + encodeURIComponent(zone), {
        headers: { "HX-Request": "true" },
      });
      if (!answer.ok) return;
      const html = await answer.text();
      if (!html.trim()) return;
      place.innerHTML = html;
      if (window.htmx) window.htmx.process(place);
      const told = place.querySelector("[data-zone]");
      if (told) fill(told.dataset.zone);
    } catch { /* offline: the host's clock stays */ } finally {
      place.removeAttribute("aria-busy");
    }
  };

  fill(zone);
  places.forEach(show);
})();
