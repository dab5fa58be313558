// Speaking time comes from the server while one types. Aloud is only said when a text begins to fit, or to be too long.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "spoken") return;
  const said = event.detail.target.querySelector("[data-tone]"), live = document.getElementById("live");
  if (!said || !live || said.dataset.tone === "empty") return;
  const side = said.dataset.tone === "over" || said.dataset.tone === "close" ? said.dataset.tone : "fits";
  if (live.dataset.speaking !== side) live.textContent = said.dataset.aloud;
  live.dataset.speaking = side;
});
