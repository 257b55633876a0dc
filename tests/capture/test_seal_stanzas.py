"""The two kinds of stanza: X25519 and passphrase. Malformed is broken; somebody else's is merely not ours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capture.errors import NotARecipient, SealBroken
from capture.seal import scrypt, x25519
from capture.seal.header import Stanza, encode_base64, write_header
from capture.seal.keys import Identity
from capture.seal.small import seal_bytes, seal_with_passphrase, unseal_bytes, unseal_with_passphrase
from capture.seal.stream import open_header

KEY = bytes(range(16))
LOW_ORDER_SHARES = (
    "00" * 32,
    "01" + "00" * 31,
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
)
QUICK = 4
"""A work factor for tests, of no worth as protection."""


def base64(data: bytes) -> str:
    return encode_base64(data).decode("ascii")


def test_x25519_stanza_opens_for_its_recipient_alone() -> None:
    identity = Identity.generate()
    stanza = identity.recipient.wrap(KEY)
    assert identity.unwrap(stanza) == KEY
    assert Identity.generate().unwrap(stanza) is None


@pytest.mark.parametrize("arguments", [(), ("extra",)], ids=["none", "two"])
def test_x25519_stanza_takes_exactly_one_argument(arguments: tuple[str, ...]) -> None:
    identity = Identity.generate()
    stanza = identity.recipient.wrap(KEY)
    changed = (stanza.kind, stanza.arguments[1], *arguments) if arguments else (stanza.kind,)
    with pytest.raises(SealBroken):
        identity.unwrap(replace(stanza, arguments=changed))


@pytest.mark.parametrize("share", [bytes(31), bytes(33), b""])
def test_x25519_share_of_another_length_is_broken(share: bytes) -> None:
    with pytest.raises(SealBroken):
        Identity.generate().unwrap(Stanza((x25519.KIND, base64(share) or "A"), bytes(32)))


@pytest.mark.parametrize("share", LOW_ORDER_SHARES)
def test_x25519_share_of_low_order_is_broken(share: str) -> None:
    stanza = Stanza((x25519.KIND, base64(bytes.fromhex(share))), bytes(32))
    with pytest.raises(SealBroken):
        Identity.generate().unwrap(stanza)


@pytest.mark.parametrize("size", [15, 17, 32])
def test_x25519_stanza_holds_a_file_key_of_sixteen_bytes_and_no_other(size: int) -> None:
    identity = Identity.generate()
    with pytest.raises(SealBroken):
        identity.unwrap(identity.recipient.wrap(bytes(size)))


def test_stanza_kinds_are_told_apart_by_case() -> None:
    identity = Identity.generate()
    stanza = identity.recipient.wrap(KEY)
    assert identity.unwrap(replace(stanza, arguments=("x25519", stanza.arguments[1]))) is None


def test_stanzas_of_unknown_kinds_are_passed_over() -> None:
    identity = Identity.generate()
    header = write_header(KEY, [Stanza(("grease", "a", "b"), b"?"), identity.recipient.wrap(KEY)])
    assert open_header(header, identity) == (KEY, len(header))


def test_malformed_stanza_breaks_the_seal_even_behind_a_good_one() -> None:
    identity = Identity.generate()
    header = write_header(KEY, [identity.recipient.wrap(KEY), Stanza((x25519.KIND, "AAAA"), bytes(32))])
    with pytest.raises(SealBroken):
        open_header(header, identity)


def test_passphrase_opens_what_it_sealed() -> None:
    sealed = seal_with_passphrase(b"keyring", "six generated words", QUICK)
    assert unseal_with_passphrase(sealed, "six generated words") == b"keyring"


@pytest.mark.promise("P7")
def test_wrong_passphrase_opens_nothing() -> None:
    sealed = seal_with_passphrase(b"keyring", "six generated words", QUICK)
    with pytest.raises(NotARecipient):
        unseal_with_passphrase(sealed, "six generated word")


def test_passphrase_may_hold_any_letters() -> None:
    sealed = seal_with_passphrase(b"keyring", "\u0142\u00f3d\u017a \u0628\u064a\u062a", QUICK)
    assert unseal_with_passphrase(sealed, "\u0142\u00f3d\u017a \u0628\u064a\u062a") == b"keyring"


def test_default_work_factor_is_sixteen() -> None:
    assert scrypt.Recipient("words").wrap(KEY).arguments[2] == "16"


@pytest.mark.parametrize("factor", ["0", "01", "+4", "-4", "0x4", "4 ", "", "4.0", "\u0664", "19", "99", "100", "9" * 400])
def test_work_factor_that_is_miswritten_or_too_high_is_broken_before_any_work(factor: str) -> None:
    stanza = scrypt.Recipient("words", QUICK).wrap(KEY)
    with pytest.raises(SealBroken):
        scrypt.Identity("words").unwrap(replace(stanza, arguments=(*stanza.arguments[:2], factor)))


def test_reader_may_lower_the_work_factor_it_accepts() -> None:
    stanza = scrypt.Recipient("words", QUICK).wrap(KEY)
    assert scrypt.Identity("words", QUICK).unwrap(stanza) == KEY
    with pytest.raises(SealBroken):
        scrypt.Identity("words", QUICK - 1).unwrap(stanza)


@pytest.mark.parametrize("factor", [-1, 0, 19, 64])
def test_work_factor_that_no_reader_takes_is_never_written(factor: int) -> None:
    with pytest.raises(ValueError, match="work factor"):
        scrypt.Recipient("words", factor)


@pytest.mark.promise("P7")
def test_passphrase_is_never_shown_in_a_repr() -> None:
    assert "six" not in f"{scrypt.Recipient('six words')} {scrypt.Identity('six words')!r}"


def test_passphrases_are_not_mixed_with_anything() -> None:
    recipient = Identity.generate().recipient
    for others in ([recipient], [scrypt.Recipient("other", QUICK)]):
        with pytest.raises(ValueError, match=r"several kinds|passphrase"):
            seal_bytes(b"note", [scrypt.Recipient("words", QUICK), *others])


@pytest.mark.parametrize("salt", [b"", bytes(15), bytes(17)])
def test_scrypt_salt_of_another_length_is_broken(salt: bytes) -> None:
    stanza = scrypt.Recipient("words", QUICK).wrap(KEY)
    with pytest.raises(SealBroken):
        scrypt.Identity("words").unwrap(replace(stanza, arguments=(scrypt.KIND, base64(salt), "4")))


@pytest.mark.parametrize("count", [1, 2, 4])
def test_scrypt_stanza_takes_exactly_two_arguments(count: int) -> None:
    stanza = scrypt.Recipient("words", QUICK).wrap(KEY)
    with pytest.raises(SealBroken):
        scrypt.Identity("words").unwrap(replace(stanza, arguments=(*stanza.arguments, "extra")[:count]))


@pytest.mark.parametrize("size", [15, 17, 32])
def test_scrypt_stanza_holds_a_file_key_of_sixteen_bytes_and_no_other(size: int) -> None:
    with pytest.raises(SealBroken):
        scrypt.Identity("words").unwrap(scrypt.Recipient("words", QUICK).wrap(bytes(size)))


def test_file_sealed_to_people_does_not_open_by_passphrase_nor_the_other_way_round() -> None:
    identity = Identity.generate()
    with pytest.raises(NotARecipient):
        unseal_with_passphrase(seal_bytes(b"note", [identity.recipient]), "words")
    with pytest.raises(NotARecipient):
        unseal_bytes(seal_with_passphrase(b"note", "words", QUICK), identity)
