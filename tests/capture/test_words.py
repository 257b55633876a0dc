"""Passphrases and set-up codes: long enough, random, and checked without being kept."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from capture.words import is_setup_code, make_verifier, new_passphrase, new_setup_code


def test_passphrase_is_six_words_of_the_list() -> None:
    listed = set((resources.files("diceware") / "wordlists" / "wordlist_en_eff.txt").read_text("utf-8").split())
    words = new_passphrase().split(" ")
    assert len(words) == 6
    assert set(words) <= listed


def test_passphrases_draw_on_the_whole_list() -> None:
    drawn = {word for _ in range(300) for word in new_passphrase().split(" ")}
    assert len(drawn) > 1_500  # of 1,800 drawn from 7,776 about 1,610 differ; a tenth of the list would give 700
    assert {word[0] for word in drawn} >= set("abcdefghijklmnoprstuvw")


@pytest.mark.promise("P12")
def test_setup_codes_are_long_grouped_and_never_the_same() -> None:
    codes = {new_setup_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(re.fullmatch(r"([2-9a-hj-km-np-tv-z]{4}-){4}[2-9a-hj-km-np-tv-z]{4}", code) for code in codes)


def test_setup_code_is_known_again_however_it_is_typed() -> None:
    code = new_setup_code()
    verifier = make_verifier(code)
    for typed in (code, code.upper(), code.replace("-", ""), code.replace("-", " "), f"  {code}\n"):
        assert is_setup_code(typed, verifier)


@pytest.mark.parametrize("typed", ["", "-", "x" * 20, "ü" * 20, "\ud800"])
def test_other_code_is_refused(typed: str) -> None:
    assert not is_setup_code(typed, make_verifier(new_setup_code()))


def test_verifier_does_not_hold_the_code_and_is_salted() -> None:
    code = new_setup_code()
    assert code.replace("-", "") not in make_verifier(code)
    assert make_verifier(code) != make_verifier(code)


@pytest.mark.parametrize("verifier", ["", "scrypt$12$00$00", "scrypt$1$" + "0" * 32 + "$" + "0" * 64, "anything"])
def test_damaged_verifier_says_no(verifier: str) -> None:
    assert not is_setup_code("", verifier)
