#!/usr/bin/env bash
# Provides the image that the lab's images are built from, `debian:bookworm-slim`, or the name in LAB_BASE: the one that is
# there; else pulled; else, where no registry can be reached, made with debootstrap from the mirror that this machine's own apt
# uses.
set -euo pipefail

image=${LAB_BASE:-debian:bookworm-slim}
suite=bookworm

say() { printf 'base-image: %s\n' "$*"; }

# The first Debian mirror that apt is configured with, in either of apt's formats.
mirror() {
  local file
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -e "$file" ] || continue
    awk '
      function flush() { if (deb && uri != "" && suites ~ /(^| )(bookworm|stable)( |$)/) { print uri; exit } deb = 0; uri = suites = "" }
      /^[[:space:]]*$/ { flush(); next }
      /^#/ { next }
      tolower($1) == "types:" { deb = / deb( |$)/ }
      tolower($1) == "uris:" { uri = $2 }
      tolower($1) == "suites:" { sub(/^[^:]*:[[:space:]]*/, ""); suites = $0 }
      END { flush() }
    ' "$file"
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -e "$file" ] || continue
    sed -E 's/\[[^]]*\]//' "$file" | awk '$1 == "deb" && ($3 == "bookworm" || $3 == "stable") { print $2 }'
  done
}

if docker image inspect "$image" >/dev/null 2>&1; then
  say "$image is there"
  exit 0
fi

say "pulling $image"
if timeout 60 docker pull "$image"; then
  exit 0
fi

say "$image cannot be pulled; making it"
mirror=$(mirror | head -n 1)
mirror=${mirror:-http://deb.debian.org/debian}
if ! command -v debootstrap >/dev/null; then
  echo "base-image: debootstrap is missing: apt-get install debootstrap" >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
say "debootstrap $suite from $mirror"
if ! debootstrap --variant=minbase "$suite" "$work/root" "$mirror" >"$work/log" 2>&1; then
  tail -n 30 "$work/log" >&2
  exit 1
fi
rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/lib/apt/lists/* "$work"/root/usr/share/{doc,locale,man}/*
# As in Debian's own images: no package starts a service while it is installed.
printf '#!/bin/sh\nexit 101\n' >"$work/root/usr/sbin/policy-rc.d"
chmod +x "$work/root/usr/sbin/policy-rc.d"
tar -C "$work/root" -c . | docker import --change 'CMD ["bash"]' - "$image"
say "made $image"
