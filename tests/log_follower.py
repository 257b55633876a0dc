"""Follows an audit log as it grows, by docs/audit-log.md alone: what stood there stays, what comes holds. Mends nothing."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_VALUE = re.compile(r"[A-Za-z0-9_.:+-]{0,80}")
_ENDING = b',"hash":'


class LogBroken(Exception):
    """A line that does not hold, or one that changed."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line that holds. `end` is where it ends in the file, in bytes."""

    event: str
    fields: dict[str, Any]
    boot: str
    boottime_ms: int
    end: int

    def says(self, event: str, **fields: object) -> bool:
        return self.event == event and all(self.fields.get(name) == value for name, value in fields.items())


class LogFollower:
    """`lines` are all that were read and held."""

    def __init__(self, path: Path) -> None:
        self.lines: list[Line] = []
        self._path, self._seen = path, b""
        self._key: Ed25519PublicKey | None = None
        self._prev = "0" * 64
        self._boots: set[str] = set()
        self._last = (0, "", 0)
        """Number, boot and boot time of the last line."""

    def after_a_cut(self, path: Path) -> LogFollower:
        """The follower of what is left. Raises LogBroken where that is not how the old log began."""
        left = path.read_bytes()
        if not self._seen.startswith(left) and not left.startswith(self._seen):
            raise LogBroken("a cut changed what stood in the log")
        return LogFollower(path)

    def read_on(self) -> list[Line]:
        """The lines that came since. Raises LogBroken."""
        data = self._path.read_bytes()
        if not data.startswith(self._seen):
            raise LogBroken("what stood in the log has changed")
        new: list[Line] = []
        torn = b""
        for raw in data[len(self._seen) :].splitlines(keepends=True):
            if not raw.endswith(b"\n"):
                break
            if not raw.endswith(b'"}\n') or b"\0" in raw:
                torn += raw
            else:
                new.append(self._follow(raw, len(self._seen) + len(torn), torn))
                torn = b""
            if not torn:
                self._seen = data[: new[-1].end]
        self.lines += new
        return new

    def _follow(self, raw: bytes, start: int, torn: bytes) -> Line:
        line = json.loads(raw)
        digest = hashlib.sha256(b"vigcam audit line v2\0" + raw[: raw.rindex(_ENDING)]).digest()
        if self._key is None:
            self._key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(line["fields"]["device_key"]))
        if (line["prev"], line["hash"]) != (self._prev, digest.hex()):
            raise LogBroken(f"line {line['seq']} does not follow")
        try:
            self._key.verify(bytes.fromhex(line["sig"]), b"vigcam device signature v1\0audit-line\0" + digest)
        except InvalidSignature:
            raise LogBroken(f"line {line['seq']} is not signed by the box") from None
        if torn and (line["event"], line["fields"]["sha256"]) != ("tail_lost", hashlib.sha256(torn[:-1]).hexdigest()):
            raise LogBroken(f"torn bytes before line {line['seq']}")
        for value in line["fields"].values():
            if not isinstance(value, int) and not _VALUE.fullmatch(value):
                raise LogBroken(f"line {line['seq']} holds more than ids and counts")
        self._look_at_the_times(line)
        self._prev = hashlib.sha256(b"vigcam audit link v2\0" + raw).hexdigest()
        self._last = (line["seq"], line["boot"], line["boottime_ms"])
        return Line(line["event"], line["fields"], line["boot"], line["boottime_ms"], start + len(raw))

    def _look_at_the_times(self, line: dict[str, Any]) -> None:
        """Number by number, boot after boot, and boot time only goes on: no jump of a wall clock shows here."""
        seq, boot, boottime_ms = self._last
        if line["seq"] != seq + 1:
            raise LogBroken(f"line {line['seq']} follows number {seq}")
        if line["boot"] == boot and line["boottime_ms"] < boottime_ms:
            raise LogBroken(f"line {line['seq']} lies before the one before it")
        if line["boot"] != boot and line["boot"] in self._boots:
            raise LogBroken(f"line {line['seq']} is of a boot that was over")
        self._boots.add(line["boot"])
