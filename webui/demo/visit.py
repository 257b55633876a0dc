"""The practitioner at the page: enrols, signs in, opens a case, records consents, arms. Each step is what a person would send.

Field names are the page's own; whatever a form holds already (the notice's hash, its version) is sent back as it stands.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from webui.demo.finger import FingerPipe
from webui.demo.laptop import Laptop, Reply
from webui.demo.page import Form
from webui.demo.trouble import DemoFailed
from webui.demo.waiting import wait_for

CONSENT_DAYS = "90"


@dataclass(frozen=True, slots=True)
class Practitioner:
    """What the page shows once at enrolment, to be written down."""

    username: str
    passphrase: str


@dataclass(frozen=True, slots=True)
class Family:
    """One case with its two people."""

    case: str
    adult: str
    child: str


class Visit:
    """Steps in the order of a first visit. `check` raises when the box has died."""

    def __init__(self, laptop: Laptop, finger: FingerPipe, check: Callable[[], None]) -> None:
        self._laptop = laptop
        self._finger = finger
        self._check = check

    def wait_for_page(self) -> None:
        """Until the page answers. Raises DemoFailed."""

        def look() -> Reply | None:
            try:
                return self._laptop.get("/live")
            except DemoFailed:
                return None

        wait_for("the page to answer", look, self._check)

    def enrol(self, setup_code: str) -> Practitioner:
        """In the enrolment window, with the code from the box's card."""
        self._laptop.page("/enrol")
        page = self._laptop.post("/enrol", {"setup_code": setup_code}).page
        username, passphrase = page.text("enrolled-username"), page.text("enrolled-passphrase")
        if not username or not passphrase:
            raise DemoFailed(f"enrolling did not show a user name and a passphrase: {page.errors or 'no reason given'}")
        return Practitioner(username, passphrase)

    def sign_in(self, who: Practitioner) -> None:
        """The passphrase first, then a press at the box."""
        self._laptop.page("/sign-in")
        self._laptop.post("/sign-in", {"username": who.username, "passphrase": who.passphrase})
        wait_for("the box to ask for a press", lambda: self._stage("press"), self._check)
        self._finger.press()
        wait_for("the passphrase to be checked", lambda: self._stage("signed_in"), self._check)

    def offer_clock(self) -> None:
        """The browser's time; a box without a battery clock knows none."""
        self._laptop.page("/")
        self._laptop.post("/clock", {"wall_ms": str(time.time_ns() // 1_000_000)})

    def open_case(self) -> Family:
        """A case with Adult A, who holds parental responsibility, and Child A."""
        self._laptop.page("/cases")
        case = self._laptop.post("/cases", {"retention": "therapeutic_transient"}).location.rsplit("/", 1)[-1]
        adult = self._add(case, {"kind": "adult", "label": "Adult A", "role": "parent", "responsibility": "holds"})
        child = self._add(case, {"kind": "child", "role": "child", "label": "Child A"})
        return Family(case, adult, child)

    def consent(self, family: Family, scopes: list[str]) -> None:
        """Adult A says yes for themselves and for the child, having read the notice that the page shows."""
        for person in (family.adult, family.child):
            form = self._consent_form(family.case)
            if form is None:
                raise DemoFailed("the case's page holds no form for consents")
            answers: dict[str, str | list[str]] = {
                **form.fields,
                "decision": "given",
                "participant_id": person,
                "scope": scopes,
                "given_by": family.adult,
                "indication": "signed_paper",
                "valid_days": CONSENT_DAYS,
            }
            self._laptop.post(f"/cases/{quote(family.case)}/consents", answers)

    def arm(self, family: Family) -> None:
        """Leave to film both."""
        path = f"/cases/{quote(family.case)}/arm"
        form = self._laptop.page(path).form("/arm")
        fields = {} if form is None else form.fields
        self._laptop.post(path, {**fields, "present": [family.adult, family.child], "mode": "film"})

    def _add(self, case: str, person: dict[str, str]) -> str:
        before = self._people(case)
        self._laptop.post(f"/cases/{quote(case)}/participants", person)
        added = [one for one in self._people(case) if one not in before]
        if len(added) != 1:
            raise DemoFailed(f"the page does not show {person['label']} after adding them")
        return added[0]

    def _consent_form(self, case: str) -> Form | None:
        forms = self._laptop.page(f"/cases/{quote(case)}").forms
        return next((form for form in forms if form.fields.get("decision") == "given"), None)

    def _people(self, case: str) -> list[str]:
        """Everybody whom the page asks for a yes."""
        form = self._consent_form(case)
        return [] if form is None else form.choices.get("participant_id", [])

    def _stage(self, wanted: str) -> str | None:
        stage = self._laptop.get("/sign-in/state", {"Accept": "application/json"}).text("stage")
        if stage in ("refused", "expired"):
            raise DemoFailed(f"the sign-in was {stage}")
        return stage if stage == wanted else None
