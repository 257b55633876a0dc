"""What consent says, once more and by other means: a small model written from the promises and the domain's rules, for tests that
hold the daemon to it. Imports nothing of the gate, and where it cannot know what the daemon kept, it lets either be right.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from capture.model import ParentalResponsibility, Scope

MS = 1_000_000
DAY_MS = 86_400_000
_AGREES_MS = 50
"""The daemon reads the time a little before or after the test does."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a case, as the test told the daemon."""

    code: str
    case: str
    is_child: bool
    responsibility: ParentalResponsibility

    @property
    def may_speak_for_a_child(self) -> bool:
        """A foster carer, an authority and somebody of whom it is not known may not, nor may a child."""
        holds = self.responsibility in (ParentalResponsibility.HOLDS, ParentalResponsibility.SHARED)
        return holds and not self.is_child


@dataclass(frozen=True, slots=True)
class Word:
    """The last that was said for one person and scope, by the person of the code `giver`. `is_certain` is false where the daemon
    never answered."""

    is_given: bool
    giver: str
    from_ms: int
    until_ms: int
    is_certain: bool = True


@dataclass(frozen=True, slots=True)
class GivenLeave:
    """An arming that the daemon answered for. Times are boot time; `place` is where it stands among armings and withdrawals."""

    arming: str
    case: str
    present: tuple[str, ...]
    armed_ns: int
    end_ns: int
    place: int


@dataclass
class ConsentModel:
    """`offset_ms` is wall time less boot time as somebody set it in this boot; None where nobody did. `people` are those of the
    cases now, `gone` those who were removed."""

    people: dict[str, Person] = field(default_factory=dict)
    gone: dict[str, Person] = field(default_factory=dict)
    words: dict[tuple[str, Scope], Word] = field(default_factory=dict)
    offset_ms: int | None = None
    leave: GivenLeave | None = None
    leaves: dict[str, GivenLeave] = field(default_factory=dict)
    """All that were ever given, by arming."""
    _withdrawn: dict[str, int] = field(default_factory=dict)
    _place: int = 0

    def wall_ms(self, boot_ns: int) -> int | None:
        return None if self.offset_ms is None else boot_ns // MS + self.offset_ms

    def may_give(self, person: Person, giver: Person) -> bool:
        """An adult says it themselves; for a child somebody of the case who holds parental responsibility."""
        if person.case != giver.case:
            return False
        return giver.may_speak_for_a_child if person.is_child else giver.code == person.code

    def say(self, person: Person, scope: Scope, word: Word) -> None:
        self.words[person.code, scope] = word
        if scope is Scope.FILM and not word.is_given:
            self._withdrawn[person.code] = self.next_place()

    def next_place(self) -> int:
        self._place += 1
        return self._place

    def give_leave(self, leave: GivenLeave) -> None:
        self.leave = self.leaves[leave.arming] = leave

    def remove(self, person: Person) -> None:
        self.gone[person.code] = self.people.pop(person.code)

    def permits(self, scope: Scope, case: str, present: tuple[str, ...], boot_ns: int) -> bool:
        """Whether all of them said yes to this, and it still holds then, by a clock that somebody set."""
        wall_ms = self.wall_ms(boot_ns)
        people = self.people
        return (
            wall_ms is not None and bool(present) and all(self._has_yes(people, scope, case, code, wall_ms) for code in present)
        )

    def may_open(self, scope: Scope, arming: str, boot_ns: int) -> bool:
        """Whether everybody in a film of this arming said yes to this use of it, and nobody in it took back the yes to being
        filmed. Who was removed since is in it all the same."""
        wall_ms, leave = self.wall_ms(boot_ns), self.leaves.get(arming)
        if wall_ms is None or leave is None or any(self._withdrawn.get(code, 0) > leave.place for code in leave.present):
            return False
        everybody = self.people | self.gone
        return all(self._has_yes(everybody, scope, leave.case, code, wall_ms) for code in leave.present)

    def first_end_ms(self, present: tuple[str, ...], scope: Scope = Scope.FILM) -> int:
        """When the first of their consents ends, in wall time."""
        return min(self.words[code, scope].until_ms for code in present)

    def _has_yes(self, people: dict[str, Person], scope: Scope, case: str, code: str, wall_ms: int) -> bool:
        person, word = people.get(code), self.words.get((code, scope))
        if person is None or word is None or person.case != case:
            return False
        if not word.is_certain:
            return True
        giver = people.get(word.giver)
        is_now = word.from_ms - _AGREES_MS <= wall_ms < word.until_ms + _AGREES_MS
        return word.is_given and is_now and giver is not None and self.may_give(person, giver)
