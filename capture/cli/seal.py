"""The command line's verbs around the seal, for a workstation: `keygen` and `unseal`. Touches no box, opens no socket.

Exit codes: 0 good, 1 refused or not found, 2 wrong use, 3 damaged (what is left is written all the same).
"""

from __future__ import annotations

from datetime import UTC, datetime
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
    passphrase,
    passphrase_option,
    refuse_sources,
)
from capture.errors import NotARecipient
from capture.identity_file import identity_file
from capture.plain_output import Existing, plain_output, refuse_existing
from capture.seal.keys import Identity
from capture.seal.scrypt import Identity as Passphrase
from capture.seal.stream import Unreadable
from capture.unsealing import Form, OpenSeal, Outcome, SealedFile, copy_out, sealed_file

DAMAGED = 3
_WORK_FACTOR_LIMIT = 20
"""log2 of scrypt's N: other tools choose up to 1 GiB on a fast machine, and here is a workstation, not a box."""


@click.command()
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Write the identity file here instead of showing it.")
def keygen(output: Path | None) -> None:
    """Make an identity: the secret key that opens what is sealed to its recipient."""
    identity = Identity.generate()
    text = identity_file(identity, datetime.now(UTC))
    if output is None:
        click.echo(text, nl=False)
        return
    end_by_exception()
    try:
        with plain_output(output, Existing.REFUSE) as file:
            file.write(text.encode("ascii"))
    except OSError as error:
        raise cannot(error, output) from error
    click.echo(f"Public key: {identity.recipient.encode()}", err=True)


@click.command()
@click.argument("file", type=FILE)
@identity_option
@keyring_option
@passphrase_option
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Write here [here, under the file's name without .age].")
@click.option("--mp4", "form", flag_value=Form.MP4, type=Form, help="Insist on a film: an ordinary MP4.")
@click.option("--raw", "form", flag_value=Form.RAW, type=Form, help="The very bytes that were sealed, also of a recording.")
@click.option("--force", "existing", flag_value=Existing.REPLACE, type=Existing, help="Replace a file of that name.")
@click.pass_context
def unseal(
    ctx: click.Context,
    *,
    file: Path,
    identity: Path | None,
    keyring: Path | None,
    passphrase_file: Path | None,
    output: Path | None,
    form: Form | None,
    existing: Existing | None,
) -> None:
    """Open a sealed FILE: a recording becomes an ordinary MP4, anything else what it was.

    Any age file will do, armored or not. One that is sealed by a passphrase needs no key: the passphrase is asked for. A torn
    recording, or one on a failing disk, gives what it still holds; the exit code is then 3.
    """
    end_by_exception()
    replace = existing or Existing.REFUSE
    try:
        file.stat()  # what is not there is told before anything is said of its name
        target = output or _name_for(file)
    except OSError as error:
        raise cannot(error, file) from error
    try:
        refuse_existing(target, replace)  # before a passphrase is asked for
        refuse_sources(target, file, identity, keyring, passphrase_file)
        with sealed_file(file) as sealed:
            opened = _open(sealed, identity, keyring, passphrase_file)
            outcome = _write(opened, form or Form.AUTO, target, replace)
    except OSError as error:
        raise cannot(error, file) from error
    held = f"{outcome.written_bytes:,} bytes{_film(outcome)}"
    if outcome.is_whole:
        click.echo(f"{target}: {held}", err=True)
    else:
        lost = f"; pictures known to be lost: {outcome.frames_lost}" if outcome.film_ms is not None else ""
        why = f"{file} is torn or damaged: what it still holds"
        if outcome.unreadable_at is not None:
            why = f"{file}: the disk, not the seal, failed at byte {outcome.unreadable_at:,}: what lies before"
        click.echo(f"{why} is in {target}: {held}{lost}", err=True)
        ctx.exit(DAMAGED)


verbs: tuple[click.Command, ...] = (unseal, keygen)


def _write(sealed: OpenSeal, form: Form, target: Path, existing: Existing) -> Outcome:
    """Raises Unreadable for the disk that the sealed file is on."""
    console = Console(stderr=True)
    columns = (TextColumn("Unsealing"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    try:
        with (
            Progress(*columns, console=console, disable=not console.is_terminal) as progress,
            plain_output(target, existing) as out,
        ):
            task = progress.add_task("unseal", total=None)
            return copy_out(sealed, form, out, lambda written, size: progress.update(task, completed=written, total=size))
    except Unreadable:
        raise
    except OSError as error:
        raise cannot(error, target) from error


def _open(sealed: SealedFile, identity: Path | None, keyring: Path | None, passphrase_file: Path | None) -> OpenSeal:
    if identity is None and keyring is None and sealed.opens_by_passphrase:
        try:
            return sealed.open_with([Passphrase(passphrase(passphrase_file), _WORK_FACTOR_LIMIT)])
        except NotARecipient as error:
            raise click.ClickException("The passphrase is not right.") from error
        except MemoryError as error:
            raise click.ClickException("To open that file takes more memory than there is here.") from error
    if sealed.opens_by_passphrase:
        raise click.UsageError("That file is sealed by a passphrase: leave out -i and --keyring.")
    return sealed.open_with(identities(identity, keyring, passphrase_file))


def _name_for(file: Path) -> Path:
    """The file's name without what sealing added, in the folder where the command runs: never in a vault."""
    name = file.name.removesuffix(".part").removesuffix(".age")
    if name == file.name:
        raise click.UsageError(f"{file.name} does not end in .age: name the output (-o).")
    return Path(name)


def _film(outcome: Outcome) -> str:
    if outcome.film_ms is None:
        return ""
    minutes, seconds = divmod(outcome.film_ms / 1000, 60)
    return f", {minutes:.0f}:{seconds:04.1f} of film"
