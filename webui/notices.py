"""The texts that a person reads before consenting, from `notices/*.toml`, with the hash of the exact words. Never translates.

A text carries who verified it and when; one that nobody verified may be shown, but forces "interpreter used".
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent / "notices"


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
    def text_hash(self) -> str:
        """SHA-256, hex, of the title and the paragraphs joined by one empty line each, in UTF-8: what was shown, no more."""
        return hashlib.sha256("\n\n".join((self.title, *self.paragraphs)).encode()).hexdigest()


def load_notices(folder: Path = FOLDER) -> dict[str, Notice]:
    """Every notice by its language code. Raises msgspec.ValidationError, tomllib.TOMLDecodeError: a defect of ours."""
    found = (msgspec.convert(tomllib.loads(path.read_text("utf-8")), Notice) for path in sorted(folder.glob("*.toml")))
    return {notice.language: notice for notice in found}
