"""Looks at what arrived with eyes of their own: the film's decoder, the seal opened a second way, the log's verifier."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from capture.model import Manifest
from webui.demo.takeover import TakenRecording
from webui.demo.trouble import DemoFailed
from webui.demo.verbs import vigcam, witness


class _ManifestFile(msgspec.Struct):
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Seen:
    """What the decoder saw in the film. The counter and the flashes exist in the drawn scene only."""

    frames: int
    seconds: float
    has_sound: bool
    width: int
    height: int
    counters_ok: bool
    missing: int
    av_offset_ms: float | None


def look_at(mp4: Path) -> Seen:
    """Decode every picture. Raises DemoFailed."""
    return _seen(witness(str(mp4), "--json"))


def _seen(said: Mapping[str, object]) -> Seen:
    try:
        return msgspec.convert(dict(said), Seen)
    except msgspec.ValidationError as error:
        raise DemoFailed(f"the witness's answer cannot be read: {error}") from error


def read_manifest(box: Path, recording_id: str) -> Manifest:
    """The manifest beside the sealed file; its signature is `vigcam audit verify`'s to check. Raises DemoFailed."""
    try:
        return msgspec.json.decode((box / "vault" / f"{recording_id}.json").read_bytes(), type=_ManifestFile).manifest
    except (OSError, msgspec.DecodeError) as error:
        raise DemoFailed(f"the manifest of {recording_id} cannot be read: {error}") from error


def compare_with_manifest(taken: TakenRecording, manifest: Manifest, seen: Seen) -> None:
    """What the box signed about the recording is what arrived. Raises DemoFailed."""
    if (taken.sealed.sha256, taken.sealed.size) != (manifest.sealed_hash, manifest.sealed_bytes):
        raise DemoFailed("the sealed file is not the one that the box signed for")
    if seen.frames != manifest.frames_kept:
        raise DemoFailed(f"{seen.frames} pictures decode, but the box signed for {manifest.frames_kept}")
    if not re.fullmatch(r"\d+:\d\d", taken.marked):
        raise DemoFailed(f"one moment was marked, but the page shows {taken.marked}")
    if (seen.width, seen.height, seen.has_sound) != (manifest.width, manifest.height, manifest.has_sound):
        raise DemoFailed("the film's size or sound is not what the box signed for")


def check_scene(seen: Seen, manifest: Manifest) -> None:
    """The drawn scene: every counter in order but for those counted as lost, flash and beep together. Raises DemoFailed."""
    if not seen.counters_ok and not 0 < seen.missing <= manifest.frames_dropped:
        raise DemoFailed("the scene's counters do not read in order")
    if seen.av_offset_ms is None:
        raise DemoFailed("no flash and beep were found")
    if abs(seen.av_offset_ms) >= 40:
        raise DemoFailed(f"picture and sound are {seen.av_offset_ms:.0f} ms apart")


def unseal_again(taken: TakenRecording, keyring: Path, passphrase: str, out: Path) -> None:
    """Open the sealed file with the keyring, away from box and page: it must give the same film. Raises DemoFailed."""
    passphrase_file, unsealed = out / "passphrase.txt", out / "unsealed-again.mp4"
    passphrase_file.touch(mode=0o600)
    passphrase_file.write_text(passphrase + "\n", "utf-8")
    try:
        keys = ("--keyring", str(keyring), "--passphrase-file", str(passphrase_file))
        vigcam("unseal", str(taken.sealed.path), *keys, "-o", str(unsealed))
        with unsealed.open("rb") as film:
            if hashlib.file_digest(film, "sha256").hexdigest() != taken.mp4.sha256:
                raise DemoFailed("unsealing the sealed file gives another film than the page did")
    finally:
        passphrase_file.unlink()
        unsealed.unlink(missing_ok=True)


def verify_audit(box: Path) -> None:
    """Chain, signatures and manifests of the box's log. Raises DemoFailed."""
    vigcam("audit", "verify", "--dir", str(box))
