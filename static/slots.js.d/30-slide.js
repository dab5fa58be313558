// A slide that is too large to send is made smaller here first, so that a photo from a phone just goes through.
document.addEventListener("change", async (event) => {
  const field = event.target;
  if (!field.matches?.("input[type=file][data-most]")) return;
  const wrong = document.getElementById(field.id + "-error"), file = field.files[0];
  const say = (text) => {
    wrong.textContent = text;
    wrong.hidden = !text;
    field.toggleAttribute("aria-invalid", Boolean(text));
    if (text) field.setAttribute("aria-invalid", "true");
  };
  say("");
  if (!file || file.size <= Number(field.dataset.most)) return;
  const button = field.form.querySelector("button[type=submit]");
  button.disabled = true;
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, 1600 / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    const small = await new Promise((done) => canvas.toBlob(done, "image/webp", 0.9));
    if (!small || small.size > Number(field.dataset.most)) throw new Error("too large");
    const files = new DataTransfer();
    files.items.add(new File([small], "slide.webp", { type: small.type }));
    field.files = files.files;
  } catch { // not a picture that this browser can read
    field.value = "";
    say(field.dataset.tooLarge);
  } finally {
    button.disabled = false;
  }
});
