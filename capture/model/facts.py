"""The base of all facts, and time with its confidence. Says nothing of families or films."""

from __future__ import annotations

from enum import Enum

import msgspec

_SECRETS = frozenset({"file_key", "identity", "passphrase", "session", "setup_code", "signing_key"})
"""Fields that no repr shows, whichever struct has one of that name."""


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all facts: immutable, parsed strictly, and silent about what is secret in them."""

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name not in _SECRETS]

    def __repr__(self) -> str:
        """Without any secret: a repr ends up in logs and in the words of exceptions."""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"


class Confidence(Enum):
    """How far the wall time can be trusted: a battery-backed clock, the practitioner's browser, or not at all."""

    RTC = "rtc"
    BROWSER = "browser"
    NONE = "none"


class WallTime(Fact, frozen=True, kw_only=True):
    """A claim of wall time with its confidence."""

    ms: int
    confidence: Confidence
