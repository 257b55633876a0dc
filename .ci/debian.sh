#!/bin/bash
# Installs those of the named Debian packages that are missing, asking for root only if something is. Removes and upgrades nothing.
# An argument `a|b` is met by either (the 64-bit time change renamed libraries); the first name that apt knows is installed.
set -euo pipefail

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]; }

missing=()
for wanted in "$@"; do
    found=
    IFS='|' read -ra names <<<"$wanted"
    for name in "${names[@]}"; do
        if is_installed "$name"; then found=$name; fi
    done
    if [ -z "$found" ]; then missing+=("$wanted"); fi
done
if [ "${#missing[@]}" -eq 0 ]; then exit 0; fi

if ! command -v apt-get >/dev/null; then
    echo "These packages are missing, and this is no Debian: ${missing[*]}" >&2
    exit 1
fi
root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "Missing: ${missing[*]}. Install them as root (there is no sudo here), then run make again." >&2
        exit 1
    fi
    root=(sudo)
fi

echo "Installing from Debian: ${missing[*]}" >&2
"${root[@]}" apt-get update -q >&2
names=()
for wanted in "${missing[@]}"; do
    IFS='|' read -ra choices <<<"$wanted"
    for name in "${choices[@]}"; do
        # `apt-cache show` succeeds for real packages only, not for names that others merely provide
        if apt-cache show "$name" >/dev/null 2>&1; then
            names+=("$name")
            break
        fi
    done
done
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${names[@]}" >&2
