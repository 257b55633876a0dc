"""docs/unseal.py in a stranger's hands: what it needs, whose keys it takes, which headers it reads, what it refuses."""

from __future__ import annotations

import ast
import hashlib
import io
import random
import subprocess
import sys
from pathlib import Path

import cryptography
import pytest
from age_vectors import AgeVector, Outcome, age_vectors
from family_laptop import SECONDS, FamilyLaptop, family_laptop
from unseal_script import SCRIPT, packets, run_script, script

from capture.seal.header import Stanza, write_header
from capture.seal.keys import Identity
from capture.seal.stream import ChunkSealer, new_file_key


@pytest.fixture
def laptop(tmp_path: Path) -> FamilyLaptop:
    return family_laptop(tmp_path)


def test_it_is_one_short_file_that_needs_nothing_but_cryptography() -> None:
    text = SCRIPT.read_text("utf-8")
    assert len(text.splitlines()) <= 150
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module).partition(".")[0])
    assert imported - sys.stdlib_module_names == {"cryptography"}


def test_it_runs_alone_beside_cryptography(laptop: FamilyLaptop, tmp_path: Path) -> None:
    """No site-packages, no environment, not this folder: only what `pip install cryptography` brings."""
    library, alone = tmp_path / "library", tmp_path / "alone"
    library.mkdir()
    alone.mkdir()
    site = Path(cryptography.__file__).parent.parent
    for path in (*site.glob("cryptography"), *site.glob("cffi"), *site.glob("_cffi_backend*")):
        (library / path.name).symlink_to(path)
    (alone / "unseal.py").write_bytes(SCRIPT.read_bytes())
    program = (
        f"import runpy, sys; sys.path.append({str(library)!r}); del sys.argv[0]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    words = [alone / "unseal.py", laptop.recording, laptop.identity_file, laptop.out]
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, *words], stderr=subprocess.PIPE, check=False, timeout=60, env={}
    )
    assert (ended.returncode, ended.stderr[:9]) == (0, b"complete:")
    assert len(packets(laptop.out.read_bytes())) > SECONDS * 30


@pytest.mark.promise("P7")
def test_each_recipient_opens_it_and_nobody_else_does(laptop: FamilyLaptop) -> None:
    laptop.identity_file.write_text(laptop.recovery.encode())
    assert laptop.run().code == 0
    laptop.out.unlink()
    laptop.identity_file.write_text(Identity.generate().encode())
    assert "sealed to others" in laptop.refusal()


def test_identity_file_may_hold_comments_and_several_identities(laptop: FamilyLaptop) -> None:
    lines = ["# created: today", f"# public key: {laptop.identity.recipient.encode()}", Identity.generate().encode(), ""]
    laptop.identity_file.write_text("\r\n".join([*lines, laptop.identity.encode(), ""]))
    assert laptop.run().code == 0


@pytest.mark.parametrize("before", ["\ufeff", "  "], ids=["the mark that Windows sets", "spaces"])
def test_identity_may_stand_behind_what_an_editor_put_there(laptop: FamilyLaptop, before: str) -> None:
    laptop.identity_file.write_text(f"{before}{laptop.identity.encode()}\r\n", "utf-8")
    assert laptop.run().code == 0


def test_identity_with_one_wrong_letter_is_named_as_such(laptop: FamilyLaptop) -> None:
    text = laptop.identity.encode()
    for place in range(len("AGE-SECRET-KEY-1"), len(text)):
        letter = "Q" if text[place] != "Q" else "P"
        laptop.identity_file.write_text(text[:place] + letter + text[place + 1 :])
        words = laptop.refusal()
        assert "mistyped" in words
        assert text[20:40] not in words
    for wrong in (text[:-1], text + "Q", text[:30] + text[31:]):
        laptop.identity_file.write_text(wrong)
        assert "mistyped" in laptop.refusal()


@pytest.mark.parametrize("content", [b"", b"age1qqqq\n", bytes(range(256))], ids=["empty", "a recipient", "binary"])
def test_file_without_an_identity_opens_nothing(laptop: FamilyLaptop, content: bytes) -> None:
    laptop.identity_file.write_bytes(content)
    assert "no identity" in laptop.refusal()


@pytest.mark.parametrize(
    "content", [b"\xff\xd8\xff\xe0 a picture", b"age-encryption.org/v2\n", b"-----BEGIN AGE ENCRYPTED FILE-----"]
)
def test_what_is_no_age_file_is_named_as_such(laptop: FamilyLaptop, content: bytes) -> None:
    laptop.recording.write_bytes(content)
    assert "no age file" in laptop.refusal()


