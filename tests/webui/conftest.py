"""What the page's tests stand on: an application without a daemon, and one with a real box behind it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Playwright
from web_box import Browser, RealBox, case_with_consents
from web_server import Server
from web_window import FLAGS

from capture.client import CaptureClient
from capture.tls import make_leaves
from device.disk import SystemDisk
from webui.app import create_app
from webui.config import WebConfig

NAMES = ("localhost", "127.0.0.1")


@pytest.fixture
def config() -> WebConfig:
    return WebConfig(names=NAMES, port=8443)


@pytest.fixture
def lonely(config: WebConfig, tmp_path: Path) -> Browser:
    """A browser at a page whose daemon does not run."""
    return Browser(create_app(config, CaptureClient(tmp_path / "nobody.sock")))


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    make_leaves(folder, ["localhost"], ["127.0.0.1"], now_ms=int(time.time() * 1000), disk=SystemDisk())
    return folder


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealBox]:
    """One box for all of these tests; each signs in for itself."""
    box = RealBox(tmp_path_factory.mktemp("web") / "box")
    yield box
    box.close()


@pytest.fixture
def visitor(box: RealBox, config: WebConfig) -> Browser:
    """A browser at the real box's page, not signed in."""
    return Browser(create_app(config, box.client))


@pytest.fixture(scope="session")
def practitioner(box: RealBox) -> Browser:
    """The browser of `signed_in`. Another test's sign-in may have signed it out."""
    return Browser(create_app(WebConfig(names=NAMES, port=8443), box.client))


@pytest.fixture
def signed_in(practitioner: Browser, box: RealBox) -> Browser:
    """A practitioner who is signed in and whose clock the box took, whoever signed in before this test."""
    practitioner.stay_signed_in(box)
    return practitioner


@pytest.fixture(scope="session")
def recording(box: RealBox, practitioner: Browser) -> str:
    """Two seconds and a half of real film, sealed."""
    practitioner.stay_signed_in(box)
    code, adult, child = case_with_consents(practitioner)
    assert practitioner.post(f"/cases/{code}/arm", {"present": [adult, child], "mode": "film"}).status_code == 303
    recording_id = box.film(2.5)
    assert practitioner.post("/disarm").status_code == 303
    return recording_id


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Chromium]:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def web(box: RealBox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real box's page on its real server."""
    socket_path = box.folder / "run" / "capture.sock"
    log = tmp_path_factory.mktemp("browser") / "log"
    server = Server(box.folder / "tls", log, ["-m", "webui", "--socket", str(socket_path)])
    yield server
    server.close()
