"""A new header for a sealed file, so that somebody else opens it: the same file key, wrapped anew. Never touches the payload.

An age file is a header and a payload, and the payload depends on the file key alone. So a film is passed on by some 170 bytes for
each who may open it, and nobody deciphers a picture. Whoever could open the file before still knows its key: to pass a file on
takes nothing away from them but the file. Source: C2SP age.md, "The header".
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress

from capture.errors import BadRequest, NotARecipient
from capture.seal import hybrid, x25519
from capture.seal.envelope import make_header, open_header
from capture.seal.header import LONE_KIND, Header, parse_header, read_header
from capture.seal.keys import AnyIdentity, Recipient

_BLOCK_BYTES = 1 << 20


def rewrap_header(data: bytes, identities: Sequence[AnyIdentity], recipients: Sequence[Recipient]) -> bytes:
    """A whole new header for the file that begins with `data` (all of its old header, and any more).

    Raises NotARecipient if no identity opens it, SealBroken for a malformed or forged header, Truncated if `data` end within it,
    BadRequest as `check_rewrappable`, ValueError for no recipients.
    """
    check_rewrappable(parse_header(data))
    for identity in identities:
        with suppress(NotARecipient):
            return make_header(open_header(data, identity)[0], recipients)
    raise NotARecipient


def check_rewrappable(header: Header) -> None:
    """Raises BadRequest with the reason `passphrase_sealed` or `post_quantum_sealed`.

    What a passphrase opens is for one person who knows it, not for a key. What is sealed against a later quantum computer must
    not come out sealed to a key that one breaks.
    """
    kinds = {stanza.kind for stanza in header.stanzas}
    if LONE_KIND in kinds:
        raise BadRequest(reasons=("passphrase_sealed",))
    if hybrid.KIND in kinds:
        raise BadRequest(reasons=("post_quantum_sealed",))


def is_for(header: Header, recipients: int) -> bool:
    """Whether the header has just so many X25519 stanzas and no others; whose they are, nobody can tell."""
    return [stanza.kind for stanza in header.stanzas] == [x25519.KIND] * recipients


def rewrap_file(
    source_fd: int,
    target_fd: int,
    identities: Sequence[AnyIdentity],
    recipients: Sequence[Recipient],
    progress: Callable[[int, int], object],
) -> int:
    """Copy a sealed file, whole or torn, into an empty one behind a new header; returns how many bytes. Syncs nothing.

    `progress` hears the bytes written and the bytes in all. Raises as `rewrap_header`, and OSError.
    """
    old = read_header(source_fd)
    header = rewrap_header(old, identities, recipients)
    size = os.fstat(source_fd).st_size - len(old) + len(header)
    written = _write(target_fd, header)
    while block := os.pread(source_fd, _BLOCK_BYTES, len(old) + written - len(header)):
        written += _write(target_fd, block)
        progress(written, size)
    return written


def _write(fd: int, data: bytes) -> int:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]
    return len(data)
