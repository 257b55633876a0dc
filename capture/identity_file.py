"""Identities at a workstation: read from an age identity file or a copied keyring, made for a new file. Never used on the box.

An identity file is text: one `AGE-SECRET-KEY-1…` or `AGE-SECRET-KEY-PQ-1…` a line, empty lines, and comments that begin with
`#`. It may be sealed by a passphrase, as `age -p` does it, armored or not. Source: age(1).
"""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import msgspec

from capture.errors import BadRequest, NotARecipient, SignInRefused
from capture.keyring import normalise
from capture.model import Fact
from capture.seal.armor import START_BYTES, is_armored, read_armor
from capture.seal.header import LONE_KIND, VERSION_LINE, parse_header
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


def is_sealed_by_passphrase(data: bytes) -> bool:
    """Whether an identity file has to be opened by a passphrase before it can be read. Raises SealBroken, Truncated."""
    binary = _unarmored(data)
    return binary.startswith(VERSION_LINE) and parse_header(binary).stanzas[0].kind == LONE_KIND


def identities_sealed_in(data: bytes, passphrase: str) -> tuple[AnyIdentity, ...]:
    """Those of an identity file that is sealed by a passphrase. Raises SignInRefused for a wrong one, SealBroken or Truncated if
    the file is damaged, BadRequest as `identities_in`."""
    try:
        plain = unseal_with_passphrase(_unarmored(data), passphrase)
    except NotARecipient:
        raise SignInRefused from None
    return identities_in(plain.decode("utf-8-sig", "replace"))


def _unarmored(data: bytes) -> bytes:
    return b"".join(read_armor(BytesIO(data))) if is_armored(data[:START_BYTES]) else data


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
