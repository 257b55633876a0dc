"""Which certificate the page answers with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from jumping_box import jumping_box

from capture.client import CaptureClient
from capture.errors import BoxUnusable
from capture.model import Confidence
from webui.__main__ import _leaf
from webui.leaf import current_leaf, validity


def leaves(folder: Path) -> list[Path]:
    return sorted(folder.glob("leaf-*.pem"))


def test_the_dates_read_are_those_in_the_certificate(tls: Path) -> None:
    for path in leaves(tls):
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        assert validity(path) == (certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def test_today_the_first_leaf_serves(tls: Path) -> None:
    assert current_leaf(tls, datetime.now(UTC)).cert_path == leaves(tls)[0]


def test_where_two_are_valid_the_one_whose_nearer_end_is_further_away_serves(tls: Path) -> None:
    first, second = leaves(tls)[:2]
    just_begun, nearly_over = validity(second)[0] + timedelta(hours=1), validity(first)[1] - timedelta(hours=1)
    assert current_leaf(tls, just_begun).cert_path == first
    assert current_leaf(tls, nearly_over).cert_path == second


@pytest.mark.parametrize(("year", "place"), [(1970, 0), (2099, -1)])
def test_a_box_that_knows_no_time_still_answers_with_the_nearest(tls: Path, year: int, place: int) -> None:
    leaf = current_leaf(tls, datetime(year, 1, 1, tzinfo=UTC))
    assert leaf.cert_path == leaves(tls)[place]
    assert leaf.key_path.is_file()


def test_the_leaf_is_chosen_by_the_boxs_own_claim_where_the_systems_clock_stood_still(tls: Path, tmp_path: Path) -> None:
    """A box without a battery, used now and then: its system's clock counts only the hours in which it was switched on."""
    first, second = leaves(tls)[:2]
    long_after_ms = round((validity(first)[1] + timedelta(days=200)).timestamp() * 1000)
    just_after_provisioning_ms = round((validity(first)[0] + timedelta(days=40)).timestamp() * 1000)
    with jumping_box(tmp_path / "box", system_ms=just_after_provisioning_ms) as box:
        assert _leaf(tls, None, None, box.client).cert_path == first
        box.offer(long_after_ms, is_confirmed=True)
        box.reboot(just_after_provisioning_ms)
        assert box.status().clock.confidence is Confidence.NONE
        assert _leaf(tls, None, None, box.client).cert_path == second


def test_without_a_daemon_the_systems_clock_has_to_do(tls: Path, tmp_path: Path) -> None:
    assert _leaf(tls, None, None, CaptureClient(tmp_path / "nobody.sock")).cert_path == leaves(tls)[0]


def test_a_folder_without_a_leaf_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BoxUnusable):
        current_leaf(tmp_path, datetime.now(UTC))


def test_a_leaf_without_its_key_is_not_chosen(tls: Path, tmp_path: Path) -> None:
    (tmp_path / leaves(tls)[0].name).write_bytes(leaves(tls)[0].read_bytes())
    with pytest.raises(BoxUnusable):
        current_leaf(tmp_path, datetime.now(UTC))


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "nonsense"])
def test_what_is_no_certificate_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "leaf-20260101.pem").write_text(text)
    (tmp_path / "leaf-20260101.key").write_text("")
    with pytest.raises(BoxUnusable, match="leaf-20260101"):
        current_leaf(tmp_path, datetime.now(UTC))
