"""Chooses the TLS certificate to serve now among those made at provisioning. Makes none, and never opens a private key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from capture.client import CaptureClient
from capture.errors import BoxUnusable, VigcamError
from capture.messages import GetStatus, Status


@dataclass(frozen=True, slots=True)
class Leaf:
    """A certificate (with its chain) and the PKCS#8 key beside it."""

    cert_path: Path
    key_path: Path


def current_leaf(folder: Path, now: datetime) -> Leaf:
    """Of the `leaf-*.pem` with a key, the one whose nearer end is furthest away, so that a clock that is somewhat off does no
    harm; before all of them the first, after all the last.

    A box without a clock may believe it is 1970: it must still answer, for the browser judges the dates by its own clock and
    the box's is set over this very page. Raises BoxUnusable if there is no leaf with a key, or one cannot be read.
    """
    moment = now.astimezone(UTC)
    leaves = [path for path in sorted(folder.glob("leaf-*.pem")) if path.with_suffix(".key").is_file()]
    if not leaves:
        raise BoxUnusable(f"no leaf-*.pem with a key in {folder}")
    best = max(leaves, key=lambda path: _margin(path, moment))
    return Leaf(best, best.with_suffix(".key"))


def claimed_time(client: CaptureClient) -> datetime:
    """What time the box believes it is, be it only what was last seen; by the system's clock where the daemon does not answer.

    The system's clock alone would not do: without a battery it stands still while the box is off, so that after some years the
    first leaf, long over for every phone, would still look like the right one.
    """
    try:
        return datetime.fromtimestamp(client.call(GetStatus(), Status).clock.ms / 1000, UTC)
    except VigcamError:
        return datetime.now(UTC)


def validity(path: Path) -> tuple[datetime, datetime]:
    """notBefore and notAfter of the first certificate in a PEM file. Raises BoxUnusable."""
    try:
        leaf = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BoxUnusable(f"{path.name} is no certificate") from error
    return leaf.not_valid_before_utc, leaf.not_valid_after_utc


def _margin(path: Path, moment: datetime) -> timedelta:
    start, end = validity(path)
    return min(moment - start, end - moment)
