"""Opens for reading what is a plain file, and nothing else. Whoever has the card can put anything under a name of the box's.

A named pipe would be waited for until somebody writes into it, a device or a link read without an end: neither a start nor a
handler may depend on what kind of thing lies there. Source: open(2), O_NONBLOCK ("has no effect for regular files"), fifo(7).
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def open_plain(path: Path) -> int:
    """A descriptor to read from, close-on-exec; the caller's to close. Raises OSError, for a link and for what is no file too."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "not a plain file", str(path))
    return fd


def read_plain(path: Path, most_bytes: int) -> bytes:
    """All of a small file. Raises OSError as `open_plain`, and for one that is longer (EFBIG): it is never read into RAM."""
    with open(open_plain(path), "rb") as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, "longer than any of its kind", str(path))
    return data
