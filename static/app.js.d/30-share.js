// The button that shares a page's address where the browser has a way to, and copies it where it has not.
for (const button of document.querySelectorAll("[data-share]")) {
  const { share, done } = button.dataset;
  button.parentElement.hidden = !navigator.share && !navigator.clipboard;
  button.addEventListener("click", () => navigator.share
    ? navigator.share({ title: document.title, url: share }).catch(() => {})
    : navigator.clipboard.writeText(share).then(() => { button.textContent = done; }));
}
