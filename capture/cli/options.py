"""The options that several verbs of the command line share: which box, and in what form to answer. Does nothing by itself."""

from __future__ import annotations

from pathlib import Path

import click

box_folder = click.option(
    "--dir", "folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="The box's folder."
)
"""Hands the verb `folder`, which need not exist: that is a refusal, not a wrong use."""

as_json = click.option(
    "--json", "style", flag_value="json", default="text", help="Answer with one JSON object on one line of stdout."
)
"""Hands the verb `style`, "json" or "text"."""
