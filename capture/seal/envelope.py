"""The envelope of a sealed file: a new file key, wrapped to recipients, and got back with an identity. Seals no payload."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from capture.errors import NotARecipient
from capture.seal.header import parse_header, write_header
from capture.seal.keys import AnyIdentity, AnyRecipient
from capture.seal.payload import FILE_KEY_BYTES


def new_file_key() -> bytes:
    """16 random bytes, for one file only."""
    return secrets.token_bytes(FILE_KEY_BYTES)


def make_header(file_key: bytes, recipients: Sequence[AnyRecipient]) -> bytes:
    """The age header that lets each of `recipients` open the file; all are of one kind.

    Raises ValueError for none (nobody could ever open it), for more than a reader accepts, for two passphrases, and for
    kinds that are mixed: a post-quantum stanza is worth nothing beside an X25519 one. Source: C2SP age.md, "Native recipient
    types".
    """
    if not recipients:
        raise ValueError("a seal without recipients")
    stanzas = [recipient.wrap(file_key) for recipient in recipients]
    if len({stanza.kind for stanza in stanzas}) > 1:
        raise ValueError("recipients of several kinds")
    return write_header(file_key, stanzas)


def open_header(data: bytes, identity: AnyIdentity) -> tuple[bytes, int]:
    """The file key and the header's length in bytes, from the file's first bytes (all of the header, and any more).

    Raises NotARecipient if no stanza is for `identity`, SealBroken for a malformed or forged header, Truncated if `data`
    end within it.
    """
    header = parse_header(data)
    # Every stanza is looked at, also behind one that opens: the standard refuses a header with any malformed one.
    keys = [key for stanza in header.stanzas if (key := identity.unwrap(stanza)) is not None]
    if not keys:
        raise NotARecipient
    header.check_mac(keys[0])
    return keys[0], header.length


def open_own_header(data: bytes, identity: AnyIdentity) -> tuple[bytes, int]:
    """As `open_header`, for files that this software made itself and opens by the thousand: what stands behind the stanza that
    opens is not tried. A bit of it that is not as it was sealed breaks the MAC all the same."""
    header = parse_header(data)
    key = next((key for stanza in header.stanzas if (key := identity.unwrap(stanza)) is not None), None)
    if key is None:
        raise NotARecipient
    header.check_mac(key)
    return key, header.length
