// On a page that waits for a press: asks how far it is, and goes on when it is over. Without a script the page reloads itself.
const wait = document.getElementById("wait");
const while_ = wait.dataset.while.split(" ");

async function look() {
  try {
    const answer = await fetch(wait.dataset.stateUrl, { headers: { Accept: "application/json" }, cache: "no-store" });
    const { stage, left_s: left } = await answer.json();
    if (!while_.includes(stage)) {
      location.replace(wait.dataset.next);
      return;
    }
    for (const part of wait.querySelectorAll("[data-stage]")) part.hidden = part.dataset.stage !== stage;
    const seconds = wait.querySelector("[data-left]");
    // Read out every ten seconds, not every second.
    if (seconds && (left % 10 === 0 || left < 10)) seconds.textContent = String(left);
  } catch {
    // The box may be busy with scrypt, or gone: ask again.
  }
  setTimeout(look, 1000);
}

look();
