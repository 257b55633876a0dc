#!/bin/bash
# Puts into a folder what `make bench` measures against and Debian has: nginx, unpacked and never installed, so that no service
# starts and nothing on this machine changes. Does nothing where nginx is there already. Use: .ci/peers.sh build/peers
set -euo pipefail

folder=$1
PATH=$PATH:/usr/sbin
if command -v nginx >/dev/null || [ -x "$folder/usr/sbin/nginx" ]; then exit 0; fi
if ! command -v apt-get >/dev/null; then
    echo "nginx is missing, and this is no Debian" >&2
    exit 1
fi
if ! apt-cache show nginx >/dev/null 2>&1; then
    root=()
    if [ "$(id -u)" -ne 0 ]; then root=(sudo); fi
    "${root[@]}" apt-get update -q >&2
fi

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]; }

# The program, and those libraries of it that are not on this machine.
wanted=(nginx)
while read -r name; do
    if ! is_installed "$name"; then wanted+=("$name"); fi
done < <(apt-cache depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces nginx |
    sed -n 's/^ *Depends: \(lib[^ <>]*\)$/\1/p')

packages=$(mktemp -d)
trap 'rm -rf "$packages"' EXIT
# Where root asks, apt's own download user may not write there.
(cd "$packages" && apt-get download -q -o APT::Sandbox::User=root "${wanted[@]}" >&2)
mkdir -p "$folder"
for package in "$packages"/*.deb; do dpkg -x "$package" "$folder"; done
test -x "$folder/usr/sbin/nginx"
