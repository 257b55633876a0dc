"""`vigcam rewrap`, for a workstation: passes sealed things on to somebody else by their headers alone. Opens none, asks no box.

Exit codes: 0 good, 1 refused or not found, 2 wrong use, 3 damaged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from capture.cli.ending import end_by_exception
from capture.cli.keys import (
    FILE,
    cannot,
    identities,
    identity_option,
    keyring_option,
    passphrase_option,
    refuse_sources,
)
from capture.errors import AuditBroken, SealBroken
from capture.handover.package import FILE_LIMIT, START, key_fingerprint, read_package
from capture.handover.result import write_result
from capture.handover.rewrapping import rewrap_package
from capture.plain_output import Existing, plain_output, refuse_existing
from capture.seal.keys import AnyIdentity, Recipient
from capture.seal.rewrap import rewrap_file
from capture.unsealing import sealed_file

_NOT_HEX = re.compile(r"[^0-9a-f]")


@dataclass(frozen=True, slots=True)
class _Known:
    """What the user knows from elsewhere, to hold a package to; empty where it is to be asked for, or shown."""

    taker: str
    box_key: str


@click.command()
@click.argument("file", type=FILE)
@identity_option
@keyring_option
@passphrase_option
@click.option("--to", "to", multiple=True, metavar="age1…", help="For a sealed file: whom to seal it to from now on.")
@click.option("--taker", default="", metavar="FINGERPRINT", help="For a package: the new practitioner's, as the box shows it.")
@click.option("--box-key", default="", metavar="HEX", help="For a package: the box's key, as `vigcam audit verify` prints it.")
@click.option("-o", "--output", type=FILE, required=True, metavar="FILE", help="Write here.")
@click.option("--force", "existing", flag_value=Existing.REPLACE, type=Existing, help="Replace a file of that name.")
def rewrap(
    *,
    file: Path,
    identity: Path | None,
    keyring: Path | None,
    passphrase_file: Path | None,
    to: tuple[str, ...],
    taker: str,
    box_key: str,
    output: Path,
    existing: Existing | None,
) -> None:
    """Pass FILE on without opening it: a sealed file to other recipients, or a box's hand-over package to a new practitioner.

    A package's result goes back to the box: it holds no secret, and nobody but the new practitioner can use it.
    """
    end_by_exception()
    replace = existing or Existing.REFUSE
    try:
        package = _package(file)
        if bool(to) == (package is not None):
            raise click.UsageError("A sealed file takes --to, a hand-over package does not.")
        refuse_existing(output, replace)  # before a passphrase is asked for
        refuse_sources(output, file, identity, keyring, passphrase_file)
        held = identities(identity, keyring, passphrase_file)
        if package is not None:
            _pass_case_on(package, held, _Known(taker, box_key), output, replace)
        else:
            _pass_file_on(file, held, to, output, replace)
    except OSError as error:
        raise cannot(error, file) from error


verbs: tuple[click.Command, ...] = (rewrap,)


def _package(file: Path) -> bytes | None:
    """The package's bytes; None for what is none. Raises UsageError if it is too long, OSError."""
    if not file.is_file():
        file.stat()
        return None
    with file.open("rb") as opened:
        if opened.read(len(START)) != START:
            return None
        data = START + opened.read(FILE_LIMIT)
    if len(data) > FILE_LIMIT:
        raise click.UsageError(f"{file} is too long to be a hand-over package.")
    return data


def _pass_file_on(file: Path, held: Sequence[AnyIdentity], to: tuple[str, ...], output: Path, existing: Existing) -> None:
    recipients = [Recipient.parse(text) for text in dict.fromkeys(to)]
    console = Console(stderr=True)
    columns = (TextColumn("Copying"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with (
        sealed_file(file) as sealed,
        Progress(*columns, console=console, disable=not console.is_terminal) as progress,
        plain_output(output, existing) as out,
    ):
        task = progress.add_task("rewrap", total=None)
        written = rewrap_file(
            sealed.fd, out.fileno(), held, recipients, lambda done, size: progress.update(task, completed=done, total=size)
        )
    click.echo(f"{output}: {written:,} bytes, sealed to {', '.join(one.fingerprint for one in recipients)}", err=True)


def _pass_case_on(data: bytes, held: Sequence[AnyIdentity], known: _Known, output: Path, existing: Existing) -> None:
    try:
        package = read_package(data)
    except AuditBroken as error:
        raise SealBroken("the package is not as a box signed it") from error
    if known.box_key and known.box_key.strip().lower() != package.device_key:
        raise click.ClickException("The package was made by another box than the one with that key.")
    recipient = Recipient.parse(package.recipient)
    click.echo(f"Box {package.box_id}, its key {key_fingerprint(package.device_key)}", err=True)
    click.echo(f"Case {package.case}: {len(package.statements)} statements, {len(package.recordings)} recordings", err=True)
    click.echo(f"From {package.giver} to {package.taker}", err=True)
    _compare(recipient.fingerprint, known.taker)
    result = write_result(rewrap_package(data, held))
    with plain_output(output, existing) as out:
        out.write(result)
    click.echo(f"{output}: take it back to the box. Sealed to {recipient.fingerprint}.", err=True)


def _compare(fingerprint: str, known: str) -> None:
    """Typed, not nodded at: whoever can read the package's recipient can open the family's films. Raises ClickException."""
    typed = known or str(click.prompt("The new practitioner's fingerprint, as the box shows it", err=True))
    if _NOT_HEX.sub("", typed.lower()) != _NOT_HEX.sub("", fingerprint):
        raise click.ClickException(f"That is not the one in the package, which is {fingerprint}: nothing was passed on.")
