// A place picked from a list is a change like any other: the clocks beside the form follow.
document.addEventListener("click", (event) => {
  const option = event.target.closest?.("[data-pick]");
  const field = option?.parentElement.previousElementSibling;
  if (field) field.dispatchEvent(new Event("change", { bubbles: true }));
});
