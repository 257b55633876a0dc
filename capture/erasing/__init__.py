"""Erasing footage: asked for on the page, carried out after a press, vouched for by a receipt. Nothing here erases by itself."""
