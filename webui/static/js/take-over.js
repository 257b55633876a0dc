// Computes the hash of a downloaded film on this device and puts it into the form. Sends nothing of the film.
import { Sha256 } from "./sha256.js";

const form = document.getElementById("take-over-form");
const BLOCK = 4 * 1024 * 1024;

if (form) {
  const file = document.getElementById("file");
  const progress = document.getElementById("take-over-progress");
  const typed = document.getElementById("take-over-typed");
  document.getElementById("take-over-file").hidden = false;
  typed.open = typed.querySelector(".nhsuk-error-message") !== null;

  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    const hash = new Sha256();
    for (let at = 0; at < chosen.size; at += BLOCK) {
      hash.update(new Uint8Array(await chosen.slice(at, at + BLOCK).arrayBuffer()));
      const percent = Math.min(100, Math.round(((at + BLOCK) / chosen.size) * 100));
      if (percent % 10 === 0) progress.textContent = progress.dataset.working.replace("#", String(percent));
    }
    form.elements.mp4_sha256.value = hash.hex();
    form.elements.received_bytes.value = String(chosen.size);
    progress.textContent = progress.dataset.done;
  });
}
