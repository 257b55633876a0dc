"""A box that goes on while it is verified: what seems not to hold is looked at again, and only what stays so is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from audit_box import AuditBox
from forged_log import rechained

from capture.audit.chain import Signatures
from capture.audit.line import CONTEXT
from capture.audit.memories import Memories
from capture.audit.verify import AuditReport, Verdict, verify_log

pytestmark = pytest.mark.promise("P10")

FOREIGN = "rec-2222222222222222.mp4.age"


class _Living(type(Path())):  # type: ignore[misc]  # Python 3.11 has no other way
    """A vault in which something happens each time that it is listed, just before or just behind it."""

    before: Callable[[], None]
    behind: Callable[[], None]

    def iterdir(self) -> Iterator[Path]:
        self.before()
        found = list(super().iterdir())
        self.behind()
        return iter(found)


class Live:
    """A box with one film, and how often it was looked at."""

    def __init__(self, folder: Path) -> None:
        self.box, self.looks = AuditBox(folder), 0
        self.box.film()
        self.vault = _Living(self.box.vault_folder)
        self.vault.before = self.vault.behind = lambda: None

    def verify(self, signatures: Signatures = Signatures.ENDS) -> AuditReport:
        def recall() -> Memories:
            self.looks += 1
            return Memories()

        key = self.box.key.public_hex
        return verify_log(self.box.path, self.vault, known_key=key, signatures=signatures, recall=recall)

    def put_in(self) -> None:
        """A film that this box never made."""
        (self.box.vault_folder / FOREIGN).write_bytes(b"age-encryption.org/v1\n" + bytes(200_000))


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    made = Live(tmp_path)
    yield made
    made.box.log.close()


def _once(act: Callable[[], object]) -> Callable[[], None]:
    left = [act]

    def do() -> None:
        if left:
            left.pop()()

    return do


def test_box_at_rest_is_looked_at_once_be_it_good_or_damaged(live: Live) -> None:
    assert live.verify().verdict is Verdict.GOOD
    assert live.looks == 1
    live.put_in()
    assert live.verify().verdict is Verdict.DAMAGED
    assert live.looks == 2


def test_film_that_is_sealed_behind_the_reading_of_the_log_is_no_damage(live: Live) -> None:
    live.vault.before = _once(live.box.film)
    report = live.verify()
    assert (report.verdict, report.findings, report.recordings) == (Verdict.GOOD, (), 2)
    assert live.looks == 2


def test_damage_seen_while_the_log_alone_grew_is_looked_at_again(live: Live) -> None:
    live.put_in()
    live.vault.behind = _once(lambda: live.box.write(1))
    assert live.verify().verdict is Verdict.DAMAGED
    assert live.looks == 2


def test_damage_seen_while_the_vault_alone_changed_is_looked_at_again(live: Live) -> None:
    [film] = live.box.vault_folder.glob("*.mp4.age")
    away = film.with_suffix(".away")

    def to_and_fro() -> None:
        if film.exists():
            film.rename(away)
        else:
            away.rename(film)

    live.vault.before = to_and_fro
    assert live.verify().verdict is Verdict.GOOD
    assert live.looks == 2


def test_box_that_never_comes_to_rest_is_told_of_as_it_was_last_seen(live: Live) -> None:
    live.put_in()
    live.vault.behind = lambda: live.box.write(1)
    assert live.verify().verdict is Verdict.DAMAGED
    assert live.looks == 5


def _vanish() -> None:
    raise FileNotFoundError


def test_file_that_was_renamed_between_two_looks_at_it_is_looked_for_again(live: Live) -> None:
    def renamed() -> None:
        live.box.write(1)
        _vanish()

    live.vault.before = _once(renamed)
    assert live.verify().verdict is Verdict.GOOD
    assert live.looks == 2


@pytest.mark.parametrize(("goes_on", "looks"), [(False, 1), (True, 5)], ids=["at rest", "going on"])
def test_file_that_stays_away_is_an_error(live: Live, goes_on: bool, looks: int) -> None:
    def vanish() -> None:
        if goes_on:
            live.box.write(1)
        _vanish()

    live.vault.before = vanish
    with pytest.raises(FileNotFoundError):
        live.verify()
    assert live.looks == looks


def test_every_signature_is_checked_where_that_is_asked_for(live: Live) -> None:
    """Whoever holds the box's key signs the last line, and with it all above, a line that was never signed too."""
    live.box.write(3)
    live.box.log.close()
    lines = live.box.path.read_bytes().splitlines(keepends=True)
    unsigned = lines[-2][:-131] + b"00" * 64 + lines[-2][-3:]
    sign = live.box.key.sign
    live.box.path.write_bytes(
        b"".join(rechained([*lines[:-2], unsigned, lines[-1]], len(lines) - 1, lambda it: sign(CONTEXT, it)))
    )
    assert live.verify().bad_line is None
    found = live.verify(Signatures.EVERY).bad_line
    assert found is not None
    assert found.number == len(lines) - 1
