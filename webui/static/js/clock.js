// Offers this device's time to a box that knows none. An unlikely one is left to a person.
const token = document.querySelector('meta[name="csrf-token"]').content;
const note = document.getElementById("clock-note");

async function offer() {
  const answer = await fetch("/clock", {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRFToken": token },
    body: new URLSearchParams({ wall_ms: String(Date.now()) }),
  });
  if (answer.status === 204) for (const part of [note, ...document.querySelectorAll("[data-without-clock]")]) part?.remove();
  else if (answer.status === 409) location.assign("/clock");
}

if (location.pathname !== "/clock") offer().catch(() => {});
