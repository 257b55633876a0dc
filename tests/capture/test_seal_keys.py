"""Identities and recipients: read and written as the age tools do, and never shown by accident."""

from __future__ import annotations

import re
import subprocess

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.errors import BadRequest
from capture.seal import bech32
from capture.seal.keys import Identity, Recipient

LOW_ORDER_POINTS = (
    "00" * 32,
    "01" + "00" * 31,
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
)


@given(st.binary(max_size=80), st.sampled_from(["age", "AGE-SECRET-KEY-"]))
def test_bech32_gives_back_what_was_written(data: bytes, prefix: str) -> None:
    assert bech32.decode(bech32.encode(prefix, data)) == (prefix, data)


@given(st.integers(min_value=0), st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l"))
def test_bech32_finds_every_single_wrong_character(place: int, wrong: str) -> None:
    text = bech32.encode("age", bytes(range(32)))
    place = 4 + place % (len(text) - 4)
    if text[place] != wrong:
        with pytest.raises(bech32.Bech32Error):
            bech32.decode(text[:place] + wrong + text[place + 1 :])


def test_bech32_with_bits_in_its_padding_is_refused() -> None:
    with pytest.raises(bech32.Bech32Error, match="padding"):
        bech32.decode("age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc03q6rzrf")


def test_identity_of_the_specification_has_its_recipient() -> None:
    """The example of C2SP age.md."""
    identity = Identity.parse("AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX")
    assert identity.recipient.encode() == "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"


def test_identity_is_read_as_the_age_tool_reads_it() -> None:
    made = subprocess.run(["/usr/bin/age-keygen"], capture_output=True, text=True, check=True, timeout=20).stdout
    secret = made.splitlines()[-1]
    public = re.search(r"public key: (age1\S+)", made)
    assert public is not None
    assert Identity.parse(secret).recipient.encode() == public[1]
    assert Identity.parse(secret).encode() == secret


def test_identity_is_written_so_that_others_read_it() -> None:
    identity = Identity.generate()
    assert str(pyrage.x25519.Identity.from_str(identity.encode()).to_public()) == identity.recipient.encode()


def test_recipient_survives_writing_and_reading() -> None:
    recipient = Identity.generate().recipient
    assert Recipient.parse(recipient.encode()) == recipient


@pytest.mark.promise("P7")
def test_identity_never_shows_its_secret_in_repr_or_str() -> None:
    identity = Identity.generate()
    secret = identity.encode()
    shown = f"{identity!r} {identity!s} {[identity]}"
    assert secret not in shown
    assert "AGE-SECRET" not in shown.upper()


@pytest.mark.parametrize("damage", ["cut", "mixed_case", "lower_case", "recipient", "padding", "empty", "space"])
def test_damaged_identity_is_refused_without_repeating_it(damage: str) -> None:
    secret = Identity.generate().encode()
    text = {
        "cut": secret[:-1],
        "mixed_case": secret[:-1] + secret[-1].lower() if secret[-1].isalpha() else secret.replace("AGE", "age"),
        "lower_case": secret.lower(),
        "recipient": Identity.generate().recipient.encode(),
        "padding": bech32.encode("AGE-SECRET-KEY-", bytes(31)),
        "empty": "",
        "space": secret + " ",
    }[damage]
    with pytest.raises(BadRequest) as refusal:
        Identity.parse(text)
    assert text == "" or text not in str(refusal.value)


@pytest.mark.parametrize("text", ["age1", "age1qqqq", "AGE1QQQQ", "ssh-ed25519 AAAA", "age1pq1qqqq", "x" * 10_000, "ag\u00e91q"])
def test_what_is_no_recipient_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        Recipient.parse(text)


@pytest.mark.parametrize("point", LOW_ORDER_POINTS)
def test_recipient_to_which_nothing_can_be_sealed_is_refused_at_the_door(point: str) -> None:
    with pytest.raises(BadRequest):
        Recipient.parse(bech32.encode("age", bytes.fromhex(point)))


def test_fingerprint_is_sixteen_hex_digits_in_four_groups() -> None:
    recipient = Identity.generate().recipient
    assert re.fullmatch(r"[0-9a-f]{4}(-[0-9a-f]{4}){3}", recipient.fingerprint)
    assert recipient.fingerprint == Recipient.parse(recipient.encode()).fingerprint
    assert recipient.fingerprint != Identity.generate().recipient.fingerprint
