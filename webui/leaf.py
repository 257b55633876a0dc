"""Chooses the TLS certificate that is valid now among those made at provisioning. Makes none, and never opens a private key."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from capture.errors import BoxUnusable

_END = "-----END CERTIFICATE-----"
_UTC_TIME, _GENERALIZED_TIME, _VERSION = 0x17, 0x18, 0xA0


@dataclass(frozen=True, slots=True)
class Leaf:
    """A certificate (with its chain) and the PKCS#8 key beside it."""

    cert_path: Path
    key_path: Path


def current_leaf(folder: Path, now: datetime) -> Leaf:
    """The valid `leaf-*.pem` that began last; with a clock outside all of them, the one whose time is nearest.

    A box without a clock may believe it is 1970: it must still answer, for the browser judges the dates by its own clock and
    the box's is set over this very page. Raises BoxUnusable if there is no leaf with a key, or one cannot be read.
    """
    moment = now.astimezone(UTC)
    found: list[tuple[float, float, Path]] = []
    for path in sorted(folder.glob("leaf-*.pem")):
        if path.with_suffix(".key").is_file():
            start, end = validity(path)
            distance_s = max((start - moment).total_seconds(), (moment - end).total_seconds(), 0.0)
            found.append((distance_s, -start.timestamp(), path))
    if not found:
        raise BoxUnusable(f"no leaf-*.pem with a key in {folder}")
    best = min(found)[2]
    return Leaf(best, best.with_suffix(".key"))


def validity(path: Path) -> tuple[datetime, datetime]:
    """notBefore and notAfter of the first certificate in a PEM file. Raises BoxUnusable.

    The ssl module reads no dates of a certificate that is not a peer's, so we walk the few DER fields before them.
    Source: RFC 5280, section 4.1.
    """
    try:
        first = path.read_text("ascii").split(_END)[0] + _END
        certificate = next(_fields(ssl.PEM_cert_to_DER_cert(first[first.index("-----BEGIN") :])))[1]
        fields = [(tag, body) for tag, body in _fields(next(_fields(certificate))[1]) if tag != _VERSION]
        start, end = (_time(tag, body) for tag, body in _fields(fields[3][1]))  # serial, algorithm, issuer, validity
    except (OSError, ValueError, IndexError, StopIteration) as error:
        raise BoxUnusable(f"{path.name} is no certificate") from error
    return start, end


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each DER element in turn."""
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length >= 0x80:  # long form: the low bits say how many bytes hold the length
            width = length - 0x80
            length, at = int.from_bytes(data[at : at + width]), at + width
        yield tag, data[at : at + length]
        at += length


def _time(tag: int, body: bytes) -> datetime:
    text = body.decode("ascii")
    if tag == _UTC_TIME:
        century = "19" if int(text[:2]) >= 50 else "20"
        text = century + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("not a time")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
