#!/usr/bin/env bash
# Brings the lab up, asks the questions that an administrator would, holds the answers against what is known to be true, and takes
# it down. Needs Docker with either Compose, jq, and the program (built here, or given as SAMECA).
set -euo pipefail

lab=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$lab/../../.."

work=$(mktemp -d)
failures=0

compose() {
  if command -v docker-compose >/dev/null; then
    docker-compose -p sameca-lab-test "$@"
  else
    docker compose -p sameca-lab-test "$@"
  fi
}

# quietly COMMAND...: what it says only if it fails.
quietly() {
  if ! "$@" >"$work/log" 2>&1; then
    cat "$work/log" >&2
    echo "lab: failed: $*" >&2
    exit 1
  fi
}

finish() {
  local status=$?
  trap - EXIT
  [ "$status" -eq 0 ] || compose logs --tail=20 2>&1 | sed 's/^/    /' >&2 || echo "lab: no logs" >&2
  compose down -v --remove-orphans >"$work/down" 2>&1 || { cat "$work/down" >&2; status=1; }
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

step() { printf 'lab: %s\n' "$*"; }

# program EXPECTED-STATUS COMMAND ARGUMENT...: one run of the program; its report is in $work/report. $work is /kept there.
program() {
  local expected=$1 status=0
  shift
  compose run --rm -T -v "$work:/kept:ro" sameca "$@" --format json >"$work/report" 2>"$work/errors" </dev/null || status=$?
  if [ "$status" -ne "$expected" ]; then
    echo "lab:   FAILED: exit status $status instead of $expected: $*" >&2
    sed 's/^/    /' "$work/errors" >&2
    jq -r '.headline, (.endpoints[] | "\(.target) \(.address): \(.outcome), \(.reason)")' "$work/report" >&2 || head -c 2000 "$work/report" >&2
    failures=$((failures + 1))
  fi
}

# check EXPECTED-STATUS ARGUMENT...
check() { program "$1" check "${@:2}"; }

# expect SENTENCE FILTER: the filter, which sees the report, gives true.
expect() {
  if jq -e "$2" "$work/report" >/dev/null 2>"$work/errors"; then
    printf 'lab:   %s\n' "$1"
  else
    echo "lab:   FAILED: $1: $2" >&2
    cat "$work/errors" >&2
    jq -c '.verdict, .evidence, .reference, (.endpoints[] | [.target, .address, .roles, .outcome, .ca, .agrees, .tls.version, .tls.possession])' \
      "$work/report" >&2 || head -c 2000 "$work/report" >&2
    failures=$((failures + 1))
  fi
}

# shows TARGET SENTENCE...: `show` prints each of these about a server.
shows() {
  local target=$1 sentence
  shift
  if ! compose run --rm -T sameca show "$target" >"$work/shown" 2>"$work/errors" </dev/null; then
    echo "lab:   FAILED: show $target" >&2
    sed 's/^/    /' "$work/errors" >&2
    failures=$((failures + 1))
    return
  fi
  for sentence in "$@"; do
    if ! grep -qF -- "$sentence" "$work/shown"; then
      echo "lab:   FAILED: show $target does not say: $sentence" >&2
      sed 's/^/    /' "$work/shown" >&2
      failures=$((failures + 1))
      return
    fi
  done
  printf 'lab:   show %s\n' "$target"
}

# program_says EXPECTED-STATUS SENTENCE COMMAND ARGUMENT...: a run that says this on standard error.
program_says() {
  local expected=$1 sentence=$2 status=0
  shift 2
  compose run --rm -T sameca "$@" >"$work/shown" 2>"$work/errors" </dev/null || status=$?
  if [ "$status" -eq "$expected" ] && grep -qF -- "$sentence" "$work/errors"; then
    printf 'lab:   %s: %s\n' "$*" "$sentence"
  else
    echo "lab:   FAILED: exit status $status, or it does not say: $sentence: $*" >&2
    sed 's/^/    /' "$work/errors" >&2
    failures=$((failures + 1))
  fi
}

# said STATE: waits until the run in the background has said so.
said() {
  local try
  for try in {1..300}; do
    if grep -q "$1" "$work/waiting/errors"; then
      printf 'lab:   the run that waits said %s\n' "$1"
      return
    fi
    sleep 0.2
  done
  echo "lab:   FAILED: the run that waits did not say $1 (looked $try times)" >&2
  cat "$work/waiting/errors" >&2
  failures=$((failures + 1))
}

# in_network_of SERVICE COMMAND...: runs with the right to change that container's network.
in_network_of() {
  local id
  id=$(compose ps -q "$1")
  shift
  quietly docker run --rm --network "container:$id" --cap-add NET_ADMIN --entrypoint "$1" sameca-lab "${@:2}"
}

if [ -z "${SAMECA:-}" ]; then
  step 'building the program'
  quietly cargo build --release --locked
  SAMECA=$(cargo metadata --format-version 1 --no-deps | jq -r .target_directory)/release/sameca
fi
export SAMECA
[ -x "$SAMECA" ] || { echo "lab: no program at $SAMECA" >&2; exit 1; }

step 'images'
"$lab/base-image.sh"
quietly compose build

step 'up'
quietly compose down -v --remove-orphans
quietly compose up -d

step 'the good estate'
check 0 -f /estate.toml
expect 'is the same, proven' '.verdict == "same" and .evidence == "proven" and .partial == false'
expect 'the reference is the CA of the front ends' '.reference.from == "front-ends" and (.reference.name | contains("Contoso Issuing CA 01"))'
expect 'inside there is one CA' '[.endpoints[] | select(.group == "internal") | .ca] | unique | length == 1'
expect 'every endpoint is captured and agrees' '.endpoints | all(.outcome == "captured" and .agrees == true)'
expect 'every member of the pool was asked' \
  '[.endpoints[] | select(.port == 443 and (.roles | index("front-end"))) | .address] | unique | length == 3'
expect 'each speaks the version that it was made for' \
  '[.endpoints[] | select(.port == 443) | {(.address): .tls.version}] | add | .["198.51.100.13"] == "TLSv1.0" and .["198.51.100.12"] == "TLSv1.2" and .["198.51.100.21"] == "TLSv1.2"'
expect 'a key exchange signed with SHA-1 proves possession' \
  '[.endpoints[] | select(.address == "198.51.100.12") | .tls.possession] | length > 0 and all(. == "proven")'
expect 'RSA key exchange shows no possession' \
  '[.endpoints[] | select(.address == "198.51.100.13") | .tls.possession] | length > 0 and all(. == "not-shown")'
expect 'ports with MTLS say so, others do not' \
  '.endpoints | all(.tls.client_certificate.requested == (.port == 5061 or .port == 5041))'
expect 'MTLS names the CA that it trusts' \
  '[.endpoints[] | select(.port == 5061) | .tls.client_certificate.authorities[]] | length > 0 and all(contains("Contoso Root CA"))'
expect 'a server that sends its leaf alone is proven by its neighbours' \
  '[.endpoints[] | select(.address == "198.51.100.13" and .port == 443)] | length > 0 and all((.chain | length) == 1 and .evidence == "proven")'

step 'the same from the image that users build: no rights, a read-only root'
mkdir "$work/image"
cp docs/docker/Dockerfile "$work/image/"
cp "$SAMECA" "$work/image/sameca"
quietly docker build --build-arg "BASE=${LAB_BASE:-debian:bookworm-slim}" -t sameca-lab-packaged "$work/image"
status=0
compose run --rm -T packaged check -f /estate.toml --format json >"$work/report" 2>"$work/errors" </dev/null || status=$?
expect "ends with 0 (it was $status) and is the same, proven" "$status == 0 and .verdict == \"same\" and .evidence == \"proven\""
quietly compose run --rm -T --entrypoint sh packaged -c 'test "$(id -u)" = 65532 && ! touch /usr/local/bin/x 2>/dev/null' </dev/null

step 'each server in full'
shows fe01.contoso.test:443 TLSv1.2 TLS_ECDHE_RSA_WITH 'possession    proven' 'client cert   not asked for'
shows fe02.contoso.test:443 TLSv1.2 TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384 'possession    proven' 'client cert   not asked for'
shows fe02.contoso.test:5061 TLSv1.2 TLS_ECDHE_RSA_WITH 'possession    proven' 'client cert   asked for, from 1 CA' 'Contoso Root CA'
shows fe03.contoso.test:443 TLSv1.0 TLS_RSA_WITH_AES_128_CBC_SHA 'possession    not shown' 'client cert   not asked for'
shows fe03.contoso.test:5061 TLSv1.0 'possession    not shown' 'client cert   asked for, from 1 CA' 'Contoso Root CA'
shows pc01.contoso.test:443 TLSv1.2 'possession    proven' 'client cert   not asked for'
shows pc02.contoso.test:5041 TLSv1.2 'possession    proven' 'client cert   asked for, from 1 CA' 'Contoso Root CA'
shows web.contoso.test:443 TLSv1. 'client cert   not asked for'

step 'with the published names'
check 0 -f /estate.toml --group all
expect 'each group is the same in itself' '(.groups | length) == 2 and all(.groups[]; .judged and .verdict == "same")'
expect 'the groups have different CAs' '.cas | length == 2'

step 'the estate as DNS tells of it'
compose run --rm -T sameca discover contoso.test --dns 198.51.100.53 >"$work/discovered.toml" 2>"$work/errors" </dev/null ||
  { echo 'lab:   FAILED: discover' >&2; sed 's/^/    /' "$work/errors" >&2; failures=$((failures + 1)); }
check 0 -f /kept/discovered.toml
expect 'is the same, proven' '.verdict == "same" and .evidence == "proven"'
expect 'every member behind the name of the pool was asked' \
  '[.endpoints[] | select(.host == "lyncpool.contoso.test" and .port == 5061 and .outcome == "captured") | .address] | unique == ["198.51.100.11", "198.51.100.12", "198.51.100.13"]'
expect 'autodiscovery is asked beside it' \
  '[.endpoints[] | select(.host == "lyncdiscoverinternal.contoso.test") | [.outcome, .required]] == [["captured", false]]'
check 0 -f /kept/discovered.toml --group all
expect 'published names have a group and a CA of their own' \
  '(.groups | length) == 2 and ([.endpoints[] | select(.host == "meet.contoso.test" and .group == "external")] | length == 1)'
program_says 3 'any name below it resolves (a wildcard: 198.51.100.31)' discover fabrikam.test --dns 198.51.100.53
program_says 3 'REFUSED' discover northwind.test --dns 198.51.100.53

step 'faults'
check 3 -f /estate-faults.toml --timeout 6s
expect 'is inconclusive' '.verdict == "inconclusive" and .evidence == null'
for fault in silent:timeout closed:refused down:unreachable gone:no_address; do
  expect "${fault%:*} is ${fault#*:}" \
    "[.endpoints[] | select(.host == \"${fault%:*}.contoso.test\") | .outcome] == [\"${fault#*:}\"]"
done
expect 'what is healthy is captured all the same' \
  '[.endpoints[] | select(.host == "fe01.contoso.test") | .outcome] | length == 3 and all(. == "captured")'

step 'a front end is stopped'
quietly compose stop fe02
check 3 -f /estate.toml --timeout 6s
expect 'is inconclusive' '.verdict == "inconclusive"'
expect 'its rows say unreachable' \
  '[.endpoints[] | select(.host == "fe02.contoso.test") | .outcome] | length == 3 and all(. == "unreachable")'
expect 'the others agree' '[.endpoints[] | select(.outcome == "captured") | .agrees] | length > 0 and all(. == true)'
quietly compose up -d

step 'a front end is cut off'
in_network_of fe03 iptables -A INPUT -p tcp -j DROP
check 3 -f /estate.toml --timeout 4s
expect 'is inconclusive' '.verdict == "inconclusive"'
expect 'its rows say timeout' \
  '[.endpoints[] | select(.address == "198.51.100.13") | .outcome] | length > 0 and all(. == "timeout")'
in_network_of fe03 iptables -D INPUT -p tcp -j DROP

step 'everything is back'
check 0 -f /estate.toml

step 'a Persistent Chat server with a certificate of another CA'
PC02_CA=fabrikam quietly compose up -d
check 1 -f /estate.toml
expect 'is different, proven' '.verdict == "different" and .evidence == "proven"'
expect 'it is the one that does not agree' \
  '[.endpoints[] | select(.agrees != true) | .host] | unique == ["pc02.contoso.test"]'
expect 'both CAs are named' '[.cas[].name] | any(contains("Fabrikam Web CA")) and any(contains("Contoso Issuing CA 01"))'

step 'a Persistent Chat server with a certificate of the renewed CA: the same name, a newer key'
PC02_CA=contoso-renewed quietly compose up -d
check 1 -f /estate.toml
expect 'is different, though both CAs have one name' \
  '.verdict == "different" and ([.cas[].name | select(contains("Contoso Issuing CA 01"))] | length == 2 and (unique | length == 1))'
check 0 -f /estate.toml --same ca-name
expect 'is the same by name' '.verdict == "same"'

PC02_CA=contoso quietly compose up -d

step 'a renewal, one front end after the other'
front_ends=(--front-end fe02.contoso.test --front-end fe03.contoso.test)
compose run --rm -T sameca check "${front_ends[@]}" --format ndjson >"$work/before.ndjson" 2>"$work/errors" </dev/null
program 1 renewed --since /kept/before.ndjson
expect 'nothing is renewed yet' '.summary.classes == {"unchanged": 6} and .summary.right == 0'
mkdir "$work/waiting"
compose run --rm -T -v "$work:/kept:ro" sameca renewed --since /kept/before.ndjson --wait 10m --every 2s -v --format json \
  >"$work/waiting/report" 2>"$work/waiting/errors" </dev/null &
waiting=$!
said 'RENEWED 0 of 6'
export FE02_LEAF=fe02-renewed
quietly compose up -d fe02
program 0 renewed --since /kept/before.ndjson --wait 5m --every 2s fe02.contoso.test:443,444,5061
expect 'a server that restarts was waited for' '.summary.classes == {"renewed": 3} and .summary.left_out == 3'
program 1 renewed --since /kept/before.ndjson
expect 'one front end is renewed, the other is not' '.summary.classes == {"renewed": 3, "unchanged": 3}'
expect 'the second is named' '.headline | startswith("3 of 6: fe03 still serves the old certificate on 443, 444 and 5061")'
said 'RENEWED 3 of 6'
export FE03_LEAF=fe03-renewed
quietly compose up -d fe03
status=0
wait "$waiting" || status=$?
cp "$work/waiting/report" "$work/report"
said 'RENEWED 6 of 6'
if [ "$status" -ne 0 ]; then
  echo "lab:   FAILED: exit status $status of the run that waited" >&2
  cat "$work/waiting/errors" >&2
  failures=$((failures + 1))
fi
expect 'the run that waited has seen all renewed' '.answer == "renewed" and .summary.classes == {"renewed": 6} and .summary.right == 6'
expect 'each has a new key, of the same CA, proven' '.endpoints | all(.key == "rekeyed" and .same_ca == true and .evidence == "proven")'
if [ "$failures" -ne 0 ]; then
  echo "lab: $failures expectations failed" >&2
  exit 1
fi
step 'all as it should be'
