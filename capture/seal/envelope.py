"""The envelope of a sealed file: a new file key, wrapped to recipients, and got back with an identity. Seals no payload."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from capture.errors import NotARecipient, SealBroken
from capture.seal import x25519
from capture.seal.header import parse_header, write_header
from capture.seal.keys import Identity, Recipient
from capture.seal.payload import FILE_KEY_BYTES


def new_file_key() -> bytes:
    """16 random bytes, for one file only."""
    return secrets.token_bytes(FILE_KEY_BYTES)


def make_header(file_key: bytes, recipients: Sequence[Recipient]) -> bytes:
    """The age header that lets each of `recipients` open the file. Raises ValueError for none: nobody could ever open it."""
    if not recipients:
        raise ValueError("a seal without recipients")
    return write_header(file_key, [x25519.wrap(file_key, recipient) for recipient in recipients])


def open_header(data: bytes, identity: Identity) -> tuple[bytes, int]:
    """The file key and the header's length in bytes, from the file's first bytes (all of the header, and any more).

    Raises NotARecipient if no stanza is for `identity`, SealBroken for a malformed or forged header, Truncated if `data`
    end within it.
    """
    header = parse_header(data)
    keys = [key for stanza in header.stanzas if (key := x25519.unwrap(stanza, identity)) is not None]
    if not keys:
        raise NotARecipient
    if len(keys[0]) != FILE_KEY_BYTES:
        raise SealBroken
    header.check_mac(keys[0])
    return keys[0], header.length
