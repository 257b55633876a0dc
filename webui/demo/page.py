"""Reads the page as a browser's user would: texts by id, the token of a form, the words of an error. Runs no script."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})


@dataclass(slots=True)
class Form:
    """One form of a page: where it posts to, its method, and the fields that are filled in already."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    """For each select, radio and checkbox: its values as they stand."""


class Page(HTMLParser):
    """One parsed page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._csrf = ""
        self._texts: dict[str, str] = {}
        self._errors: list[str] = []
        self._headings: list[str] = []
        self._open: list[tuple[str, str, bool]] = []  # tag, id, whether it is an error summary
        self._facts: list[tuple[list[str], list[str]]] = []
        self._form: Form | None = None
        self._select = ""
        self.feed(html)
        self.close()

    @property
    def csrf_token(self) -> str:
        """The page's token against cross-site requests; empty where the page has none."""
        return self._csrf

    @property
    def errors(self) -> str:
        """The words of its error summary in one line; empty where there is none."""
        return " ".join(" ".join(self._errors).split())

    @property
    def heading(self) -> str:
        """Its main heading."""
        return " ".join(" ".join(self._headings).split())

    def text(self, element_id: str) -> str:
        """The text within the element of that id, in one line; empty where there is none."""
        return " ".join(self._texts.get(element_id, "").split())

    def fact(self, name: str) -> str:
        """What the page's list of facts says beside that name; empty where it does not."""
        said = (value for key, value in self._facts if " ".join("".join(key).split()) == name)
        return " ".join("".join(next(said, [])).split())

    def form(self, action_end: str) -> Form | None:
        """The first form that posts to an address with that end."""
        return next((form for form in self.forms if form.action.split("?")[0].endswith(action_end)), None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        match tag:
            case "meta" if of.get("name") == "csrf-token":
                self._csrf = of.get("content", "")
            case "a" if "href" in of:
                self.links.append(of["href"])
            case "form":
                self._form = Form(of.get("action", ""), of.get("method", "get").lower())
                self.forms.append(self._form)
            case "select":
                self._select = of.get("name", "")
            case "option" | "input" | "textarea" | "button":
                self._field(tag, of)
        if tag == "dt":
            self._facts.append(([], []))
        if tag not in _VOID:
            self._open.append((tag, of.get("id", ""), "nhsuk-error-summary" in of.get("class", "").split()))
            if of.get("id"):
                self._texts.setdefault(of["id"], "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag == "select":
            self._select = ""
        for depth in range(len(self._open) - 1, -1, -1):
            if self._open[depth][0] == tag:
                del self._open[depth:]
                return

    def handle_data(self, data: str) -> None:
        for tag, element_id, is_error in self._open:
            if tag == "h1":
                self._headings.append(data)
            if tag in ("dt", "dd") and self._facts:
                self._facts[-1][0 if tag == "dt" else 1].append(data)
            if element_id:
                self._texts[element_id] += data
            if is_error:
                self._errors.append(data)

    def _field(self, tag: str, of: dict[str, str]) -> None:
        name, value, kind = of.get("name", ""), of.get("value", ""), of.get("type", tag)
        if name == "csrf_token":
            self._csrf = value
        if self._form is None:
            return
        if tag == "option" and self._select:
            self._form.choices.setdefault(self._select, []).append(value)
        elif kind in ("radio", "checkbox"):
            self._form.choices.setdefault(name, []).append(value)
        elif name and tag == "input" and kind != "submit":
            self._form.fields[name] = value
