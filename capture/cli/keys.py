"""How a verb gets at somebody's identity at a workstation: from a file, from a keyring and its passphrase. Keeps neither."""

from __future__ import annotations

from pathlib import Path

import click

from capture.identity_file import (
    FILE_LIMIT,
    identities_in,
    identities_sealed_in,
    identity_in_keyring,
    is_sealed_by_passphrase,
)
from capture.seal.keys import AnyIdentity

FILE = click.Path(path_type=Path)

identity_option = click.option(
    "-i",
    "--identity",
    type=FILE,
    metavar="FILE",
    help="An identity file, as keygen or age-keygen makes it; `age -p` may have sealed it.",
)
keyring_option = click.option(
    "--keyring", type=FILE, metavar="FILE", help="A practitioner's keyring; its passphrase is asked for."
)
passphrase_option = click.option(
    "--passphrase-file", type=FILE, metavar="FILE", help="The passphrase, on the first line of this file."
)


def identities(identity: Path | None, keyring: Path | None, passphrase_file: Path | None) -> tuple[AnyIdentity, ...]:
    """Those of the one file that was given. Raises UsageError for none or two, OSError, and the refusals of `identity_file`."""
    if (identity is None) == (keyring is None):
        raise click.UsageError("Give either an identity file (-i) or a keyring (--keyring).")
    if keyring is not None:
        return (identity_in_keyring(read_small(keyring), passphrase(passphrase_file)),)
    assert identity is not None
    data = read_small(identity)
    if is_sealed_by_passphrase(data):
        return identities_sealed_in(data, passphrase(passphrase_file))
    if passphrase_file is not None:
        raise click.UsageError("A passphrase belongs to a keyring (--keyring), or to an identity file that is sealed by one.")
    return identities_in(data.decode("utf-8-sig", "replace"))


def passphrase(file: Path | None) -> str:
    """From the file's first line, or typed."""
    if file is None:
        return _typed_passphrase()
    return read_small(file).decode("utf-8-sig", "replace").partition("\n")[0].removesuffix("\r")


def read_small(path: Path) -> bytes:
    """A file that can only be short. Raises UsageError, OSError."""
    with path.open("rb") as file:
        data = file.read(FILE_LIMIT + 1)
    if len(data) > FILE_LIMIT:
        raise click.UsageError(f"{path} is too long to be an identity file, a keyring or a passphrase.")
    return data


def cannot(error: OSError, path: Path) -> click.ClickException:
    """Exit code 1, with the file's name, `path` where the system tells none, and the system's reason."""
    return click.ClickException(f"{error.filename or path}: {error.strerror or error}")


def refuse_sources(target: Path, *sources: Path | None) -> None:
    """Even by force: a torn recording holds more than what comes out of it, and an identity is needed again."""
    for source in sources:
        if source is not None and target.exists() and target.samefile(source):
            raise click.UsageError(f"The output is made from {source}: give it another name (-o).")


def _typed_passphrase() -> str:
    try:
        words = str(click.prompt("Passphrase", hide_input=True, err=True))
        words.encode()  # some locales let through what is no text, in pieces that have no bytes
    except UnicodeError:
        raise click.UsageError("What was typed is no UTF-8.") from None  # a cause would hold the passphrase
    return words
