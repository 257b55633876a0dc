"""A log of many lines made at once, and what verifying it takes. Writes with the real key and line, but not in the log's lane."""

from __future__ import annotations

import hashlib
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from audit_box import NOW
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from figures import Figure, against, at_most, timed

from capture.audit.line import EMPTY, KEY_FIELD, AuditEvent, AuditHead, Stamp, link_of, make_line, parse_line
from capture.audit.verify import Verdict, verify_log
from capture.device_key import DeviceKey
from device.disk import SystemDisk

LINES = 100_000
ROUNDS = 3
_SAMPLE = 1_000


def write_log(path: Path, key: DeviceKey, lines: int) -> None:
    """A box's log of so many lines: consents, openings and presses, each signed and chained."""
    head, statement_hash = EMPTY, hashlib.sha256(b"statement").hexdigest()
    with path.open("wb") as file:
        for number in range(lines):
            match number % 4:
                case _ if number == 0:
                    event, fields = AuditEvent.BOX_PROVISIONED, {KEY_FIELD: key.public_hex, "box": "box-2345678923456789"}
                case 1:
                    fields = {"case": "VIG-7F3K", "practitioner": "prac-23456789", "statement": number}
                    event, fields = AuditEvent.CONSENT_GIVEN, {**fields, "statement_hash": statement_hash}
                case 2:
                    event, fields = AuditEvent.RECORDING_OPENED, {"recording": "rec-2345678923456789", "purpose": "review"}
                case _:
                    event, fields = AuditEvent.PRESS, {}
            raw = make_line(key, head, Stamp("ab" * 16, number, NOW), event, fields).encode()
            file.write(raw)
            head = AuditHead(head.sequence + 1, link_of(raw))


def audit_figures(folder: Path, lines: int = LINES) -> Iterator[Figure]:
    """Peers in the same run: SHA-256 over the same bytes; a signature verified for each line, counted up from a sample."""
    key = DeviceKey.create(folder / "device.key", SystemDisk())
    path = folder / "audit.log"
    write_log(path, key, lines)
    ours, hashing, signatures = [], [], []
    for _ in range(ROUNDS):
        ours.append(timed(lambda: _verify(path, key, lines)))
        hashing.append(timed(lambda: hashlib.sha256(path.read_bytes()).digest()))
        signatures.append(timed(lambda: _verify_sample(path, min(_SAMPLE, lines))) * lines / min(_SAMPLE, lines))
    note = f"{lines} lines, {path.stat().st_size / 1e6:.0f} MB, median of {ROUNDS}"
    value = statistics.median(ours)
    yield at_most("audit log verified", ours, "s", 2, note)
    yield against("audit log verified, against its hash", value, "s", "SHA-256", statistics.median(hashing), None, None, note)
    yield against(
        "audit log verified, against its signatures", value, "s", "Ed25519", statistics.median(signatures), None, 0.5, note
    )


def _verify(path: Path, key: DeviceKey, count: int) -> None:
    report = verify_log(path, None, known_key=key.public_hex)
    assert (report.verdict, report.lines) == (Verdict.GOOD, count)


def _verify_sample(path: Path, count: int) -> None:
    with path.open("rb") as file:
        lines = [parse_line(file.readline()) for _ in range(count)]
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(str(lines[0].fields[KEY_FIELD])))
    for line in lines:
        public.verify(bytes.fromhex(line.sig), b"vigcam device signature v1\0audit-line\0" + bytes.fromhex(line.hash))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        for figure in audit_figures(Path(name)):
            print(figure.line())  # noqa: T201  (this is what it is for)
