"""The architecture as rules: who may import whom, who may use what, how a file looks. Each rule names the files that break it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest
from source_tree import ROOMS, ROOT, Module, committed_files, is_within, modules

LONGEST_FILE = 300

COMMAND_LINE = ("capture.cli",)

ONLY_IN = {
    "picamera2": ("device",),
    "libcamera": ("device",),
    "gpiozero": ("device",),
    "cv2": ("device",),
    "numpy": ("device",),
    "av": ("device", "webui.demo.film"),
    "flask": ("webui",),
    "flask_wtf": ("webui",),
    "flask_babel": ("webui",),
    "werkzeug": ("webui",),
    "granian": ("webui.serving",),
    "sqlite3": ("capture.catalogue", "capture.schema", "capture.recordings"),
    "cryptography": (
        "capture.seal",
        "capture.keyring",
        "capture.device_key",
        "capture.consent.statements",
        "capture.tls",
        "capture.words",
        "webui.leaf",
    ),
    "click": (*COMMAND_LINE, "webui.cli", "webui.demo", "webui.__main__"),
    "rich": (*COMMAND_LINE, "webui.demo"),
}
"""Who may use which driver or library. A new user is a decision, made here."""

WEBUI_MAY = ("client", "messages", "model", "ids", "errors", "seal", "container", "notices")

HARDWARE_CHOICE = {
    "capture.__main__": ("device",),
    "capture.cli.box": ("device.clock", "device.disk", "device.ports", "device.errors"),
}
"""Everything else in `capture` sees hardware through its ports alone. Provisioning needs a disk and a clock, no more."""


def _breaking(rule: dict[str, list[str]]) -> str:
    return "; ".join(f"{path}: {', '.join(found)}" for path, found in sorted(rule.items()))


def _of(room: str) -> list[Module]:
    return [module for module in modules() if module.path.startswith(room + "/")]


def test_device_imports_neither_capture_nor_webui() -> None:
    found = {m.path: [i for i in m.imports if is_within(i, "capture", "webui")] for m in _of("device")}
    assert not any(found.values()), _breaking({p: i for p, i in found.items() if i})


def test_capture_does_not_import_webui() -> None:
    found = {m.path: [i for i in m.imports if is_within(i, "webui")] for m in _of("capture")}
    assert not any(found.values()), _breaking({p: i for p, i in found.items() if i})


def test_capture_sees_of_device_only_its_ports_and_errors() -> None:
    found = {}
    for module in _of("capture"):
        allowed = HARDWARE_CHOICE.get(module.name, ("device.ports", "device.errors"))
        wrong = [name for name in module.imports if is_within(name, "device") and not is_within(name, *allowed)]
        if wrong:
            found[module.path] = wrong
    assert not found, _breaking(found)


def test_webui_sees_of_capture_only_what_a_page_needs_and_nothing_of_device() -> None:
    allowed = tuple(f"capture.{name}" for name in WEBUI_MAY)
    found = {}
    for module in _of("webui"):
        wrong = [n for n in module.imports if is_within(n, "device") or (is_within(n, "capture") and not is_within(n, *allowed))]
        if wrong:
            found[module.path] = wrong
    assert not found, _breaking(found)


def test_seal_and_container_know_no_daemon() -> None:
    allowed = ("capture.seal", "capture.container", "capture.errors", "device.ports")
    found = {}
    for module in modules():
        if module.path.startswith(("capture/seal/", "capture/container/")):
            wrong = [n for n in module.imports if is_within(n, *ROOMS) and not is_within(n, *allowed)]
            if wrong:
                found[module.path] = wrong
    assert not found, _breaking(found)


@pytest.mark.parametrize("package", ["recorder", "take", "audit"])
def test_what_films_and_what_logs_knows_neither_families_nor_the_desk(package: str) -> None:
    found = {}
    for module in modules():
        if module.path.startswith(f"capture/{package}/"):
            wrong = [n for n in module.imports if is_within(n, "capture.consent", "capture.desk", "capture.cli")]
            if wrong:
                found[module.path] = wrong
    assert not found, _breaking(found)


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_library_is_used_only_where_it_belongs(library: str) -> None:
    found = [
        m.path for m in modules() if any(is_within(i, library) for i in m.imports) and not is_within(m.name, *ONLY_IN[library])
    ]
    assert not found, f"{library} is imported by {found}"


@pytest.mark.parametrize("never", ["pickle", "marshal", "shelve", "multiprocessing"])
def test_no_module_uses(never: str) -> None:
    found = [m.path for m in modules() if any(is_within(i, never) for i in m.imports)]
    assert not found, f"{never} is imported by {found}"


def test_web_process_loads_no_hardware_no_vault_and_no_keyring() -> None:
    program = "import sys, webui.app; print('\\n'.join(sorted(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    forbidden = ("cv2", "gpiozero", "picamera2", "av", "sqlite3", "capture.vault", "capture.catalogue", "capture.keyring")
    forbidden += ("capture.recorder", "capture.audit", "capture.device_key", "device.panel", "device.scene")
    assert not [name for name in loaded.stdout.split() if is_within(name, *forbidden)]


def test_environment_is_read_only_where_a_process_starts() -> None:
    reads = re.compile(r"\bos\.(environ|getenv)\b")
    assert not [m.path for m in modules() if reads.search(m.text) and not m.path.endswith("__main__.py")]


def test_no_global_statement() -> None:
    found = [m.path for m in modules() if any(isinstance(n, ast.Global) for n in ast.walk(ast.parse(m.text)))]
    assert not found


def test_files_stay_short() -> None:
    found = {path: len(path.read_text("utf-8").splitlines()) for path in committed_files() if path.suffix == ".py"}
    assert not {path.relative_to(ROOT).as_posix(): length for path, length in found.items() if length > LONGEST_FILE}


def test_every_module_says_in_its_first_line_what_it_is() -> None:
    silent = [
        m.path for m in modules() if m.text.strip() and len((ast.get_docstring(ast.parse(m.text)) or "").split("\n")[0]) < 30
    ]
    assert not silent


def test_no_module_is_a_drawer_for_everything() -> None:
    assert not [m.path for m in modules() if re.search(r"(^|/)(util|utils|helper|helpers|common|misc)(\.py|/)", m.path)]


def test_no_file_names_a_registry_or_a_place_on_a_developers_machine() -> None:
    hosts = (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("deb", "debian", "org"))
    places = ("/" + "work/", "/" + "root/", "/" + "home/", "/" + "opt/pypi")
    words = [".".join(host).encode() for host in hosts] + [place.encode() for place in places]
    found = {}
    for path in committed_files():
        data = path.read_bytes()
        named = [word.decode() for word in words if word in data]
        if named:
            found[path.relative_to(ROOT).as_posix()] = named
    assert not found, _breaking(found)


def test_locks_name_no_address() -> None:
    for lock in ("requirements.lock", ".ci/node.lock"):
        text = (ROOT / lock).read_text("utf-8")
        assert "://" not in text, lock
        assert not re.search(r"^\s*(-i|--index|--extra-index|--find-links)", text, re.MULTILINE), lock
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text("utf-8")


def test_lock_holds_a_hash_for_every_package() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    packages = re.split(r"\n(?=\S)", text.strip())
    assert len(packages) > 20
    assert not [package.splitlines()[0] for package in packages if "--hash=sha256:" not in package]
