"""The page's outer door, without a daemon: host, origin, token, headers, and what a stranger learns from an error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import request
from web_box import BASE, Browser

from capture.client import CaptureClient
from webui.app import create_app
from webui.config import WebConfig

PUBLIC = ("/sign-in", "/no-such-page", "/static/css/page.css", "/sign-in/state")


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost", "localhost:8444", "localhost:8443.evil.example", "", "LOCALHOST:8443x"]
)
def test_a_host_that_is_not_exactly_ours_is_misdirected(lonely: Browser, host: str) -> None:
    answer = lonely.client.get("/sign-in", headers={"Host": host}, base_url=BASE)
    assert answer.status_code == 421
    assert "Set-Cookie" not in answer.headers
    assert "csrf" not in answer.text


def test_our_own_names_are_answered_in_any_case_of_letters(lonely: Browser) -> None:
    for host in ("localhost:8443", "LocalHost:8443", "127.0.0.1:8443"):
        assert lonely.client.get("/sign-in", headers={"Host": host}, base_url=BASE).status_code == 200


def test_at_the_standard_port_the_bare_name_is_ours_too() -> None:
    assert WebConfig(names=("box.local", "::1"), port=443).hosts == {"box.local", "box.local:443", "[::1]", "[::1]:443"}


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:8443", "https://localhost", f"{BASE}.evil.example"]
)
def test_a_post_from_another_origin_is_refused_even_with_a_good_token(lonely: Browser, origin: str) -> None:
    assert lonely.post("/stop", Origin=origin).status_code == 403


def test_a_post_that_a_browser_calls_cross_site_is_refused(lonely: Browser) -> None:
    data = {"csrf_token": lonely.token()}
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 303)):
        answer = lonely.client.post("/disarm", data=data, base_url=BASE, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == status


@pytest.mark.parametrize("token", ["", "wrong", None])
def test_a_post_without_the_pages_token_is_refused(lonely: Browser, token: str | None) -> None:
    lonely.token()
    data = {} if token is None else {"csrf_token": token}
    assert lonely.client.post("/disarm", data=data, base_url=BASE, headers={"Origin": BASE}).status_code == 400


@pytest.mark.promise("P5")
@pytest.mark.parametrize("data", [{}, {"csrf_token": "of a page that is too old"}])
def test_stopping_needs_no_token_and_still_no_page_of_others_can_do_it(lonely: Browser, data: dict[str, str]) -> None:
    reached = lonely.client.post("/stop", data=data, base_url=BASE, headers={"Origin": BASE})
    assert "The box does not answer" in reached.text
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert lonely.client.post("/stop", data=data, base_url=BASE, headers=headers).status_code == 403


def test_the_token_of_another_browser_is_worth_nothing(lonely: Browser) -> None:
    other = Browser(lonely.app)
    lonely.token()
    assert lonely.post("/disarm", {"csrf_token": other.token()}).status_code == 400


def test_the_token_may_come_in_a_header(lonely: Browser) -> None:
    headers = {"Origin": BASE, "X-CSRFToken": lonely.token()}
    assert lonely.client.post("/disarm", base_url=BASE, headers=headers).location == "/sign-in"


@pytest.mark.parametrize("path", PUBLIC)
def test_every_answer_carries_the_guarding_headers(lonely: Browser, path: str) -> None:
    headers = lonely.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'nonce-")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "Strict-Transport-Security" not in headers
    assert "Server" not in headers or "Python" not in headers["Server"]


def test_the_script_nonce_is_another_in_each_answer_and_is_on_every_script(lonely: Browser) -> None:
    first, second = lonely.get("/sign-in"), lonely.get("/sign-in")
    nonces = [re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"]).group(1) for answer in (first, second)]
    assert nonces[0] != nonces[1]
    scripts = re.findall(r"<script[^>]*>", first.text)
    assert scripts
    assert all(f'nonce="{nonces[0]}"' in script and "src=" in script for script in scripts)


def test_pages_hold_no_inline_script_style_or_foreign_address(lonely: Browser) -> None:
    text = lonely.get("/sign-in").text
    assert not re.search(r"\son[a-z]+=|\sstyle=|javascript:", text)
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', text)


def test_only_static_files_may_be_kept(lonely: Browser) -> None:
    assert lonely.get("/sign-in").headers["Cache-Control"] == "no-store"
    assert lonely.get("/sign-in/state").headers["Cache-Control"] == "no-store"
    assert lonely.get("/static/css/page.css").headers["Cache-Control"].startswith("public")
    assert lonely.get("/static/none.css").headers["Cache-Control"] == "no-store"


def test_a_body_past_64_kilobytes_is_refused(lonely: Browser) -> None:
    assert lonely.post("/sign-in", {"username": "a" * 70_000}).status_code == 413


def test_a_missing_page_and_a_wrong_method_have_pages_of_their_own(lonely: Browser) -> None:
    missing, wrong = lonely.get("/no-such-page"), lonely.get("/stop")
    assert (missing.status_code, wrong.status_code) == (404, 405)
    assert "<h1>" in missing.text
    assert wrong.headers["Allow"]


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/vendor/", "/static/"])
def test_no_file_but_the_static_ones_is_given_out(lonely: Browser, path: str) -> None:
    assert lonely.get(path).status_code == 404


@pytest.mark.parametrize(("path", "status"), [("/", 503), ("/about", 503), ("/enrol", 503), ("/live", 503)])
def test_without_the_daemon_the_page_says_so_clearly(lonely: Browser, path: str, status: int) -> None:
    answer = lonely.get(path)
    assert answer.status_code == status
    assert "The box does not answer" in answer.text


def test_json_routes_refuse_in_json(lonely: Browser) -> None:
    assert lonely.get("/live").json["error"] == "daemon_unreachable"
    answer = lonely.get("/recordings/rec-aaaaaaaaaaaaaaaa/hash")
    assert (answer.status_code, answer.json["error"]) == (401, "sign_in_needed")


def test_a_defect_shows_no_trace_and_quotes_nobody(lonely: Browser, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> str:
        raise RuntimeError(request.args["name"])

    lonely.app.view_functions["home.about"] = broken
    answer = lonely.get("/about?name=Planted+Name")
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert "Planted Name" not in answer.text
    assert "Planted Name" not in caplog.text
    assert "defect RuntimeError" in caplog.text


@pytest.mark.parametrize(
    "path", ["/cases", "/cases/VIG-7F3K", "/cases/VIG-7F3K/arm", "/recordings", "/recordings/rec-aaaaaaaaaaaaaaaa", "/clock"]
)
def test_who_is_not_signed_in_is_sent_to_sign_in(lonely: Browser, path: str) -> None:
    answer = lonely.get(path)
    assert (answer.status_code, answer.location) == (303, "/sign-in")


@pytest.mark.parametrize("path", ["video.mp4", "sealed.age", "hash"])
def test_films_are_refused_to_who_is_not_signed_in(lonely: Browser, path: str) -> None:
    assert lonely.get(f"/recordings/rec-aaaaaaaaaaaaaaaa/{path}").status_code == 401


def test_the_access_log_holds_no_address_no_query_and_no_code(lonely: Browser, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "vigcam.web.access")
    lonely.get("/cases/VIG-7F3K?name=Planted")
    lonely.post("/sign-in", {"username": "Planted", "passphrase": "secret words"})
    assert "GET /cases/<code> 303" in caplog.text
    assert "POST /sign-in 503" in caplog.text
    for secret in ("Planted", "VIG-7F3K", "secret", "127.0.0.1"):
        assert secret not in caplog.text


def test_a_language_from_right_to_left_turns_the_page_round(tmp_path: Path) -> None:
    config = WebConfig(names=("localhost",), port=8443, locale="ar")
    arabic = Browser(create_app(config, CaptureClient(tmp_path / "nobody.sock")))
    text = arabic.get("/sign-in").text
    assert '<html lang="ar" dir="rtl">' in text
    assert "right-to-left.css" in text
