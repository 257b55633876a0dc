"""A challenge to whoever claims an identity: sealed to its recipient, answered by what it says. Keeps nothing on disk."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

from capture.ids import ALPHABET
from capture.seal.keys import Recipient
from capture.seal.small import seal_bytes

_LENGTH = 20
"""Characters of the codes' alphabet: 98 bits."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """`sealed` is a binary age file."""

    recipient: Recipient
    sealed: bytes
    _said: str = field(repr=False)

    @classmethod
    def to(cls, recipient: Recipient) -> Challenge:
        said = "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))
        return cls(recipient, seal_bytes(said.encode("ascii"), [recipient]), said)

    def is_answered_by(self, answer: str) -> bool:
        """Capitals and blanks around it do not matter."""
        return hmac.compare_digest(answer.strip().lower().encode("utf-8", "replace"), self._said.encode("ascii"))
