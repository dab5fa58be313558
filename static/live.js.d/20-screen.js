// A clock that stands in a room: it may fill the whole screen, and the device does not fall asleep over it.
(() => {
  "use strict";
  const button = document.querySelector("[data-whole-screen]");
  if (button && document.documentElement.requestFullscreen) {
    button.hidden = false;
    button.addEventListener("click", () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else document.documentElement.requestFullscreen().catch(() => {});
    });
  }
  if (!document.querySelector("[data-awake]") || !navigator.wakeLock) return;
  const stay = () => {
    if (!document.hidden) navigator.wakeLock.request("screen").catch(() => {}); // refused when the battery is low
  };
  document.addEventListener("visibilitychange", stay);
  stay();
})();
