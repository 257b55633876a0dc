"""What every kind of age key can do, and the front door to the kinds. Holds no key and knows no cipher.

`Recipient` and `Identity` are the X25519 ones: the only kind that a box's settings take. Whoever opens what others sealed
takes any kind.
"""

from __future__ import annotations

from typing import Protocol

from capture.seal import hybrid
from capture.seal.header import Stanza
from capture.seal.x25519 import Identity, Recipient

__all__ = ["AnyIdentity", "AnyRecipient", "Identity", "Recipient", "parse_identity"]


class AnyRecipient(Protocol):
    """Something that a file can be sealed to: a public key, or a passphrase."""

    def wrap(self, file_key: bytes) -> Stanza:
        """A new stanza from which the matching identity, and nobody else, gets `file_key` (16 bytes) back."""


class AnyIdentity(Protocol):
    """Something that opens what was sealed to it: a secret key, or a passphrase."""

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key, or None if the stanza is of another kind or for somebody else. Raises SealBroken if malformed."""


def parse_identity(text: str) -> AnyIdentity:
    """Read `AGE-SECRET-KEY-1…` or `AGE-SECRET-KEY-PQ-1…`. Raises BadRequest, which never repeats the text."""
    return hybrid.Identity.parse(text) if text.startswith(hybrid.IDENTITY_PREFIX) else Identity.parse(text)
