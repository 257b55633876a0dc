"""The texts that a person reads before consenting, every version of them. Translates none, and records no consent."""
