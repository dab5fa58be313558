// Checking in by camera: BarcodeDetector where the browser has one for these codes, else jsQR, fetched only then.
(() => {
  const box = document.querySelector("[data-scan]");
  if (!box) return;
  const video = box.querySelector("video");
  const start = box.querySelector("[data-scan-start]");
  const form = document.getElementById("scan-hit");
  const GONE = 3000; // ms: a code that was out of sight for so long is shown anew
  let stream = null, read = null, last = "", seen = 0, busy = false;

  const say = (key) => box.querySelectorAll("[data-scan-words]").forEach((one) => { one.hidden = one.dataset.scanWords !== key; });

  async function native() {
    if (!("BarcodeDetector" in window)) return null;
    const kinds = await BarcodeDetector.getSupportedFormats().catch(() => []);
    if (!kinds.includes("qr_code")) return null;
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async () => (await detector.detect(video))[0]?.rawValue || "";
  }

  function drawn() {
    return new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = box.dataset.reader;
      script.onload = done;
      script.onerror = failed;
      document.head.append(script);
    }).then(() => {
      const canvas = document.createElement("canvas");
      const pen = canvas.getContext("2d", { willReadFrequently: true });
      return async () => {
        const scale = Math.min(1, 640 / Math.max(video.videoWidth, video.videoHeight));
        const width = (canvas.width = Math.round(video.videoWidth * scale));
        const height = (canvas.height = Math.round(video.videoHeight * scale));
        pen.drawImage(video, 0, 0, width, height);
        return jsQR(pen.getImageData(0, 0, width, height).data, width, height, { inversionAttempts: "dontInvert" })?.data || "";
      };
    });
  }

  async function look() {
    if (!stream) return;
    if (!busy && !document.hidden && video.readyState >= 2) {
      let code = "";
      try { code = await read(); } catch { read = await drawn().catch(() => read); }
      const now = performance.now();
      if (code) {
        if (code !== last || now - seen > GONE) send(code);
        last = code;
        seen = now;
      }
    }
    setTimeout(look, 150);
  }

  function send(code) {
    busy = true;
    form.elements.code.value = code;
    form.requestSubmit();
  }

  form.addEventListener("htmx:afterRequest", (event) => {
    busy = false;
    seen = performance.now();
    if (event.detail.successful) {
      say("running");
      navigator.vibrate?.(80);
    } else {
      last = "";
      say("failed");
    }
  });

  async function open() {
    if (stream) return;
    if (!navigator.mediaDevices) return say("none");
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: "environment", width: { ideal: 1280 } } });
    } catch (error) {
      return say(error.name === "NotAllowedError" || error.name === "SecurityError" ? "refused" : "none");
    }
    video.srcObject = stream;
    video.hidden = false;
    start.hidden = true;
    await video.play().catch(() => {});
    read ||= (await native()) || (await drawn().catch(() => null));
    say(read ? "running" : "none");
    if (read) look();
  }

  function close() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
  }

  start.hidden = false;
  start.addEventListener("click", open);
  addEventListener("pagehide", close);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && stream) { close(); video.dataset.paused = "yes"; }
    else if (video.dataset.paused) { delete video.dataset.paused; open(); }
  });
  // Who allowed it once need not press again.
  navigator.permissions?.query({ name: "camera" }).then((found) => found.state === "granted" && open()).catch(() => {});
})();
