"""Reads single form fields strictly, and collects what is wrong with them. Knows no request's meaning."""

from __future__ import annotations

import re
from enum import Enum
from typing import TypeVar

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from webui.refusals import FormInvalid, Problem

E = TypeVar("E", bound=Enum)


class Fields:
    """The fields of one form. A wrong one is noted with its name, and `check` raises them all at once."""

    def __init__(self, form: MultiDict[str, str]) -> None:
        self._form = form
        self._problems: list[Problem] = []

    def text(self, name: str, missing: str, limit: int = 200) -> str:
        """A required text without the blanks around it."""
        value = self._form.get(name, "").strip()
        if not value or len(value) > limit:
            self.problem(name, missing)
        return value[:limit]

    def pattern(self, name: str, pattern: str, wrong: str) -> str:
        value = self._form.get(name, "").strip()
        if not re.fullmatch(pattern, value):
            self.problem(name, wrong)
        return value

    def number(self, name: str, lowest: int, highest: int, wrong: str) -> int:
        value = self._form.get(name, "").strip()
        if not re.fullmatch(r"[0-9]{1,15}", value) or not lowest <= int(value) <= highest:
            self.problem(name, wrong)
            return lowest
        return int(value)

    def choice(self, name: str, allowed: type[E], wrong: str) -> E:
        """One member of a closed choice, by its value."""
        return self._choice(name, self._form.get(name, ""), allowed, wrong)

    def choices(self, name: str, allowed: type[E], wrong: str) -> tuple[E, ...]:
        """One or more of them, each once, in the order of the choice."""
        picked = {self._choice(name, value, allowed, wrong) for value in self._form.getlist(name)}
        if not picked and not self.has_problem(name):
            self.problem(name, wrong)
        return tuple(member for member in allowed if member in picked)

    def one_of(self, name: str, allowed: tuple[str, ...], wrong: str) -> str:
        value = self._form.get(name, "")
        if value not in allowed:
            self.problem(name, wrong)
        return value

    def codes(self, name: str, missing: str, limit: int = 20) -> tuple[str, ...]:
        """All values of a field that may stand several times, each once."""
        values = tuple(dict.fromkeys(self._form.getlist(name)))
        if not values or any(not 3 <= len(value) <= 40 for value in values) or len(values) > limit:
            self.problem(name, missing)
        return values

    def is_ticked(self, name: str) -> bool:
        return self._form.get(name) == "1"

    def problem(self, name: str, text: str) -> None:
        self._problems.append(Problem(text, name))

    def has_problem(self, name: str) -> bool:
        return any(problem.field == name for problem in self._problems)

    def check(self) -> None:
        """Raises FormInvalid with every problem noted."""
        if self._problems:
            raise FormInvalid(*self._problems)

    def _choice(self, name: str, value: str, allowed: type[E], wrong: str) -> E:
        try:
            return allowed(value)
        except ValueError:
            if not self.has_problem(name):
                self.problem(name, wrong)
            return next(iter(allowed))


WRONG_CHOICE = _l("Choose one of the answers")
