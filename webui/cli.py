"""The `vigcam` command: assembles the verbs that each room contributes, turns refusals into words. Does no work itself.

Exit codes: 0 good, 1 refused or not found, 2 wrong use, 3 damaged.
"""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import version

import click

from capture.errors import VigcamError
from webui.cli_words import exit_code, words

VERBS = {
    "audit": "capture.cli.audit:audit",
    "demo": "webui.demo.command:demo",
    "keygen": "capture.cli.seal:keygen",
    "provision": "capture.cli.box:provision",
    "rewrap": "capture.cli.rewrap:rewrap",
    "run": "webui.demo.run_command:run",
    "status": "capture.cli.box:status",
    "unseal": "capture.cli.seal:unseal",
}
"""Each verb's click command, imported only when that verb is used: `vigcam status` must not wait for a video codec to load."""


class Verbs(click.Group):
    """A click group that imports a verb when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return sorted(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  (click's signature)
        if cmd_name not in VERBS:
            return None
        module, _, name = VERBS[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command


@click.command(cls=Verbs)
@click.version_option(version("vigcam"), prog_name="vigcam")
def vigcam() -> None:
    """The camera that films by consent and button only, and seals what it films."""


def main() -> None:
    """Entry point. A refusal becomes one clear line on stderr, never a traceback; a defect of ours keeps its traceback."""
    try:
        vigcam(prog_name="vigcam")
    except VigcamError as refusal:
        click.echo(f"vigcam: {words(refusal)}", err=True)
        sys.exit(exit_code(refusal))


if __name__ == "__main__":
    main()
