"""The seal: age v1 files made and opened on `cryptography`. Knows no recording, no case and no folder; holds no key at rest."""
