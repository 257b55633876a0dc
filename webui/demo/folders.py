"""Where the demo's box lies and where its laptop keeps what it takes over: chosen and checked here, before anything starts."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from webui.demo.processes import Wiring
from webui.demo.trouble import DemoFailed, DemoMisused

ADDRESS = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Folders:
    """`box` is laid out as a box's folder; `out` is the laptop: films taken over, recovery identity, the processes' own words."""

    box: Path
    out: Path

    def wiring(self, port: int) -> Wiring:
        """How its processes are put together; the page's names are those of provisioning."""
        return Wiring(self.box, self.box / "run" / "capture.sock", ADDRESS, port, ("localhost",))

    @property
    def tls(self) -> Path:
        return self.box / "tls"

    @property
    def recovery_identity(self) -> Path:
        return self.out / "recovery-identity.txt"


def choose_folders(box: Path | None, out: Path | None) -> Folders:
    """Both absolute, empty and writable; `out` is made. Without `box`, a fresh one under the user's temporary folder.

    Raises DemoMisused (out lies in the box) and DemoFailed (not empty, cannot be written).
    """
    if box is None:
        box = Path(tempfile.mkdtemp(prefix="vigcam-demo-")) / "box"
    box = box.absolute()
    out = (out or box.with_name(f"{box.name}-transfer")).absolute()
    inside, outside = out.resolve(), box.resolve()
    if inside == outside or outside in inside.parents:
        raise DemoMisused(f"--out {out} lies in the box's folder: what the laptop takes over never goes into the box")
    _check_empty(box, "the demo provisions a box of its own (`vigcam run` starts one that exists)")
    _check_empty(out, "what the laptop takes over would lie among what is there")
    _make_writable(box.parent if not box.exists() else box)
    _make_writable(out)
    return Folders(box, out)


def _check_empty(folder: Path, why: str) -> None:
    if folder.exists() and not folder.is_dir():
        raise DemoFailed(f"{folder} is not a folder")
    try:
        is_empty = not folder.exists() or not any(folder.iterdir())
    except OSError as error:
        raise DemoFailed(f"{folder} cannot be read: {error.strerror}") from error
    if not is_empty:
        raise DemoFailed(f"{folder} is not empty: {why}")


def _make_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise DemoFailed(f"{folder} cannot be made: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise DemoFailed(f"{folder} cannot be written")
