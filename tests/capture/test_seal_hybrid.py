"""Post-quantum keys: read strictly, never shown, and never beside X25519."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.errors import BadRequest, NotARecipient, SealBroken
from capture.seal import bech32, hybrid, x25519
from capture.seal.envelope import make_header, new_file_key
from capture.seal.header import Stanza, decode_base64, encode_base64, parse_header
from capture.seal.keys import Identity, Recipient, parse_identity
from capture.seal.scrypt import Recipient as Passphrase
from capture.seal.small import seal_bytes, unseal_bytes

KEY = bytes(range(16))
LOW_ORDER_POINTS = (
    "00" * 32,
    "01" + "00" * 31,
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
)


def share_of(stanza: Stanza) -> bytes:
    """HPKE's encapsulated key, 1120 bytes."""
    return decode_base64(stanza.arguments[1].encode())


def with_share(stanza: Stanza, share: bytes) -> Stanza:
    return replace(stanza, arguments=(stanza.kind, encode_base64(share).decode()))


@pytest.fixture(scope="module")
def identity() -> hybrid.Identity:
    return hybrid.Identity.generate()


def test_identity_of_the_specification_has_its_recipient() -> None:
    """The example of C2SP age.md. A Bech32 checksum covers all that stands before it."""
    found = hybrid.Identity.parse("AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR")
    text = found.recipient.encode()
    assert text.startswith("age1pq1x34nzsvr0rxjsgdn8zgyhfe8j7ceq5r9rdelkjuh3y235jzxshfg87pzf5")
    assert text.endswith("ykx3qheyty7saeq0d3fzv49zc0k")


def test_keys_survive_writing_and_reading(identity: hybrid.Identity) -> None:
    assert hybrid.Identity.parse(identity.encode()).recipient == identity.recipient
    assert hybrid.Recipient.parse(identity.recipient.encode()) == identity.recipient


def test_file_opens_for_each_recipient_and_nobody_else(identity: hybrid.Identity) -> None:
    other = hybrid.Identity.generate()
    sealed = seal_bytes(b"note", [other.recipient, identity.recipient])
    assert unseal_bytes(sealed, identity) == unseal_bytes(sealed, other) == b"note"
    for stranger in (hybrid.Identity.generate(), Identity.generate()):
        with pytest.raises(NotARecipient):
            unseal_bytes(sealed, stranger)


def test_stanza_does_not_show_whose_it_is(identity: hybrid.Identity) -> None:
    first, second = (identity.recipient.wrap(KEY) for _ in range(2))
    assert first != second
    assert identity.recipient.public[-32:] not in share_of(first) + first.body


@pytest.mark.promise("P7")
def test_identity_never_shows_its_secret_in_repr_or_str(identity: hybrid.Identity) -> None:
    shown = f"{identity!r} {identity!s} {[identity]}"
    assert identity.encode() not in shown
    assert "seed" not in shown


@pytest.mark.parametrize("prefix", ["AGE-SECRET-KEY-", "age1pq", "age-secret-key-pq-"])
def test_identity_with_another_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(BadRequest):
        hybrid.Identity.parse(bech32.encode(prefix, bytes(32)))


@pytest.mark.parametrize("size", [31, 33, 96])
def test_identity_of_another_length_is_refused_without_repeating_it(size: int) -> None:
    text = bech32.encode("AGE-SECRET-KEY-PQ-", bytes(size))
    with pytest.raises(BadRequest) as refusal:
        hybrid.Identity.parse(text)
    assert text not in str(refusal.value)


@pytest.mark.parametrize("size", [32, 1184, 1215, 1217])
def test_recipient_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(BadRequest):
        hybrid.Recipient.parse(bech32.encode("age1pq", bytes(size)))


def test_recipient_that_is_no_key_of_mlkem_is_refused(identity: hybrid.Identity) -> None:
    with pytest.raises(BadRequest):
        hybrid.Recipient.parse(bech32.encode("age1pq", b"\xff" * 1184 + identity.recipient.public[-32:]))


