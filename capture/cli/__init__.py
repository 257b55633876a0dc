"""The verbs of the `vigcam` command that this room brings. Parses and prints; the work is done elsewhere."""
