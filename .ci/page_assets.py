"""Copies what the page needs of the NHS design system out of node_modules, made offline. Fetches nothing.

Taken: the style sheet, the script module, the pictures that the style sheet names, and the package's licence statement. Left
out: fonts fetched from elsewhere (the box phones nobody), source maps, logos. Usage: page_assets.py PACKAGE TARGET.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

FONT = re.compile(r"@font-face\{[^}]*\}")
PICTURE = re.compile(r"url\((/assets/images/([a-z0-9-]+\.svg))\)")
SOURCE_MAP = re.compile(r"\n?(?:/\*|//)# sourceMappingURL=[^\n*]*(?:\*/)?")


def style(text: str) -> tuple[str, set[str]]:
    """The style sheet without foreign fonts, its pictures beside it; returns it and the pictures' names."""
    pictures = {match.group(2) for match in PICTURE.finditer(text)}
    text = PICTURE.sub(r"url(images/\2)", FONT.sub("", SOURCE_MAP.sub("", text)))
    if re.search(r"url\(\s*[\"']?(?:https?:)?//", text):
        raise SystemExit("the style sheet still fetches something from elsewhere")
    return text, pictures


def main() -> None:
    package, target = Path(sys.argv[1]), Path(sys.argv[2])
    built = package / "dist" / "nhsuk"
    shutil.rmtree(target, ignore_errors=True)
    (target / "images").mkdir(parents=True)
    css, pictures = style((built / "nhsuk-frontend.min.css").read_text("utf-8"))
    (target / "nhsuk-frontend.min.css").write_text(css, "utf-8")
    script = SOURCE_MAP.sub("", (built / "nhsuk-frontend.min.js").read_text("utf-8"))
    (target / "nhsuk-frontend.min.js").write_text(script, "utf-8")
    for name in sorted(pictures):
        shutil.copyfile(built / "assets" / "images" / name, target / "images" / name)
    for name in ("README.md", "package.json"):  # they state version and licence (MIT)
        shutil.copyfile(package / name, target / name)


if __name__ == "__main__":
    main()