@pytest.mark.parametrize("point", LOW_ORDER_POINTS)
def test_recipient_with_a_point_of_low_order_is_refused(identity: hybrid.Identity, point: str) -> None:
    with pytest.raises(BadRequest):
        hybrid.Recipient.parse(bech32.encode("age1pq", identity.recipient.public[:-32] + bytes.fromhex(point)))


@pytest.mark.parametrize("point", LOW_ORDER_POINTS)
def test_share_with_a_point_of_low_order_is_broken(identity: hybrid.Identity, point: str) -> None:
    stanza = identity.recipient.wrap(KEY)
    with pytest.raises(SealBroken):
        identity.unwrap(with_share(stanza, share_of(stanza)[:1088] + bytes.fromhex(point)))


@pytest.mark.parametrize("size", [0, 32, 1119, 1121])
def test_share_of_another_length_is_broken(identity: hybrid.Identity, size: int) -> None:
    with pytest.raises(SealBroken):
        identity.unwrap(with_share(Stanza((hybrid.KIND, ""), bytes(32)), b"\x07" * size))


@pytest.mark.parametrize("count", [1, 3])
def test_stanza_takes_exactly_one_argument(identity: hybrid.Identity, count: int) -> None:
    stanza = identity.recipient.wrap(KEY)
    with pytest.raises(SealBroken):
        identity.unwrap(replace(stanza, arguments=(*stanza.arguments, "extra")[:count]))


@pytest.mark.parametrize("size", [15, 17, 32])
def test_stanza_holds_a_file_key_of_sixteen_bytes_and_no_other(identity: hybrid.Identity, size: int) -> None:
    with pytest.raises(SealBroken):
        identity.unwrap(identity.recipient.wrap(bytes(size)))


@pytest.mark.parametrize("place", [0, 1087, 1088, 1119])
def test_changed_share_is_for_nobody(identity: hybrid.Identity, place: int) -> None:
    stanza = identity.recipient.wrap(KEY)
    share = bytearray(share_of(stanza))
    share[place] ^= 1
    assert identity.unwrap(with_share(stanza, bytes(share))) is None


def test_kinds_of_recipients_are_never_mixed(identity: hybrid.Identity) -> None:
    for other in (Identity.generate().recipient, Passphrase("six words", 4)):
        with pytest.raises(ValueError, match="several kinds"):
            make_header(new_file_key(), [identity.recipient, other])


def test_stanzas_of_another_kind_beside_it_are_passed_over_when_reading(identity: hybrid.Identity) -> None:
    stanzas = parse_header(make_header(KEY, [identity.recipient])).stanzas
    assert [Identity.generate().unwrap(stanza) for stanza in stanzas] == [None]
    assert identity.unwrap(Identity.generate().recipient.wrap(KEY)) is None


def test_reader_takes_either_kind_of_identity_by_its_prefix(identity: hybrid.Identity) -> None:
    assert isinstance(parse_identity(identity.encode()), hybrid.Identity)
    assert isinstance(parse_identity(Identity.generate().encode()), x25519.Identity)
    with pytest.raises(BadRequest):
        parse_identity("AGE-SECRET-KEY-PQ-1QQQQ")


@given(st.one_of(st.text(), st.text(max_size=70).map("AGE-SECRET-KEY-PQ-1".__add__)))
def test_text_that_is_no_identity_is_refused_and_never_a_defect(text: str) -> None:
    with pytest.raises(BadRequest):
        parse_identity(text)


def test_box_takes_no_post_quantum_key_for_one_of_its_own(identity: hybrid.Identity) -> None:
    with pytest.raises(BadRequest):
        Recipient.parse(identity.recipient.encode())
    with pytest.raises(BadRequest):
        Identity.parse(identity.encode())
