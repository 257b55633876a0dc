"""The texts that people consent to: each known by its exact words, for as long as a consent may rest on it."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import msgspec
import pytest
from known_notices import UNVERIFIED, VERIFIED

from capture.messages import RecordConsent
from capture.notices.texts import FOLDER, Notice, Notices, load_notices

pytestmark = pytest.mark.promise("P3")

OLD = msgspec.structs.replace(VERIFIED, version="2026-01", paragraphs=("Older words.",))
NEW = msgspec.structs.replace(VERIFIED, version="2026-11")


def write(folder: Path, name: str, **changes: object) -> None:
    fields: dict[str, object] = {
        "language": "en",
        "language_name": "English",
        "version": "2026-01",
        "title": "About filming",
        "paragraphs": ["You decide."],
    }
    lines = (f"{key} = {msgspec.json.encode(value).decode()}\n" for key, value in (fields | changes).items())
    (folder / name).write_text("".join(lines), "utf-8")


def test_an_old_version_stays_to_be_found_and_the_newest_is_the_one_shown() -> None:
    notices = Notices((NEW, OLD, UNVERIFIED))
    assert notices.find("en", "2026-01") is OLD
    assert notices.find("en", "2026-11") is NEW
    assert notices.current == {"en": NEW, "xx": UNVERIFIED}
    assert notices.by_hash(OLD.text_hash) is OLD


def test_what_is_not_known_is_not_found() -> None:
    notices = Notices((NEW, OLD))
    assert notices.find("en", "2026-12") is None
    assert notices.find("xx", "2026-11") is None
    assert notices.by_hash("0" * 64) is None


def test_two_texts_of_one_language_and_version_are_refused_though_their_words_are_the_same() -> None:
    for second in (OLD, msgspec.structs.replace(OLD, paragraphs=("Other words.",))):
        with pytest.raises(ValueError, match="two texts en 2026-01"):
            Notices((NEW, OLD, second))


def test_the_hash_is_that_of_the_title_and_the_paragraphs_as_they_are_shown() -> None:
    shown = "About filming\n\nYou decide.\n\nYou can stop it."
    assert VERIFIED.text_hash == hashlib.sha256(shown.encode()).hexdigest()
    for changes in ({"title": "About Filming"}, {"paragraphs": ("You decide. ", "You can stop it.")}, {"paragraphs": ()}):
        assert msgspec.structs.replace(VERIFIED, **changes).text_hash != VERIFIED.text_hash


def test_a_text_is_verified_only_by_somebody_on_a_day() -> None:
    assert VERIFIED.is_verified
    for changes in ({"verified_by": ""}, {"verified_on": ""}):
        assert not msgspec.structs.replace(VERIFIED, **changes).is_verified


def test_texts_are_read_from_their_folder(tmp_path: Path) -> None:
    write(tmp_path, "en-2026-01.toml")
    write(tmp_path, "en-2026-11.toml", version="2026-11", paragraphs=["You decide. Always."])
    notices = load_notices(tmp_path)
    assert notices.current["en"].paragraphs == ("You decide. Always.",)
    assert notices.find("en", "2026-01") is not None


@pytest.mark.parametrize("changes", [{"version": "2026-01"}, {"version": "2026-02", "translated_by": "a machine"}])
def test_a_second_file_of_one_version_and_a_word_that_no_text_has_start_no_daemon(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    write(tmp_path, "en-2026-01.toml")
    write(tmp_path, "en-again.toml", **changes)
    with pytest.raises(ValueError):  # noqa: PT011 - msgspec's and our own
        load_notices(tmp_path)


def test_every_text_of_ours_is_named_after_what_it_is() -> None:
    paths = sorted(FOLDER.glob("*.toml"))
    texts = [msgspec.convert(tomllib.loads(path.read_text("utf-8")), Notice) for path in paths]
    assert [path.stem for path in paths] == [f"{text.language}-{text.version}" for text in texts]
    assert "en" in load_notices().current


def test_every_text_of_ours_can_be_named_in_a_message() -> None:
    """The door of the socket bounds how a version and a language are spelled."""
    kinds = {field.name: field.type for field in msgspec.structs.fields(RecordConsent)}
    for text in (*load_notices().current.values(), VERIFIED, UNVERIFIED):
        msgspec.convert(text.version, kinds["notice_version"])
        msgspec.convert(text.language, kinds["notice_language"])
