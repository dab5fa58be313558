// Fields that find a clock (WAI-ARIA APG 1.2, editable combobox with list autocomplete): htmx brings the list, which
// stands after its field; the keys are ours.
(() => {
  const choices = (field) => [...field.nextElementSibling.querySelectorAll("[data-pick]")];
  const mark = (field, at) => {
    field.removeAttribute("aria-activedescendant");
    choices(field).forEach((one, number) => {
      one.id = field.id + number;
      one.setAttribute("aria-selected", number === at);
      if (number !== at) return;
      field.setAttribute("aria-activedescendant", one.id);
      one.scrollIntoView({ block: "nearest" });
    });
  };
  const show = (field, open) => {
    const list = field.nextElementSibling;
    list.hidden = !open || !list.childElementCount;
    field.setAttribute("aria-expanded", !list.hidden);
    mark(field);
  };
  const on = (name, selector, act) => document.addEventListener(name, (event) => {
    const found = event.target.closest?.(selector);
    if (found) act(found, event);
  });

  document.addEventListener("htmx:load", (event) => {
    for (const field of event.target.querySelectorAll("[data-places]")) {
      field.setAttribute("role", "combobox");
      field.setAttribute("aria-autocomplete", "list");
      field.setAttribute("aria-controls", field.nextElementSibling.id);
      show(field);
    }
  });
  on("htmx:afterRequest", "[data-places]", (field) => show(field, document.activeElement === field));
  on("focusout", "[data-places]", (field) => show(field));
  // The field keeps the focus while one presses in its list.
  on("mousedown", "[role=listbox]", (list, event) => event.preventDefault());
  on("click", "[data-pick]", (option) => {
    const field = option.parentElement.previousElementSibling;
    field.value = option.dataset.pick;
    show(field);
  });
  on("keydown", "[data-places]", (field, event) => {
    const all = choices(field);
    const at = all.findIndex((one) => one.matches("[aria-selected=true]"));
    const open = field.matches("[aria-expanded=true]");
    const arrow = { ArrowDown: at + 1 < all.length ? at + 1 : 0, ArrowUp: (at > 0 ? at : all.length) - 1 }[event.key];
    if (event.isComposing) return;
    if (arrow >= 0) {
      if (!open) show(field, true);
      mark(field, arrow);
    } else if (event.key === "Enter" && at >= 0) all[at].click();
    else if (event.key === "Escape" && open) show(field);
    else {
      if (/^(Home|End|Arrow)/.test(event.key)) mark(field);
      return;
    }
    event.preventDefault();
  });
})();
