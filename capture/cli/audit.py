"""`vigcam audit verify` and `export`: whether a box's log and recordings hold, and the log for others. Changes no box, no secret.

Exit codes of `verify`: 0 good, 1 not found or not to be read, 2 wrong use, 3 torn or damaged.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from capture.audit.bundle import write_bundle
from capture.audit.chain import Signatures, carried_key
from capture.audit.line import AuditHead
from capture.audit.memories import Memories, Witness
from capture.audit.vault import Finding
from capture.audit.verify import AuditReport, Verdict, verify_log
from capture.cli.options import this_box
from capture.device_key import DeviceKey
from capture.errors import BadRequest, BoxUnusable
from capture.ids import case_code
from capture.plain_output import Existing, plain_output
from capture.recall import is_box, recall

_DAMAGED = 3
_HEAD = re.compile(r"([1-9][0-9]{0,14}):([0-9a-f]{64})")


@click.group()
def audit() -> None:
    """The box's signed log."""


@audit.command()
@this_box
@click.option(
    "--remembered", metavar="LINE:HASH", default="", help="A head of the log noted earlier: finds a log that was put back since."
)
@click.option(
    "--every-signature",
    "signatures",
    flag_value=Signatures.EVERY,
    default=Signatures.ENDS,
    help="Check each line's signature, not only the first and the last: says the same, and takes longer.",
)
def verify(folder: Path, remembered: str, signatures: Signatures) -> None:
    """Check the log's chain and signatures, every manifest and sealed file against it, and it against what the box remembers."""
    head = _parse_head(remembered)
    log = _log_of(folder)
    known_key = _known_key(folder)
    with _readable(), _progress() as progress:
        task = progress.add_task("sealed files", total=None)
        report = verify_log(
            log,
            folder / "vault" if is_box(folder) else None,
            known_key=known_key,
            signatures=signatures,
            recall=lambda: _recall(folder, known_key, (Witness("you", head),) if head else ()),
            watch=lambda done, total: progress.update(task, completed=done, total=total),
        )
    _print(report)
    if not is_box(folder):
        click.echo("Here is a log alone: no recording was looked for, and nothing that remembers the log.", err=True)
    if not known_key:
        click.echo("The key is the one that the log itself carries: compare it with one you know.", err=True)
    if report.verdict is not Verdict.GOOD:
        sys.exit(_DAMAGED)


@audit.command()
@this_box
@click.option("-o", "--output", "target", required=True, type=click.Path(path_type=Path, dir_okay=False), help="A ZIP to make.")
@click.option("--case", "case", default="", metavar="VIG-XXXX", help="Only what the log says of this case.")
def export(folder: Path, target: Path, case: str) -> None:
    """Make a bundle of the log that others can check without the box, by docs/verify_audit.py."""
    log = _log_of(folder)
    code = _parse_case(case)
    known_key = _known_key(folder)
    try:
        with _readable(), plain_output(target, Existing.REFUSE) as file:
            made = write_bundle(file, log, folder / "vault", _recall(folder, known_key), known_key=known_key, case=code)
    except FileExistsError as error:
        raise click.ClickException(f"{target} is there already") from error
    click.echo(f"{target}: {made.lines} lines, {made.manifests} manifests")
    if made.bad is not None:
        click.echo(f"first bad line: {made.bad.number} ({made.bad.why})", err=True)


def _log_of(folder: Path) -> Path:
    log = folder / "audit.log"
    with _readable():
        if not log.is_file():  # a pipe would be waited for
            raise click.ClickException(f"there is no audit.log in {folder}: name the folder of a box with --dir")
    return log


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        raise click.ClickException(f"{error.filename or 'the log'}: {error.strerror}") from error


def _recall(folder: Path, known_key: str, more: tuple[Witness, ...] = ()) -> Memories:
    recalled = recall(folder, known_key or carried_key(folder / "audit.log"))
    return replace(recalled, heads=(*recalled.heads, *more))


def _parse_case(text: str) -> str:
    try:
        return case_code(text) if text else ""
    except BadRequest as error:
        raise click.BadParameter("a case's code, as VIG-7F3K", param_hint="--case") from error


def _parse_head(text: str) -> AuditHead | None:
    if not text:
        return None
    found = _HEAD.fullmatch(text)
    if found is None:
        raise click.BadParameter("a line's number, a colon and its 64 hex digits", param_hint="--remembered")
    return AuditHead(int(found[1]), found[2])


def _known_key(folder: Path) -> str:
    """The box's own key where this user may read it; a copied log comes without."""
    try:
        return DeviceKey.load(folder / "device.key").public_hex
    except BoxUnusable:
        return ""


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _print(report: AuditReport) -> None:
    click.echo(f"{report.verdict.value}: {report.lines} lines, {report.recordings} recordings")
    if report.bad_line is not None:
        click.echo(f"first bad line: {report.bad_line.number} ({report.bad_line.why})")
    elif report.torn_bytes:
        click.echo(f"torn: line {report.torn_line} is unfinished ({report.torn_bytes} bytes from there on); all before it holds")
    for finding in report.findings:
        click.echo(f"damaged: {_plain(finding)}")
    for note in report.notes:
        click.echo(f"note: {_plain(note)}")
    if report.tails_lost:
        click.echo(f"note: {report.tails_lost} unfinished lines were left by power cuts and accounted for")
    click.echo(f"compared with {report.memories} lines that are remembered elsewhere")
    click.echo(f"head: {report.head.sequence}:{report.head.hash}")
    click.echo(f"key: {report.public_hex}")


def _plain(finding: Finding) -> str:
    """A file on a card can have any name: no control character of it reaches a terminal."""
    return f"{finding.where}: {finding.what}".encode("unicode_escape").decode("ascii")
