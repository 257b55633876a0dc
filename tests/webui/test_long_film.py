"""Ten minutes of film in a real browser, over TLS, from a real box: its length by one request, any second by a seek."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from counted_film import FPS, Kind, encode_counted, put_in_place_of
from factory import Encoded
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Locator, Page
from web_box import Browser, RealBox, case_with_consents, wait_for
from web_server import Server
from web_window import Watched

from capture.ids import RecordingId
from device.scene import read_counter

SECONDS = 600
PATIENCE_S = 30.0
FEW = 8
"""Requests for one seek. Each is a range to the end of the film, which Chromium ends where its buffer is full. Of fragments
as they lie in the seal it would ask for every one."""


@pytest.fixture(scope="module")
def encoded() -> Encoded:
    return encode_counted(SECONDS)


@pytest.fixture(scope="module")
def films(box: RealBox, practitioner: Browser, encoded: Encoded) -> dict[Kind, str]:
    """A recording of each kind: a moment filmed, then replaced by ten minutes."""
    practitioner.stay_signed_in(box)
    code, adult, child = case_with_consents(practitioner)
    assert practitioner.post(f"/cases/{code}/arm", {"present": [adult, child], "mode": "film"}).status_code == 303
    recordings = {kind: RecordingId(box.film(0.1)) for kind in Kind}
    assert practitioner.post("/disarm").status_code == 303
    for kind, recording in recordings.items():
        put_in_place_of(box.folder, recording, encoded, SECONDS, kind)
    return dict(recordings)


@pytest.fixture(scope="module")
def window(chromium: Chromium, web: Server, box: RealBox, films: dict[Kind, str]) -> Iterator[Watched]:
    context = chromium.new_context(ignore_https_errors=True, viewport={"width": 1100, "height": 800})
    watched = Watched(context, web)
    watched.sign_in(box)
    yield watched
    context.close()


class Player:
    """The page's own video element, and every request that it makes, with the browser's own times."""

    def __init__(self, page: Page, path: str) -> None:
        self.asked_ms: list[float] = []
        network = page.context.new_cdp_session(page)
        network.on("Network.requestWillBeSent", self._asked)
        network.send("Network.enable")
        page.add_init_script("addEventListener('loadedmetadata', () => { window.knownMs ??= Date.now(); }, true);")
        page.goto(path)
        self.video: Locator = page.locator("video")
        self.wait("video.readyState >= 1")
        self.known_ms = float(page.evaluate("window.knownMs"))

    def _asked(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].endswith("/video.mp4"):
            self.asked_ms.append(event["wallTime"] * 1_000)

    def wait(self, claim: str) -> None:
        wait_for(lambda: self.video.evaluate(f"(video) => {claim}"), claim, PATIENCE_S)

    def number(self, name: str) -> float:
        return float(self.video.evaluate(f"(video) => video.{name}"))

    def seek(self, seconds: float) -> None:
        self.video.evaluate("(video, to) => { video.currentTime = to; }", seconds)
        self.wait("!video.seeking && video.readyState >= 2")

    def counter(self) -> int | None:
        """The number that is painted into the picture that the browser shows now."""
        data = self.video.evaluate(
            """(video) => {
                const canvas = document.createElement('canvas');
                [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
                canvas.getContext('2d').drawImage(video, 0, 0);
                return canvas.toDataURL('image/png').split(',')[1];
            }"""
        )
        picture = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
        return read_counter(np.asarray(picture, np.uint8))


@pytest.fixture(scope="module", params=Kind, ids=lambda kind: kind.value)
def kind(request: pytest.FixtureRequest) -> Kind:
    return Kind(request.param)


@pytest.fixture(scope="module")
def player(window: Watched, films: dict[Kind, str], kind: Kind) -> Player:
    return Player(window.context.new_page(), f"{window.base}/recordings/{films[kind]}")


def test_one_request_tells_the_film_s_length_and_size(player: Player, kind: Kind) -> None:
    assert len([asked for asked in player.asked_ms if asked <= player.known_ms]) == 1
    # What is cut off an interrupted film is less than a second.
    assert SECONDS - (1 if kind is Kind.INTERRUPTED else 0) <= player.number("duration") <= SECONDS + 0.05
    assert (player.number("videoWidth"), player.number("videoHeight")) == (320, 180)


@pytest.mark.parametrize("share", [0.75, 0.1, 0.995, 0.5])
def test_a_seek_shows_the_picture_of_that_time(player: Player, share: float) -> None:
    before = len(player.asked_ms)
    at_s = SECONDS * share + 0.55 / FPS
    player.seek(at_s)
    assert player.counter() == int(at_s * FPS)
    assert len(player.asked_ms) - before <= FEW


def test_from_a_seek_on_it_plays_without_a_stop_and_with_its_sound(player: Player, kind: Kind) -> None:
    player.seek(SECONDS * 0.75)
    player.wait("video.readyState === 4")
    player.video.evaluate(
        """async (video) => {
            video.dataset.stops = '0';
            for (const name of ['waiting', 'stalled', 'error'])
                video.addEventListener(name, () => { video.dataset.stops += name; });
            await video.play();
        }"""
    )
    player.wait(f"video.currentTime > {SECONDS * 0.75 + 1.5}")
    player.video.evaluate("(video) => video.pause()")
    player.wait("!video.seeking && video.readyState >= 2")
    assert player.video.evaluate("(video) => video.dataset.stops") == "0"
    shown, at_s = player.counter(), player.number("currentTime")
    assert shown is not None
    assert shown == pytest.approx(at_s * FPS, abs=2)
    heard = player.video.evaluate("(video) => video.webkitAudioDecodedByteCount")
    assert (heard > 0) == (kind is not Kind.SILENT)
    assert player.number("webkitDroppedFrameCount") <= 15
