"""The append-only log: its lines, their chain, writing and verifying. Holds ids and counts, never a name."""
