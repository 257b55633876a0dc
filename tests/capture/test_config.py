"""A wrong setting is refused by its key and with what it allows; a right one comes through as it is."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from msgspec import inspect

from capture.config import BoxSection, Config, LimitsSection, WebSection, load_config, parse_config, write_config
from capture.errors import BoxUnusable, ConfigInvalid
from device.ports import Profile

BOX = b'[box]\nid = "box-zh47am"\n'


def numbers() -> list[tuple[str, str, int, int]]:
    """Every number of the settings: section, key, lowest, highest."""
    found = []
    for section in inspect.type_info(Config).fields:  # type: ignore[attr-defined]
        for each in section.type.fields:
            if isinstance(each.type, inspect.IntType):
                found.append((section.name, each.name, each.type.ge, each.type.le))
    return found


def text(section: str, key: str, value: str) -> bytes:
    return f'[box]\nid = "box-zh47am"\n{"" if section == "box" else f"[{section}]"}\n{key} = {value}\n'.encode()


def test_little_is_needed_and_the_rest_is_as_designed() -> None:
    config = parse_config(BOX)
    assert config.camera.profile == Profile(1280, 720, 30, 4_000_000, 96_000)
    assert config.limits == LimitsSection(
        lease_s=10_800, film_limit_s=1_800, framing_limit_s=60, idle_lock_s=900, reserve_bytes=200_000_000
    )
    assert config.socket.path_in(Path("/box")) == Path("/box/run/capture.sock")
    assert config.socket.peers == ()


def test_every_number_has_both_its_bounds() -> None:
    assert all(low is not None and high is not None for _, _, low, high in numbers())


@pytest.mark.parametrize(("section", "key", "low", "high"), numbers())
def test_number_out_of_range_names_its_key_and_its_range(section: str, key: str, low: int, high: int) -> None:
    for wrong in (low - 1, high + 1):
        with pytest.raises(ConfigInvalid) as refused:
            parse_config(text(section, key, str(wrong)))
        assert refused.value.detail.startswith(f"{section}.{key}: allowed is a whole number from {low} to {high}")
    for right in (low, high):
        assert getattr(getattr(parse_config(text(section, key, str(right))), section), key) == right


@pytest.mark.parametrize(
    ("toml", "key"),
    [
        (text("limits", "lease", "5"), "limits.lease"),
        (text("limits", "lease_s", '"long"'), "limits.lease_s"),
        (text("limits", "lease_s", "1.5"), "limits.lease_s"),
        (text("camera", "width", "641"), "camera.width"),
        (text("trust", "recovery_proven", "1"), "trust.recovery_proven"),
        (text("web", "address", '"0.0.0.0"'), "web.address"),
        (text("web", "address", '"example.org"'), "web.address"),
        (text("web", "names", '["Not A Name"]'), "web.names"),
        (text("web", "names", '["ok.example", 7]'), "web.names"),
        (text("web", "names", '["127.0.0.1"]'), "web.names"),
        (text("socket", "peers", "[-1]"), "socket.peers"),
        (text("socket", "path", '""'), "socket.path"),
        (b'[box]\nid = "box-ZH47AM"\n', "box.id"),
        (b'[box]\nname = "no id"\n', "box.id"),
        (b"", "box"),
        (b"box = 1\n", "box"),
        (BOX + b"[gate]\nis_open = true\n", "gate"),
        (b"extra = 1\n" + BOX, "extra"),
    ],
)
def test_wrong_setting_names_its_key(toml: bytes, key: str) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        parse_config(toml)
    assert refused.value.detail.startswith(f"{key}: ")
    assert "allowed" in refused.value.detail


@pytest.mark.parametrize("data", [b"[box", b"\xff\xfe", b"box", b'[box]\nid = "a"\nid = "b"\n'])
def test_what_is_not_toml_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigInvalid, match="not TOML"):
        parse_config(data)


def test_missing_file_is_no_box(tmp_path: Path) -> None:
    with pytest.raises(BoxUnusable):
        load_config(tmp_path / "config.toml")


def test_written_settings_read_back_the_same() -> None:
    config = Config(
        box=BoxSection(id="box-zh47am", name='quote " and \\ and ü', provisioned_ms=1_800_000_000_000),
        web=WebSection(address="::1", port=443, names=("box-zh47am.local", "localhost")),
    )
    assert parse_config(write_config(config)) == config


def test_written_settings_spell_out_every_key() -> None:
    tree = tomllib.loads(write_config(parse_config(BOX)).decode())
    assert set(tree) == {"box", "trust", "camera", "limits", "retention", "web", "socket"}
    assert set(tree["limits"]) == {"lease_s", "film_limit_s", "framing_limit_s", "idle_lock_s", "reserve_bytes"}
