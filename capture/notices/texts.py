"""Consent texts from `capture/notices/*.toml`, with the hash of the exact words. Never translates, never changes a text.

A text carries who verified it and when; one that nobody verified may be shown, but forces "interpreter used". A changed word is
a new version in a new file: the old one stays, for what was consented to must be readable for as long as the consent counts.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent


class Notice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One language's text. `paragraphs` are shown in order, exactly as written."""

    language: str
    language_name: str
    direction: str = "ltr"
    version: str
    verified_by: str = ""
    verified_on: str = ""
    title: str
    paragraphs: tuple[str, ...]

    @property
    def is_verified(self) -> bool:
        return bool(self.verified_by and self.verified_on)

    @property
    def text(self) -> str:
        """What was shown, no more: the title and the paragraphs joined by one empty line each."""
        return "\n\n".join((self.title, *self.paragraphs))

    @property
    def text_hash(self) -> str:
        """SHA-256, hex, of `text` in UTF-8."""
        return hashlib.sha256(self.text.encode()).hexdigest()


# Worked out here, by one thread: two that come to it first, and at once, bring the interpreter down.
msgspec.json.Decoder(Notice)


class Notices:
    """All texts that this software knows. Raises ValueError for two of one language and version."""

    def __init__(self, texts: Iterable[Notice]) -> None:
        self._texts: dict[tuple[str, str], Notice] = {}
        for text in sorted(texts, key=lambda one: (one.language, one.version)):
            if (text.language, text.version) in self._texts:
                raise ValueError(f"two texts {text.language} {text.version}")
            self._texts[text.language, text.version] = text

    @property
    def all(self) -> dict[str, Notice]:
        """Every text, however old, by the hash of its words."""
        return {text.text_hash: text for text in self._texts.values()}

    @property
    def current(self) -> dict[str, Notice]:
        """The newest version by language: versions are spelled so that they sort."""
        return {text.language: text for text in self._texts.values()}

    def find(self, language: str, version: str) -> Notice | None:
        """The text of that language and version, however old."""
        return self._texts.get((language, version))

    def by_hash(self, text_hash: str) -> Notice | None:
        """The text of which these are the exact words."""
        return next((text for text in self._texts.values() if text.text_hash == text_hash), None)


def load_notices(folder: Path = FOLDER) -> Notices:
    """Every text of the folder. Raises msgspec.ValidationError, tomllib.TOMLDecodeError, ValueError: a defect of ours."""
    return Notices(msgspec.convert(tomllib.loads(path.read_text("utf-8")), Notice) for path in sorted(folder.glob("*.toml")))
