// Going back to a page that htmx had changed: load it whole, so that it comes on the visitor's clock as it did before.
document.addEventListener("htmx:historyCacheMiss", (event) => {
  event.preventDefault();
  location.reload();
});