@pytest.mark.parametrize("zeros", [0, 1, 99_999])
def test_file_in_which_nothing_was_ever_written_is_called_empty(laptop: FamilyLaptop, zeros: int) -> None:
    laptop.recording.write_bytes(bytes(zeros))
    assert "empty" in laptop.refusal()


def test_cut_within_the_header_leaves_nothing(laptop: FamilyLaptop) -> None:
    data, length = laptop.recording.read_bytes(), laptop.first_chunk - 16
    for size in range(1, length):
        laptop.recording.write_bytes(data[:size])
        assert "header is cut off" in laptop.refusal()
    for size in range(length, length + 40):
        laptop.recording.write_bytes(data[:size])
        assert "before a single picture" in laptop.refusal()


def test_header_with_any_byte_changed_is_refused(laptop: FamilyLaptop) -> None:
    data = laptop.recording.read_bytes()[: laptop.first_chunk]
    rng = random.Random(5)
    for place in range(laptop.first_chunk - 16):
        laptop.recording.write_bytes(data[:place] + bytes([data[place] ^ rng.randrange(1, 256)]) + data[place + 1 :])
        words = laptop.refusal()
        assert any(
            reason in words for reason in ("header is cut off or damaged", "no age file", "sealed to others, or is damaged")
        )


def test_stanzas_of_unknown_kinds_are_passed_over(laptop: FamilyLaptop) -> None:
    file_key, plain = new_file_key(), laptop.film()
    stanzas = [Stanza(("grease", "~!"), b""), Stanza(("x-other",), bytes(48)), laptop.identity.recipient.wrap(file_key)]
    pieces = [write_header(file_key, [*stanzas, Stanza(("last",), bytes(100))])]
    sealer = ChunkSealer(file_key, lambda data: pieces.append(bytes(data)))
    sealer.write(plain)
    sealer.finish()
    laptop.recording.write_bytes(b"".join(pieces))
    assert laptop.run().code == 0
    assert laptop.out.read_bytes() == plain


def x25519_vectors() -> list[AgeVector]:
    """Those of the age standard that speak of what a recording has: no passphrase, no armor, no post-quantum keys."""
    return [
        vector
        for vector in age_vectors()
        if vector.identities and not vector.is_armored and all(key.startswith("AGE-SECRET-KEY-1") for key in vector.identities)
    ]


def test_age_vectors_end_as_they_must(tmp_path: Path) -> None:
    vectors = x25519_vectors()
    assert len(vectors) > 50
    sealed = tmp_path / "vector.age"
    lenient = {
        "stanza_not_canonical",  # of a kind that it does not know, and under the MAC
        "stream_no_nonce",  # these three: no film, so nothing comes out
        "stream_short_nonce",
        "stream_empty_payload",
    }
    for vector in vectors:
        sealed.write_bytes(vector.file)
        out = io.BytesIO()
        try:
            with sealed.open("rb") as file:
                key = script().file_key_of(file, [script().identity_of(text) for text in vector.identities])
                is_complete = script().unseal(file, key, out)
            found = {Outcome.SUCCESS} if is_complete else {Outcome.PAYLOAD_FAILURE}
        except SystemExit as refusal:
            is_damage = "damaged at byte" in str(refusal)
            found = {Outcome.PAYLOAD_FAILURE} if is_damage else {Outcome.NO_MATCH, Outcome.HMAC_FAILURE, Outcome.HEADER_FAILURE}
        if vector.name not in lenient:
            assert vector.expected in found, vector.name
        if vector.released_hash is not None:
            assert hashlib.sha256(out.getvalue()).hexdigest() == vector.released_hash, vector.name


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_wrong_number_of_words_shows_how_it_is_used(laptop: FamilyLaptop, count: int) -> None:
    ending = run_script(*[laptop.recording, laptop.identity_file, laptop.out, laptop.out][:count])
    assert ending.code == 2
    assert "python unseal.py RECORDING" in ending.words
    assert list(laptop.films.iterdir()) == []


@pytest.mark.parametrize("missing", ["recording", "identity_file"])
def test_file_that_is_not_there_is_named(laptop: FamilyLaptop, missing: str) -> None:
    path: Path = getattr(laptop, missing)
    path.unlink()
    assert path.name in laptop.refusal()
