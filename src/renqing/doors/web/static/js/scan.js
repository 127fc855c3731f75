// The clerk's camera reads a voucher's code where the browser can (BarcodeDetector); where it cannot, the code is typed.
"use strict";
(() => {
  const form = document.querySelector("[data-scan-form]");
  if (!form) return;
  const start = form.querySelector("[data-scan-start]");
  const video = form.querySelector("[data-scan]");
  const typed = form.querySelector("[data-scan-code]");
  const off = form.querySelector("[data-scan-off]");
  const place = form.querySelector("[data-kept]");
  const kept = place && localStorage.getItem(place.dataset.kept);
  if (kept && [...place.options].some((one) => one.value === kept)) place.value = kept;
  place?.addEventListener("change", () => localStorage.setItem(place.dataset.kept, place.value));
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return;
  start.hidden = false;
  let stream = null;
  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.hidden = true;
  };
  const look = async (reader) => {
    if (!stream) return;
    const [found] = await reader.detect(video).catch(() => []);
    if (found?.rawValue) {
      typed.value = found.rawValue;
      stop();
      form.requestSubmit();
      return;
    }
    requestAnimationFrame(() => look(reader));
  };
  start.addEventListener("click", async () => {
    if (stream) return stop();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      off.hidden = false;
      return;
    }
    video.srcObject = stream;
    video.hidden = false;
    await video.play();
    look(new window.BarcodeDetector({ formats: ["qr_code"] }));
  });
  addEventListener("pagehide", stop);
})();
