"""A new header for a sealed file: who opens it afterwards, and what is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pyrage
import pytest
from sealed_files import plaintext
from workstation import AGE

from capture.errors import BadRequest, NotARecipient, SealBroken, Truncated
from capture.seal import hybrid
from capture.seal.header import parse_header
from capture.seal.keys import Identity
from capture.seal.rewrap import rewrap_file, rewrap_header
from capture.seal.small import seal_bytes, seal_with_passphrase, unseal_bytes

OLD, NEW, RECOVERY = Identity.generate(), Identity.generate(), Identity.generate()
FILM = plaintext(200_000)


def sealed(data: bytes = FILM) -> bytes:
    return seal_bytes(data, [OLD.recipient, RECOVERY.recipient])


def passed_on(data: bytes) -> bytes:
    """The whole file behind its new header, for the new practitioner and recovery."""
    header = rewrap_header(data, [RECOVERY], [NEW.recipient, RECOVERY.recipient])
    return header + data[parse_header(data).length :]


@pytest.mark.parametrize("identity", [NEW, RECOVERY])
def test_who_was_named_opens_the_same_film(identity: Identity) -> None:
    assert unseal_bytes(passed_on(sealed()), identity) == FILM


def test_who_opened_it_before_no_longer_does() -> None:
    with pytest.raises(NotARecipient):
        unseal_bytes(passed_on(sealed()), OLD)


def test_other_implementations_agree_on_who_opens_it(tmp_path: Path) -> None:
    data = passed_on(sealed())
    assert pyrage.decrypt(data, [pyrage.x25519.Identity.from_str(NEW.encode())]) == FILM
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(data, [pyrage.x25519.Identity.from_str(OLD.encode())])
    for identity, code in ((NEW, 0), (OLD, 1)):
        (tmp_path / "key").write_text(identity.encode() + "\n")
        ended = subprocess.run([AGE, "-d", "-i", tmp_path / "key"], input=data, capture_output=True, check=False, timeout=20)
        assert ended.returncode == code
        assert ended.stdout == (FILM if code == 0 else b"")


def test_payload_is_not_touched_and_the_header_keeps_its_length() -> None:
    data = sealed()
    length = parse_header(data).length
    assert passed_on(data)[length:] == data[length:]
    assert parse_header(passed_on(data)).length == length


def test_first_identity_that_opens_it_will_do() -> None:
    header = rewrap_header(sealed(), [Identity.generate(), OLD], [NEW.recipient])
    assert len(parse_header(header).stanzas) == 1


def test_stranger_passes_nothing_on() -> None:
    with pytest.raises(NotARecipient):
        rewrap_header(sealed(), [Identity.generate()], [NEW.recipient])


def test_header_that_somebody_changed_is_not_passed_on() -> None:
    data = bytearray(sealed())
    place = data.index(b"-> X25519") + 70
    data[place] = ord("A") if data[place] != ord("A") else ord("B")
    with pytest.raises((SealBroken, NotARecipient)):
        rewrap_header(bytes(data), [OLD], [NEW.recipient])


def test_header_cut_short_is_not_passed_on() -> None:
    with pytest.raises(Truncated):
        rewrap_header(sealed()[:200], [OLD], [NEW.recipient])


def test_what_a_passphrase_opens_is_not_passed_on() -> None:
    with pytest.raises(BadRequest) as refused:
        rewrap_header(seal_with_passphrase(b"words", "six words", 4), [OLD], [NEW.recipient])
    assert refused.value.reasons == ("passphrase_sealed",)


def test_what_is_sealed_post_quantum_does_not_come_out_sealed_to_less() -> None:
    strong = hybrid.Identity.generate()
    with pytest.raises(BadRequest) as refused:
        rewrap_header(seal_bytes(b"film", [strong.recipient]), [strong], [NEW.recipient])
    assert refused.value.reasons == ("post_quantum_sealed",)


def test_torn_file_is_passed_on_as_far_as_it_goes(tmp_path: Path) -> None:
    data = sealed()[:150_000]
    (tmp_path / "torn").write_bytes(data)
    with (tmp_path / "torn").open("rb") as source, (tmp_path / "out").open("wb", buffering=0) as out:
        heard: list[tuple[int, int]] = []
        written = rewrap_file(source.fileno(), out.fileno(), [RECOVERY], [NEW.recipient], lambda *seen: heard.append(seen))
    copied = (tmp_path / "out").read_bytes()
    assert len(copied) == written == heard[-1][0] == heard[-1][1]
    assert copied[parse_header(copied).length :] == data[parse_header(data).length :]
    with pytest.raises(Truncated):
        unseal_bytes(copied, NEW)
