"""The answers of radios, checkboxes and selects in the shape that the design system's macros take. Nothing is ever pre-ticked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum

from flask_babel import gettext as _

from capture.model import Decision, Purpose, Scope
from capture.notices.texts import Notice
from webui.case_page import CasePage, Person
from webui.refusals import Problem
from webui.wording import HOLDERS, not_counted

Item = dict[str, object]


def choice_items(choice: Mapping[Enum, str], *without: str) -> list[Item]:
    """The members of a closed choice with their words, but for the values in `without`."""
    return [{"value": member.value, "text": text} for member, text in choice.items() if member.value not in without]


def value_items(choice: Mapping[str | int, str]) -> list[Item]:
    return [{"value": str(value), "text": text} for value, text in choice.items()]


def people_items(people: Iterable[Person]) -> list[Item]:
    return [{"value": person.who.participant_id, "text": person.who.label} for person in people]


def present_items(people: Sequence[Person]) -> list[Item]:
    """Those of the case with what each said of being filmed: what the box will refuse is to be seen before."""
    return [item | {"hint": {"text": _film_words(person)}} for item, person in zip(people_items(people), people, strict=True)]


def _film_words(person: Person) -> str:
    last, doubt = person.latest.get(Scope.FILM), person.doubts.get(Scope.FILM)
    if last is None:
        return str(_("Was not asked about filming: cannot be filmed"))
    if last.decision is Decision.WITHDRAWN:
        return str(_("Took back the yes to filming: cannot be filmed"))
    return " ".join((_("Cannot be filmed:"), *map(not_counted, doubt))) if doubt else str(_("Said yes to filming"))


def adult_items(people: Iterable[Person]) -> list[Item]:
    return people_items(person for person in people if not person.who.is_child)


def label_items(labels: Iterable[str], page: CasePage) -> list[Item]:
    """The labels that nobody in the case has yet, behind an empty one."""
    free = [{"value": label, "text": label} for label in labels if not page.is_taken(label)]
    return [{"value": "", "text": _("Choose")}, *free]


def holder_items(refusals: Collection[Purpose]) -> list[Item]:
    """Who may hold a copy now: only those for whom all in the film agreed."""
    return [{"value": purpose.value, "text": text} for purpose, text in HOLDERS.items() if purpose not in refusals]


def notice_items(notices: Iterable[Notice]) -> list[Item]:
    return [{"value": notice.language, "text": notice.language_name} for notice in notices]


def offset_items(minutes: Iterable[int]) -> list[Item]:
    """Offsets from UTC as people write them, in order, behind an empty one."""
    items: list[Item] = [{"value": "", "text": _("Choose")}]
    for offset in sorted(minutes):
        hours, rest = divmod(abs(offset), 60)
        items.append({"value": str(offset), "text": f"{'-' if offset < 0 else '+'}{hours:02d}:{rest:02d}"})
    return items


def problem_items(problems: Iterable[Problem]) -> list[Item]:
    """The lines of an error summary, each a link to its field where it has one."""
    return [
        {"text": problem.text, "href": f"#{problem.field}"} if problem.field else {"text": problem.text} for problem in problems
    ]


def problem_at(problems: Iterable[Problem] | None, name: str) -> Item | None:
    """The message beside one field."""
    texts = [problem.text for problem in problems or () if problem.field == name]
    return {"text": texts[0]} if texts else None
