"""A file that a command writes for its user: whole under its name, or not there at all. Never used by the box for footage.

Unsealing happens on a practitioner's workstation, where plaintext is what was asked for.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import BinaryIO


class Existing(Enum):
    """What to do about a file that has the name already."""

    REFUSE = "refuse"
    REPLACE = "replace"


@contextlib.contextmanager
def plain_output(target: Path, existing: Existing) -> Iterator[BinaryIO]:
    """A file to write, mode 0600, that gets the name `target`, durably, when the block ends well.

    It is written under a hidden temporary name in the same folder; if the block raises, nothing is left. Only SIGKILL and a
    power cut leave that file, `.….unfinished`. Raises FileExistsError, before and after the writing, and any other OSError.
    """
    refuse_existing(target, existing)
    temporary = target.with_name(f".{secrets.token_hex(8)}.unfinished")  # not of its name, which may be as long as names can be
    with trouble_with(target):
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb", buffering=0) as file:
            yield file
            os.fsync(fd)
        refuse_existing(target, existing)
        with trouble_with(target):
            temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(target.absolute().parent)


@contextlib.contextmanager
def trouble_with(path: Path) -> Iterator[None]:
    """Whatever the system refuses here, it is `path` that the OSError names: what the user knows, not what is hidden behind."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def refuse_existing(target: Path, existing: Existing) -> None:
    """Raises FileExistsError if something has the name `target` and is not to be replaced: a folder, pipe or device never is."""
    is_other = target.exists() and not target.is_file()
    if is_other or (existing is Existing.REFUSE and (target.exists() or target.is_symlink())):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
