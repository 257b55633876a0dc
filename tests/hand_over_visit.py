"""A hand-over on a real daemon, each step as the people in it take it: the window, the workstation, the window, the taker."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from capture_box import CaptureBox, wait_until
from workstation import VIGCAM

from capture import messages as m
from capture.handover.uploads import PART_BYTES
from capture.messages import handing_over as h


def enrol(box: CaptureBox) -> m.Enrolled:
    """One more practitioner, in the window."""
    return box.client.call(m.Enrol(setup_code=box.provisioned.setup_code), m.Enrolled)


def sign_in(box: CaptureBox, who: m.Enrolled) -> None:
    box.username, box.passphrase = who.username, who.passphrase
    box.sign_in()


def begin(box: CaptureBox, case: str, taker: str, *leave: str) -> h.HandOverPacked:
    verb = h.HandOverBegin(setup_code=box.provisioned.setup_code, case=case, taker=taker, leave=leave)
    return box.client.call(verb, h.HandOverPacked)


def fetch(box: CaptureBox, packed: h.HandOverPacked) -> bytes:
    data = b""
    while part := box.client.call(h.HandOverFetch(ticket=packed.ticket, offset=len(data)), h.HandOverPart).data:
        data += part
    assert len(data) == packed.size
    return data


def at_the_workstation(box: CaptureBox, package: bytes, fingerprint: str) -> bytes:
    """`vigcam rewrap` by whoever holds recovery, in a folder of its own beside the box."""
    desk = box.folder.parent / "desk"
    desk.mkdir(exist_ok=True)
    (desk / "package").write_bytes(package)
    (desk / "recovery").write_text(box.recovery.encode() + "\n")
    words = ("rewrap", "package", "-i", "recovery", "--taker", fingerprint, "-o", "result", "--force")
    ended = subprocess.run([VIGCAM, *words], cwd=desk, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return (desk / "result").read_bytes()


def bring(box: CaptureBox, result: bytes) -> h.HandOverBrought:
    return finish(box, write(box, result))


def write(box: CaptureBox, result: bytes, sent: int | None = None) -> str:
    """All of it, or the first bytes `sent`; returns the ticket."""
    sha256 = hashlib.sha256(result).hexdigest()
    verb = h.HandOverBring(setup_code=box.provisioned.setup_code, size=len(result), sha256=sha256)
    ticket = box.client.call(verb, h.HandOverReady).ticket
    rest = result[:sent]
    for offset in range(0, len(rest), PART_BYTES):
        part = h.HandOverWrite(ticket=ticket, offset=offset, data=rest[offset : offset + PART_BYTES])
        box.client.call(part, m.Done)
        box.client.call(part, m.Done)  # the page may not have heard the answer
    return ticket


def finish(box: CaptureBox, ticket: str) -> h.HandOverBrought:
    return box.client.call(h.HandOverFinish(ticket=ticket), h.HandOverBrought)


def waiting(box: CaptureBox) -> h.HandOversWaiting:
    return box.client.call(h.ListHandOvers(session=box.session), h.HandOversWaiting)


def take_over(box: CaptureBox, case: str) -> h.CaseTakenOver:
    return box.client.call(h.TakeOverCase(session=box.session, case=case), h.CaseTakenOver)


def settled(box: CaptureBox) -> None:
    """Every film has its new header."""
    wait_until(lambda: waiting(box).under_way == 0)


def verified(folder: Path) -> str:
    """What `vigcam audit verify` says; it must be good."""
    ended = subprocess.run([VIGCAM, "audit", "verify", "--dir", folder], capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
