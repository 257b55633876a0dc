// Keeps the start page's statement true by asking for the box's state. Says so when the box does not answer.
const panel = document.getElementById("live");
const framing = document.getElementById("framing");
const justFilmed = document.getElementById("just-filmed");
const everyMs = 1000;
let etag = "";
let shown = panel.dataset.sensor === "on" ? `${panel.dataset.state}/on` : `${panel.dataset.state}/off`;

const template = (state) => document.querySelector(`template[data-state="${CSS.escape(state)}"]`);

// The sensor's own word goes before the state's name: never OFF while it is open.
function panelFor(status) {
  const named = template(status.state) ?? template("?");
  const saysOn = named.content.querySelector(".vigcam-state--on") !== null;
  return status.is_sensor_open && !saysOn ? template("?on") : named;
}

function show(key, from) {
  if (key === shown) return; // a live region that is filled anew is read out anew
  if (key !== "lost") document.querySelector('.vigcam-message[role="status"]')?.remove(); // it was about the state before
  shown = key;
  panel.replaceChildren(from.content.cloneNode(true));
  document.title = `${panel.querySelector(".vigcam-state__headline").textContent} – vigcam`;
}

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function fill(name, text) {
  const cell = document.querySelector(`[data-live="${name}"]`);
  cell.textContent = text;
  cell.parentElement.hidden = text === "";
}

function update(status) {
  show(`${status.state}/${status.is_sensor_open ? "on" : "off"}`, panelFor(status));
  fill("armed_case", status.armed_case);
  fill("lease_left_s", status.lease_left_s ? clock(status.lease_left_s) : "");
  fill("filmed_s", status.filmed_s ? clock(status.filmed_s) : "");
  fill("free_minutes", document.querySelector('[data-live="free_minutes"]').dataset.words.replace("#", status.free_minutes));
  for (const part of document.querySelectorAll("[data-shown-in]")) {
    const isStop = part.dataset.shownIn.includes("recording");
    part.hidden = !(part.dataset.shownIn.split(" ").includes(status.state) || (isStop && status.is_sensor_open));
  }
  if (justFilmed) {
    const isAtRest = ["armed", "idle"].includes(status.state);
    const isNew = status.last_recording_id !== justFilmed.dataset.before;
    justFilmed.hidden = !isAtRest || !(isNew || justFilmed.dataset.shown === "yes");
  }
  if (framing && status.state === "framing") framing.src = `${framing.dataset.src}?at=${Date.now()}`;
}

async function look() {
  try {
    const answer = await fetch(panel.dataset.url, {
      headers: { Accept: "application/json", ...(etag && { "If-None-Match": etag }) },
      cache: "no-store",
      signal: AbortSignal.timeout(5000),
    });
    if (answer.ok) {
      etag = answer.headers.get("ETag") ?? "";
      const status = await answer.json();
      update(status);
      // A fault's words are on the page that the server makes.
      if (status.state === "faulted" && panel.dataset.state !== "faulted") location.reload();
      panel.dataset.state = status.state;
    } else if (answer.status !== 304) throw new Error(String(answer.status));
  } catch {
    etag = "";
    show("lost", template("lost"));
  }
  setTimeout(look, everyMs);
}

look();
