"""Long recordings on a whole box, for benches: filmed for a moment, then replaced by a factory's film sealed to the same people.

Only the vault's file is another: row, log and opening are the box's own. The manifest no longer fits, which no download asks for.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from capture_box import wait_until
from factory import UnsyncedDisk, encode, make_recording
from whole_box import WholeBox

from capture.ids import RecordingId
from capture.seal.keys import Recipient
from capture.vault import Vault
from device.ports import Profile

RATE = 8_000_000
PICTURES = Profile(1280, 720, 30, RATE)


def film_moments(box: WholeBox, count: int) -> list[RecordingId]:
    """As many recordings of a moment, filmed one after the other on a box that is `ready`."""
    box.arm(box.family())
    found = []
    for _ in range(count):
        time.sleep(1.1)  # a new hold counts from a second after the stop
        box.capture.down()
        found.append(RecordingId(wait_until(lambda: box.capture.status().recording_id)))
        box.capture.up()
        wait_until(lambda: box.capture.status().filmed_s > 0.5)
        box.capture.press()
        box.capture.wait_for("armed")
    return found


def make_film(box: WholeBox, recording: RecordingId, seconds: float) -> Path:
    """A sealed film of `seconds` of 8 Mbit/s, about a megabyte each, beside the box."""
    folder = box.capture.folder
    workshop = folder.parent / "workshop"
    workshop.mkdir(exist_ok=True)
    make_recording(Vault(workshop, UnsyncedDisk()), _recipients(folder), seconds, encode(PICTURES), recording)
    return workshop / f"{recording}.mp4.age"


def replace_film(box: WholeBox, recording: RecordingId, seconds: float) -> None:
    """Let the recording be a film of `make_film`."""
    make_film(box, recording, seconds).replace(box.capture.folder / "vault" / f"{recording}.mp4.age")


def share_film(box: WholeBox, recording: RecordingId, other: RecordingId) -> None:
    """Let the other recording be the same film: the same bytes under another name."""
    vault = box.capture.folder / "vault"
    (vault / f"{other}.mp4.age").unlink()
    (vault / f"{other}.mp4.age").hardlink_to(vault / f"{recording}.mp4.age")


def _recipients(folder: Path) -> list[Recipient]:
    """Those that the box seals to, as its own signed files name them."""
    files = sorted((folder / "recipients").glob("*.json"))
    return [Recipient.parse(json.loads(json.loads(path.read_text())["signed"])["recipient"]) for path in files]
