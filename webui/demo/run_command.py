"""`vigcam run`: both processes of an existing box in the foreground, on simulated hardware; the terminal is its front panel.

Changes nothing of the box. On a real box systemd starts the two; this verb is the laptop's.
"""

from __future__ import annotations

import sys
import tempfile
import time
import tomllib
from pathlib import Path

import click
import msgspec
from rich.console import Console

from capture.client import CaptureClient
from capture.errors import BoxUnusable, DaemonUnreachable
from capture.messages import GetStatus, Status
from webui.demo.film import film_seconds
from webui.demo.front_panel import FrontPanel
from webui.demo.interrupt import ended_by_signals
from webui.demo.laptop import Laptop
from webui.demo.processes import BoxProcesses, Wiring
from webui.demo.trouble import DemoFailed
from webui.demo.waiting import wait_for


class _Web(msgspec.Struct):
    address: str
    port: int
    names: tuple[str, ...] = ()


class _Socket(msgspec.Struct):
    path: str


class _Config(msgspec.Struct):
    """Of the box's settings only what starts the web server; the daemon checks them all."""

    web: _Web
    socket: _Socket


@click.command()
@click.option("--dir", "box", type=click.Path(path_type=Path), required=True, help="The box's folder.")
@click.option("--film", type=click.Path(path_type=Path), help="A film file that the simulated camera plays instead of the scene.")
@click.option("--enrol", "button", flag_value="held", help="Hold the button through power-on: opens the enrolment window.")
def run(box: Path, film: Path | None, button: str | None) -> None:
    """Run an existing box on this laptop until Ctrl-C; then seal and stop."""
    console = Console(stderr=True, markup=False, emoji=False, highlight=False)
    box = box.absolute()
    wiring = _wiring(box)
    has_panel = sys.stdin.isatty() and sys.stdout.isatty()
    words = Path(tempfile.mkdtemp(prefix="vigcam-run-")) if has_panel else None
    try:
        if film is not None:
            film_seconds(film)
        with ended_by_signals(), BoxProcesses(wiring, film and film.absolute(), words) as processes:
            if button == "held":
                processes.finger.down()
            _run(processes, wiring, console)
    except DemoFailed as failed:
        raise click.ClickException(str(failed)) from failed
    except KeyboardInterrupt:
        console.print("Stopped: what was being filmed is sealed.")


def _run(processes: BoxProcesses, wiring: Wiring, console: Console) -> None:
    processes.power_on()
    client = CaptureClient(wiring.socket)
    wait_for("the box to be ready", lambda: _is_past_booting(client), processes.check)
    processes.finger.up()
    processes.start_web()
    ca_cert = wiring.box / "tls" / "ca.pem"
    console.print(f"The page is {wiring.base_url} (its CA: {ca_cert}). Ctrl-C seals and stops.", soft_wrap=True)
    if sys.stdin.isatty() and sys.stdout.isatty():
        FrontPanel(Laptop(wiring.base_url, ca_cert), processes, wiring.base_url, console).run()
        return
    while not processes.is_off:
        processes.check()
        time.sleep(0.5)


def _is_past_booting(client: CaptureClient) -> bool | None:
    try:
        return True if client.call(GetStatus(), Status).state != "booting" else None
    except DaemonUnreachable:
        return None


def _wiring(box: Path) -> Wiring:
    try:
        config = msgspec.convert(tomllib.loads((box / "config.toml").read_text("utf-8")), _Config)
    except OSError as error:
        raise BoxUnusable(f"{box / 'config.toml'}: {error.strerror}") from error
    except (ValueError, msgspec.ValidationError) as error:  # no TOML, no UTF-8
        raise BoxUnusable(f"{box / 'config.toml'}: {error}") from error
    return Wiring(box, box / config.socket.path, config.web.address, config.web.port, config.web.names)
