"""The options that several verbs of the command line share: which box, and in what form to answer. Does nothing by itself."""

from __future__ import annotations

from pathlib import Path

import click

box_folder = click.option(
    "--dir", "folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="The box's folder."
)
"""Hands the verb `folder`, which need not exist: that is a refusal, not a wrong use."""

INSTALLED = Path("/var/lib/vigcam")
"""Where a box keeps everything. It is the daemon's own folder there."""

this_box = click.option(
    "--dir",
    "folder",
    default=INSTALLED,
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The box's folder, or one with a copied log.",
)
"""The same for verbs that change nothing: asked on a box, they look at that one."""

as_json = click.option(
    "--json", "style", flag_value="json", default="text", help="Answer with one JSON object on one line of stdout."
)
"""Hands the verb `style`, "json" or "text"."""
