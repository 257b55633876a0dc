"""Identities at a workstation: read from an age identity file or a copied keyring, made for a new file. Never used on the box.

An identity file is text: one `AGE-SECRET-KEY-1…` or `AGE-SECRET-KEY-PQ-1…` a line, empty lines, and comments that begin with
`#`. Source: age(1).
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from capture.errors import BadRequest, NotARecipient, SignInRefused
from capture.keyring import normalise
from capture.model import Fact
from capture.seal.keys import AnyIdentity, Identity, parse_identity
from capture.seal.small import unseal_with_passphrase

FILE_LIMIT = 1 << 20
"""Longest identity file or keyring that is read, in bytes: both are under 2 KB."""


class _KeyringContents(Fact, frozen=True, forbid_unknown_fields=False):
    """Of all that a keyring holds, the part that opens recordings."""

    identity: str


_KEYRING = msgspec.json.Decoder(_KeyringContents)


def identities_in(text: str) -> tuple[AnyIdentity, ...]:
    """The identities of an identity file, of any kind. Raises BadRequest, naming the line and never what stands in it."""
    found: list[AnyIdentity] = []
    for number, line in enumerate(map(str.strip, text.splitlines()), start=1):
        if not line or line.startswith("#"):
            continue
        try:
            found.append(parse_identity(line))
        except BadRequest as error:
            raise BadRequest(f"line {number} of the identity file is not an age identity") from error
    if not found:
        raise BadRequest("the identity file holds no identity")
    return tuple(found)


def identity_in_keyring(sealed: bytes, passphrase: str) -> Identity:
    """The identity of a keyring's file. Raises SignInRefused for a wrong passphrase, SealBroken or Truncated if damaged."""
    try:
        plain = unseal_with_passphrase(sealed, normalise(passphrase))
    except NotARecipient:
        raise SignInRefused from None
    try:
        return Identity.parse(_KEYRING.decode(plain).identity)
    except (msgspec.DecodeError, BadRequest):
        raise BadRequest("that file is sealed by a passphrase, but it is no keyring") from None  # a cause might quote the secret


def identity_file(identity: Identity, created: datetime) -> str:
    """The text of a new identity file, as `age-keygen` writes it."""
    moment = created.isoformat(timespec="seconds")
    return f"# created: {moment}\n# public key: {identity.recipient.encode()}\n{identity.encode()}\n"
