"""The header: one way to write it, nothing else is read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.errors import NotARecipient, SealBroken, Truncated
from capture.seal.header import HEADER_LIMIT, Stanza, decode_base64, parse_header, read_header, write_header
from capture.seal.keys import Identity
from capture.seal.stream import make_header, new_file_key, open_header

KEY = bytes(16)
VERSION = b"age-encryption.org/v1\n"
MAC_LINE = b"--- " + b"A" * 43 + b"\n"

words = st.text(alphabet=[chr(code) for code in range(33, 127)], min_size=1, max_size=20)
stanzas = st.builds(
    lambda kind, rest, body: Stanza((kind, *rest), body),
    words.filter(lambda kind: kind != "scrypt"),
    st.lists(words, max_size=4),
    st.binary(max_size=200),
)


@given(st.lists(stanzas, min_size=1, max_size=5), st.binary(max_size=40))
def test_header_gives_back_what_was_written_and_leaves_the_payload_alone(written: list[Stanza], payload: bytes) -> None:
    data = write_header(KEY, written)
    header = parse_header(data + payload)
    assert header.stanzas == tuple(written)
    assert header.length == len(data)
    header.check_mac(KEY)


@given(st.lists(stanzas, min_size=1, max_size=3), st.data())
def test_header_cut_anywhere_is_truncated(written: list[Stanza], data: st.DataObject) -> None:
    whole = write_header(KEY, written)
    with pytest.raises(Truncated):
        parse_header(whole[: data.draw(st.integers(0, len(whole) - 1))])


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(b"age-encryption.org/v2\n-> a\n\n" + MAC_LINE, id="another version"),
        pytest.param(b"age-encryption.org/v1\r\n-> a\r\n\r\n" + MAC_LINE, id="carriage returns"),
        pytest.param(VERSION + MAC_LINE, id="no stanza"),
        pytest.param(VERSION + b"->\n\n" + MAC_LINE, id="no argument"),
        pytest.param(VERSION + b"-> \n\n" + MAC_LINE, id="empty argument"),
        pytest.param(VERSION + b"->  a\n\n" + MAC_LINE, id="two spaces before the kind"),
        pytest.param(VERSION + b"-> a  b\n\n" + MAC_LINE, id="two spaces between arguments"),
        pytest.param(VERSION + b"-> a \n\n" + MAC_LINE, id="trailing space"),
        pytest.param(VERSION + b"-> a\tb\n\n" + MAC_LINE, id="tab"),
        pytest.param(VERSION + "-> \u00e9\n\n".encode() + MAC_LINE, id="not ASCII"),
        pytest.param(VERSION + b"-> a\x7f\n\n" + MAC_LINE, id="control character"),
        pytest.param(VERSION + b"- > a\n\n" + MAC_LINE, id="bad start"),
        pytest.param(VERSION + b"-> a\n" + MAC_LINE, id="no body"),
        pytest.param(VERSION + b"-> a\n" + b"A" * 64 + b"\n" + MAC_LINE, id="full body without its empty line"),
        pytest.param(VERSION + b"-> a\n" + b"A" * 68 + b"\n\n" + MAC_LINE, id="line of 68 columns"),
        pytest.param(VERSION + b"-> a\nAAAA\nAAAA\n" + MAC_LINE, id="two short lines"),
        pytest.param(VERSION + b"-> a\nAA==\n" + MAC_LINE, id="padded body"),
        pytest.param(VERSION + b"-> a\nAB\n" + MAC_LINE, id="body not canonical"),
        pytest.param(VERSION + b"-> a\nAAAAA\n" + MAC_LINE, id="body of a length that base64 never has"),
        pytest.param(VERSION + b"-> a\nAA_-\n" + MAC_LINE, id="alphabet of addresses"),
        pytest.param(VERSION + b"-> a\nAA A\n" + MAC_LINE, id="space in the body"),
        pytest.param(VERSION + b"-> a\n\n---" + b"A" * 43 + b"\n", id="MAC without a space"),
        pytest.param(VERSION + b"-> a\n\n--- \n", id="no MAC"),
        pytest.param(VERSION + b"-> a\n\n--- " + b"A" * 42 + b"\n", id="MAC too short"),
        pytest.param(VERSION + b"-> a\n\n--- " + b"A" * 44 + b"\n", id="MAC too long"),
        pytest.param(VERSION + b"-> a\n\n--- " + b"A" * 42 + b"B\n", id="MAC not canonical"),
        pytest.param(VERSION + b"-> a\n\n---  " + b"A" * 43 + b"\n", id="two spaces before the MAC"),
        pytest.param(VERSION + b"-> a\n\n--- " + b"A" * 43 + b" \n", id="space after the MAC"),
        pytest.param(VERSION + b"-> scrypt a 1\n\n-> a\n\n" + MAC_LINE, id="a passphrase beside another"),
        pytest.param(VERSION + b"-> scrypt a 1\n\n-> scrypt a 1\n\n" + MAC_LINE, id="two passphrases"),
        pytest.param(b"\xff\xd8\xff\xe0 a picture", id="a foreign file"),
        pytest.param(VERSION + b"-> " + b"a" * HEADER_LIMIT, id="endless line"),
    ],
)
def test_header_written_in_any_other_way_is_broken(header: bytes) -> None:
    with pytest.raises(SealBroken):
        parse_header(header)


@pytest.mark.parametrize(
    ("file_key", "stanzas"),
    [
        pytest.param(KEY, [], id="no stanza"),
        pytest.param(KEY, [Stanza((), b"")], id="no argument"),
        pytest.param(KEY, [Stanza(("a", ""), b"")], id="empty argument"),
        pytest.param(KEY, [Stanza(("a b",), b"")], id="space in an argument"),
        pytest.param(KEY, [Stanza(("a\n",), b"")], id="line feed in an argument"),
        pytest.param(KEY, [Stanza(("\u00e9",), b"")], id="not ASCII"),
        pytest.param(KEY, [Stanza(("a\x7f",), b"")], id="control character"),
        pytest.param(KEY, [Stanza(("scrypt", "a", "1"), b""), Stanza(("a",), b"")], id="a passphrase beside another"),
        pytest.param(KEY, [Stanza(("scrypt", "a", "1"), b"")] * 2, id="two passphrases"),
        pytest.param(KEY, [Stanza(("a",), b"")] * 20_000, id="more stanzas than are read"),
        pytest.param(KEY, [Stanza(("a",), bytes(HEADER_LIMIT))], id="body longer than is read"),
        pytest.param(bytes(15), [Stanza(("a",), b"")], id="short file key"),
        pytest.param(bytes(32), [Stanza(("a",), b"")], id="long file key"),
    ],
)
def test_header_that_no_reader_would_take_is_never_written(file_key: bytes, stanzas: list[Stanza]) -> None:
    with pytest.raises(ValueError, match=r"file key|stanza|passphrase|recipients"):
        write_header(file_key, stanzas)


def test_seal_to_as_many_recipients_as_can_be_read_and_no_more() -> None:
    recipients = [Identity.generate().recipient] * 600
    assert len(parse_header(make_header(KEY, recipients)).stanzas) == 600
    with pytest.raises(ValueError, match="too many recipients"):
        make_header(KEY, recipients * 2)


@given(st.binary(max_size=60).filter(lambda data: len(data) % 3 != 0))
def test_base64_has_one_writing_for_each_value(data: bytes) -> None:
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    written = write_header(KEY, [Stanza(("a",), data)]).split(b"\n")
    text = b"".join(written[2:-2])
    accepted = []
    for other in alphabet:
        try:
            accepted.append(decode_base64(text[:-1] + bytes([other])))
        except SealBroken:
            continue
    assert data in accepted
    assert len(accepted) == len(set(accepted)) == (4 if len(data) % 3 == 1 else 16)


def test_no_byte_of_the_header_can_be_changed_unseen() -> None:
    identity = Identity.generate()
    header = make_header(new_file_key(), [identity.recipient, Identity.generate().recipient])
    for place in range(len(header)):
        changed = header[:place] + bytes([header[place] ^ 1]) + header[place + 1 :]
        with pytest.raises((SealBroken, NotARecipient, Truncated)):
            open_header(changed, identity)


def test_stanza_added_by_somebody_without_the_file_key_is_broken() -> None:
    identity = Identity.generate()
    header = make_header(new_file_key(), [identity.recipient])
    with pytest.raises(SealBroken):
        open_header(header.replace(b"---", b"-> grease a\n\n---", 1), identity)


def test_every_recipient_gets_the_same_file_key() -> None:
    identities = [Identity.generate() for _ in range(3)]
    file_key = new_file_key()
    header = make_header(file_key, [identity.recipient for identity in identities])
    assert {open_header(header + b"payload", identity) for identity in identities} == {(file_key, len(header))}


@pytest.mark.promise("P7")
def test_another_identity_is_no_recipient() -> None:
    header = make_header(new_file_key(), [Identity.generate().recipient])
    with pytest.raises(NotARecipient):
        open_header(header, Identity.generate())


@pytest.mark.promise("P7")
def test_header_does_not_show_whose_it_is() -> None:
    identity = Identity.generate()
    header = make_header(new_file_key(), [identity.recipient])
    assert identity.recipient.encode().encode() not in header
    assert identity.recipient.public not in b"".join(stanza.body for stanza in parse_header(header).stanzas)
    assert make_header(bytes(16), [identity.recipient]) != make_header(bytes(16), [identity.recipient])


def test_seal_without_recipients_is_refused() -> None:
    with pytest.raises(ValueError, match="without recipients"):
        make_header(new_file_key(), [])


def test_header_is_read_from_a_file_without_moving_its_descriptor(tmp_path: Path) -> None:
    header = make_header(new_file_key(), [Identity.generate().recipient])
    path = tmp_path / "sealed.age"
    path.write_bytes(header + secrets.token_bytes(200_000))
    fd = os.open(path, os.O_RDONLY)
    try:
        os.lseek(fd, 5, os.SEEK_SET)
        assert read_header(fd) == header
        assert os.lseek(fd, 0, os.SEEK_CUR) == 5
    finally:
        os.close(fd)
