"""The command line's verbs about a whole box: provision, status, audit verify. Parses, calls, prints; decides nothing.

Exit codes: 0 good, 1 refused or not found, 2 wrong use, 3 damaged. Refusals are raised; the command puts them
into words.
"""

from __future__ import annotations

import base64
import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from capture.cli.audit import audit
from capture.cli.keys import identities
from capture.cli.options import as_json, box_folder
from capture.client import CaptureClient
from capture.config import FILE_NAME, load_config
from capture.errors import NotARecipient
from capture.messages import GetStatus, Status
from capture.provision import Provisioned
from capture.provision import provision as provision_box
from capture.seal.keys import Recipient
from capture.seal.small import unseal_bytes
from device.clock import SystemClock
from device.disk import SystemDisk


@click.command()
@box_folder
@click.option("--recovery", required=True, metavar="age1…", help="The service's recovery recipient.")
@click.option(
    "--recovery-identity",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The identity file that answers the challenge; without it the answer is asked for.",
)
@click.option("--name", "names", multiple=True, help="A further host name of the page (besides <box>.local).")
@click.option("--address", "addresses", multiple=True, help="An IP address of the page; the first is listened on [127.0.0.1].")
@click.option("--port", default=8443, show_default=True, type=click.IntRange(1, 65_535))
@as_json
def provision(
    *,
    folder: Path,
    recovery: str,
    recovery_identity: Path | None,
    names: tuple[str, ...],
    addresses: tuple[str, ...],
    port: int,
    style: str,
) -> None:
    """Make a new box in an empty folder. The set-up code is shown once."""
    made = provision_box(
        folder,
        Recipient.parse(recovery),
        lambda sealed: _answer(sealed, recovery_identity),
        names=names,
        addresses=addresses,
        port=port,
        disk=SystemDisk(),
        clock=SystemClock(),
    )
    base_url = _base_url(addresses[0] if addresses else "127.0.0.1", port)
    ca_cert = folder.absolute() / "tls" / "ca.pem"
    if style == "json":
        facts = {
            "box_id": made.box_id,
            "setup_code": made.setup_code,
            "base_url": base_url,
            "ca_cert": str(ca_cert),
            "ca_fingerprint": made.ca_fingerprint,
            "recovery_fingerprint": made.recovery_fingerprint,
        }
        click.echo(json.dumps(facts))
        return
    _print_label(made, base_url, ca_cert)


@click.command()
@box_folder
@as_json
def status(folder: Path, style: str) -> None:
    """What the box is doing now, as its own daemon says."""
    config = load_config(folder / FILE_NAME)
    client = CaptureClient(config.socket.path_in(folder), timeout_s=5.0)
    found = client.call(GetStatus(), Status)
    if style == "json":
        click.echo(msgspec.json.encode(found).decode("utf-8"))
        return
    _console().print(_status_table(found))


verbs: tuple[click.Command, ...] = (provision, status, audit)
"""What this room adds to the `vigcam` command."""


def _answer(sealed: bytes, identity_file: Path | None) -> str:
    if identity_file is not None:
        return _unseal(sealed, identity_file).decode("ascii", "replace")
    click.echo(
        "The recovery identity must prove that it opens what this box will seal. On the machine that holds it, run", err=True
    )
    click.echo(f"\n  echo {base64.b64encode(sealed).decode('ascii')} | base64 -d | age -d -i RECOVERY-IDENTITY-FILE\n", err=True)
    return str(click.prompt("and type what it prints", err=True))


def _unseal(sealed: bytes, identity_file: Path) -> bytes:
    for identity in identities(identity_file, None, None):
        with contextlib.suppress(NotARecipient):
            return unseal_bytes(sealed, identity)
    raise NotARecipient(f"no identity in {identity_file.name} opens what is sealed to the recovery recipient")


def _base_url(address: str, port: int) -> str:
    return f"https://[{address}]:{port}" if ":" in address else f"https://{address}:{port}"


def _print_label(made: Provisioned, base_url: str, ca_cert: Path) -> None:
    table = _facts(f"Box {made.box_id}")
    table.add_row("Page", base_url)
    table.add_row("CA certificate", str(ca_cert))
    table.add_row("Its SHA-256", made.ca_fingerprint)
    table.add_row("Recovery", made.recovery_fingerprint)
    table.add_row("Set-up code", made.setup_code)
    _console().print(table)
    click.echo("The set-up code is shown this once: write it on the card that stays with the service.", err=True)


def _status_table(found: Status) -> Table:
    table = _facts(f"Box {found.box_id}, vigcam {found.version}")
    table.add_row("State", f"{found.state} ({found.fault})" if found.fault else found.state)
    table.add_row("Camera", "ON" if found.is_sensor_open else "off")
    table.add_row("Lamps", f"tally {found.tally}, ready {found.ready}")
    if found.armed_case:
        table.add_row("Armed", f"{found.armed_case} to {found.armed_mode}, {found.lease_left_s} s left")
    if found.recording_id:
        table.add_row("Filming", f"{found.recording_id}, {found.filmed_s:.0f} s")
    if found.waiting_for_press:
        table.add_row("Waits for a press", found.waiting_for_press)
    table.add_row("Signed in", "yes" if found.is_signed_in else "no")
    if found.is_enrolment_open:
        table.add_row("Enrolment window", f"open, {found.enrolment_left_s} s left")
    table.add_row(
        "Clock", f"{datetime.fromtimestamp(found.clock.ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC, {found.clock.confidence.value}"
    )
    table.add_row("Power", found.power)
    table.add_row("Room", f"{found.free_bytes / 1e9:.1f} GB, {found.free_minutes} minutes of film")
    table.add_row("Longest sync", f"{found.longest_sync_ms:.0f} ms")
    table.add_row("Recovery", found.recovery_fingerprint)
    return table


def _console() -> Console:
    """Prints what it is given: to rich the middle of a fingerprint such as 1F:AB:5E is the name of a picture."""
    return Console(markup=False, emoji=False, highlight=False)


def _facts(title: str) -> Table:
    table = Table(title=Text(title), title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(overflow="fold")  # a fingerprint that is cut short compares with nothing
    return table
