"""The forms by which a case is handed over: fields in, a frozen struct out, or every problem at once. Asks nobody."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage, MultiDict

from webui.fields import Fields

RESULT_LIMIT = 400 << 10
"""The longest result that the page takes: a case of over 1,000 statements. A longer one would lie on a disk meanwhile."""
_MOST_LEFT = 50


@dataclass(frozen=True, slots=True)
class PackageForm:
    """Which case goes to whom, and which recordings stay sealed as they are."""

    setup_code: str = field(repr=False)
    case: str
    taker: str
    leave: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResultForm:
    setup_code: str = field(repr=False)
    result: bytes


def package(form: MultiDict[str, str]) -> PackageForm:
    fields = Fields(form)
    case = fields.pattern("case", r"(?i:vig-[0-9a-z]{4})", _l("Enter the code of the case, for example VIG-7F3K"))
    taker = fields.pattern("taker", r"(?i:prac-[0-9a-z]{6})", _l("Enter the user name, for example prac-7k2m9x"))
    left = tuple(dict.fromkeys(re.findall(r"[^\s,]+", form.get("leave", "").lower())))
    if len(left) > _MOST_LEFT or not all(re.fullmatch(r"rec-[0-9a-z]{16}", one) for one in left):
        fields.problem("leave", _l("Enter codes of recordings with blanks between them, or nothing"))
    code = _code(fields)
    fields.check()
    return PackageForm(code, case.upper(), taker.lower(), left)


def result(form: MultiDict[str, str], file: FileStorage | None) -> ResultForm:
    """The file that `vigcam rewrap` wrote."""
    fields = Fields(form)
    data = file.read(RESULT_LIMIT + 1) if file is not None else b""
    if not data:
        fields.problem("result", _l("Choose the file that came back from the workstation"))
    elif len(data) > RESULT_LIMIT:
        fields.problem("result", _l("That file is too long to be a result"))
    code = _code(fields)
    fields.check()
    return ResultForm(code, data)


def _code(fields: Fields) -> str:
    return fields.text("setup_code", _l("Enter the set-up code from the card"), 100)
