"""What the demo has to tell at its end: one struct, as a JSON object or as a short account for a person. Works nothing out."""

from __future__ import annotations

import msgspec
from rich.console import Console
from rich.text import Text


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Paths are absolute. `sealed_path` lies in the vault, `mp4_path` at the laptop; `av_offset_ms` is null without flashes."""

    base_url: str
    ca_cert: str
    username: str
    passphrase: str
    box_dir: str
    out_dir: str
    box_id: str
    setup_code: str
    case: str
    recording_id: str
    sealed_path: str
    sealed_copy_path: str
    sealed_sha256: str
    sealed_bytes: int
    keyring_path: str
    recovery_identity_path: str
    recovery_fingerprint: str
    ca_fingerprint: str
    mp4_path: str
    mp4_sha256: str
    mp4_bytes: int
    range_requests: int
    width: int
    height: int
    has_sound: bool
    frames_generated: int
    frames_kept: int
    frames_dropped: int
    frames_decoded: int
    seconds: float
    av_offset_ms: float | None
    stop_reason: str
    marked: str
    longest_sync_ms: float

    def to_json(self) -> str:
        return msgspec.json.encode(self).decode("utf-8")


class Teller:
    """Tells the story as it goes: one line a step, on `console`."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def step(self, text: str) -> None:
        self._console.print(Text.assemble(("✓ ", "green"), text), soft_wrap=True)

    def filming(self, filmed_s: float, of_s: float) -> None:
        """Progress of a take, where somebody watches: each line is written over the one before."""
        if self._console.is_terminal:
            self._console.print(Text(f"  filming: {filmed_s:.0f} of {of_s:.0f} s", style="red"), end="\r")


def show(account: Account, console: Console) -> None:
    """The account for a person."""
    lost = "none lost" if account.frames_dropped == 0 else f"{account.frames_dropped} lost, and counted"
    offset = "no flashes to measure by" if account.av_offset_ms is None else f"{account.av_offset_ms:+.1f} ms"
    rows = (
        ("Filmed", f"{account.seconds:.1f} s, {account.width}x{account.height}, marked at {account.marked}"),
        ("Stopped by", account.stop_reason),
        ("Pictures", f"{account.frames_kept} kept of {account.frames_generated} made ({lost}); all decode"),
        ("Sound", f"{'yes' if account.has_sound else 'none'}; sound against picture: {offset}"),
        ("Film", account.mp4_path),
        ("SHA-256", account.mp4_sha256),
        ("Sealed in the box", account.sealed_path),
        ("Slowest disk sync", f"{account.longest_sync_ms:.0f} ms"),
        ("Page", account.base_url),
        ("Page's CA", account.ca_cert),
        ("Sign in as", account.username),
        ("Passphrase", account.passphrase),
    )
    widest = max(len(name) for name, _ in rows)
    console.rule("vigcam: one visit, from consent to transfer", align="left")
    for name, value in rows:
        console.print(Text.assemble((f"{name:<{widest}}  ", "bold"), value), soft_wrap=True)  # paths are there to be copied
    console.rule()
