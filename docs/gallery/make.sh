#!/usr/bin/env bash
# Makes the gallery again from the demo estate: docs/gallery/make.sh [PROGRAM]
# It needs jq and Chromium. The demo listens on loopback, at ports that the system chooses; its observations get the
# addresses and ports that such an estate has. Dates are those of the day it is made.
set -euo pipefail
cd "$(dirname "$0")/../.."

sameca=${1:-target/debug/sameca}
gallery=docs/gallery
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Different CAs end with 1, which is what the demo is for.
told() {
  local code=0
  "$@" || code=$?
  [ "$code" -le 1 ]
}

told "$sameca" demo --quiet --format ndjson --output "$work/demo.ndjson"
jq -c -s '
  (map(.host) | unique) as $hosts
  | group_by(.host)[]
  | sort_by(.port)
  | to_entries[]
  | .key as $number
  | .value
  | .port = [443, 5061][$number]
  | .address = "192.0.2.\(11 + (.host as $host | $hosts | index($host)))"
  | .target = "\(.host):\(.port)"
  | if .roles == ["front-end"] then .pool = "lyncpool.contoso.com" else . end
' "$work/demo.ndjson" >"$work/estate.ndjson"

judge() {
  told env -u COLUMNS LC_ALL=C.UTF-8 "$sameca" judge --no-system-roots "$work/estate.ndjson" "$@"
}

judge --format table >"$gallery/table.txt"
judge --format table --ascii >"$gallery/table-ascii.txt"
judge --quiet --format requirement >"$gallery/requirement.txt"
judge --quiet --format html --output "$gallery/report.html"

# shot FILE WIDTHxHEIGHT PAGE [OPTION]...
shot() {
  local file=$1 size=$2 page=$3
  shift 3
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/profile" \
    --screenshot="$PWD/$gallery/$file" --window-size="$size" "$@" "file://$page" 2>"$work/log" ||
    { cat "$work/log" >&2; exit 1; }
}

shot report-light.png 1100,1240 "$PWD/$gallery/report.html" --blink-settings=preferredColorScheme=1
shot report-dark.png 1100,1240 "$PWD/$gallery/report.html" --blink-settings=preferredColorScheme=0
# A window is never as narrow as a telephone; a frame is.
printf '<!DOCTYPE html><body style="margin:0;background:#777;text-align:center"><iframe src="%s" width="360" height="1400" style="border:0"></iframe>' \
  "$PWD/$gallery/report.html" >"$work/phone.html"
shot report-phone.png 500,1400 "$work/phone.html" --blink-settings=preferredColorScheme=1
