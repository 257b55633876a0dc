"""A film that is open for reading is closed with what allowed it: taken back, run out, or judged by another time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from web_box import BASE, Browser, RealBox, case_with_consents, consent_of, open_descriptors

from capture.client import CaptureClient
from capture.errors import ConsentMissing, DaemonUnreachable, NotNow
from capture.messages import Answer, CaseFound, Done, GetCase, GetRecording, OpenRecording, RecordingFound, Verb
from capture.model import Purpose
from webui.movies import Key, Lease, Movies
from webui.views.downloads import mp4_hash

pytestmark = pytest.mark.promise("P3")

DAYS_91_S = 91 * 86_400


@dataclass(frozen=True)
class Shown:
    """A film that its practitioner may look at, and the child in it."""

    browser: Browser
    box: RealBox
    recording_id: str
    case: str
    adult: str
    child: str

    @property
    def path(self) -> str:
        return f"/recordings/{self.recording_id}/video.mp4"

    @property
    def movies(self) -> Movies:
        return self.browser.app.extensions["vigcam"].movies

    @property
    def session(self) -> str:
        return next(one.signed_in.session for one in self.browser.app.session_interface._by_id.values() if one.signed_in)

    def say(self, decision: str) -> int:
        """What is said for the child about the practitioner's review; the page's status."""
        fields = consent_of(self.child, self.adult, decision=decision, scope="practitioner_review")
        return self.browser.post(f"/cases/{self.case}/consents", fields).status_code


@pytest.fixture
def shown(signed_in: Browser, box: RealBox, recording: str) -> Iterator[Shown]:
    movies = signed_in.app.extensions["vigcam"].movies
    movies.drop_recording(recording)
    session = next(one.signed_in.session for one in signed_in.app.session_interface._by_id.values() if one.signed_in)
    found = box.client.call(GetRecording(session=session, recording_id=recording), RecordingFound).recording
    people = box.client.call(GetCase(session=session, case=found.case), CaseFound).participants
    made = Shown(signed_in, box, recording, found.case, people[0].participant_id, people[1].participant_id)
    yield made
    assert made.say("given") == 303
    movies.drop_recording(recording)


class Meanwhile(CaptureClient):
    """A client between whose question and answer something happens."""

    def __init__(self, shown: Shown) -> None:
        super().__init__(shown.box.folder / "run" / "capture.sock")
        self._shown = shown

    def call_with_descriptor(self, verb: Verb, expected: type[Answer]) -> tuple[Answer, int]:
        answer = super().call_with_descriptor(verb, expected)
        if isinstance(verb, OpenRecording):
            assert self._shown.say("withdrawn") == 303
        return answer


def test_an_opening_that_the_box_allowed_just_before_a_withdrawal_is_not_kept(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    movies = shown.movies
    monkeypatch.setattr(movies, "_client", Meanwhile(shown))
    with pytest.raises(ConsentMissing):
        movies.lease(Key(shown.session, shown.recording_id, "review"))
    assert open_descriptors(shown.box) == 0


def test_what_is_open_is_not_shown_for_longer_than_its_consents_last(shown: Shown) -> None:
    assert shown.browser.get(shown.path, Range="bytes=0-1").status_code == 206
    before = _openings(shown.box)
    (open_file,) = shown.movies._files.values()
    open_file.until_s -= DAYS_91_S
    assert shown.browser.get(shown.path, Range="bytes=0-1").status_code == 206
    assert _openings(shown.box) == before + 1  # asked anew


def test_what_streams_ends_where_its_consents_run_out(shown: Shown) -> None:
    under_way = shown.browser.client.get(shown.path, base_url=BASE, buffered=False)
    blocks = under_way.iter_encoded()
    read = len(next(blocks))
    (open_file,) = shown.movies._files.values()
    open_file.until_s -= DAYS_91_S
    read += sum(map(len, blocks))
    under_way.close()
    assert read < int(under_way.headers["Content-Length"])


def test_a_withdrawal_whose_answer_is_lost_closes_the_film_all_the_same(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown.browser.get(shown.path, Range="bytes=0-1").status_code == 206
    assert open_descriptors(shown.box) == 1
    client = shown.browser.app.extensions["vigcam"].client

    def lose(verb: Verb, expected: type[Answer]) -> Answer:
        answer = CaptureClient.call(client, verb, expected)
        if expected is Done and type(verb).__name__ == "RecordConsent":
            raise DaemonUnreachable
        return answer

    monkeypatch.setattr(client, "call", lose)
    assert shown.say("withdrawn") == 503
    monkeypatch.undo()
    assert open_descriptors(shown.box) == 0
    assert shown.browser.get(shown.path, Range="bytes=0-1").status_code == 409


def test_the_hash_of_a_film_is_not_read_on_after_a_withdrawal(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    found = shown.browser.app.extensions["vigcam"]
    mine = next(one for one in shown.browser.app.session_interface._by_id.values() if one.signed_in)
    made = Lease.movie

    def made_and_taken_back(lease: Lease) -> object:
        movie = made(lease)
        found.movies.drop_session(shown.session)
        return movie

    monkeypatch.setattr(Lease, "movie", made_and_taken_back)
    found.hashes._known.clear()
    with shown.browser.app.test_request_context(), pytest.raises(NotNow):
        mp4_hash(mine, mine.signed_in, shown.recording_id, Purpose.DOWNLOAD)


def test_who_takes_a_consent_back_while_a_film_is_being_opened_stays_signed_in(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Lease.movie

    def taken_back_first(lease: Lease) -> object:
        shown.movies.drop_session(shown.session)
        return made(lease)

    monkeypatch.setattr(Lease, "movie", taken_back_first)
    assert shown.browser.get(shown.path, Range="bytes=0-1").status_code == 409
    assert shown.browser.get("/cases").status_code == 200


def test_another_time_closes_what_is_open(shown: Shown) -> None:
    assert shown.browser.get(shown.path, Range="bytes=0-1").status_code == 206
    assert shown.browser.post("/clock", {"wall_ms": str(int(time.time() * 1000)), "confirmed": "1"}).status_code == 303
    assert open_descriptors(shown.box) == 0


def _openings(box: RealBox) -> int:
    return (box.folder / "audit.log").read_bytes().count(b'"recording_opened"')


def test_who_was_removed_from_a_case_can_still_take_back_what_they_said_of_the_film_they_are_in(
    signed_in: Browser, box: RealBox
) -> None:
    code, adult, child = case_with_consents(signed_in)
    assert "/removed" not in signed_in.get(f"/cases/{code}").text
    assert signed_in.post(f"/cases/{code}/arm", {"present": [adult, child], "mode": "film"}).status_code == 303
    film = f"/recordings/{box.film(0.5)}/video.mp4"
    assert signed_in.post("/disarm").status_code == 303
    assert signed_in.post(f"/cases/{code}/participants/{child}/remove").status_code == 303
    assert signed_in.get(film, Range="bytes=0-1").status_code == 206
    assert f'href="/cases/{code}/removed"' in signed_in.get(f"/cases/{code}").text
    page = signed_in.get(f"/cases/{code}/removed").text
    form = page.partition('class="vigcam-inline-form"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert (fields["participant_id"], fields["scope"], fields["decision"]) == (child, "film", "withdrawn")
    fields.pop("csrf_token")
    assert signed_in.post(f"/cases/{code}/consents", fields).status_code == 303
    refused = signed_in.get(film, Range="bytes=0-1")
    assert refused.status_code == 409
    assert "taken back" in signed_in.get(f"/cases/{code}/removed").text
