#!/usr/bin/env bash
# Makes codes for a product and saves them as CSV. Needs bash and curl 7.76 or newer.
#
#   export CODEMINT_URL=http://127.0.0.1:3000 CODEMINT_TOKEN=…
#   examples/curl.sh /01/09312345551927 1000 codes.csv
set -euo pipefail

usage="usage: curl.sh <product id> <quantity> [file]"
product=${1:?"$usage"}
quantity=${2:?"$usage"}
file=${3:-codes.csv}
url=${CODEMINT_URL:?is not set: the address of the API, such as http://127.0.0.1:3000}
: "${CODEMINT_TOKEN:?is not set: a token of a user of the API}"

# Calls the API. The token goes by a file, since everybody on the machine can read the arguments of a process.
call() {
  curl --silent --show-error --fail-with-body --header @<(printf 'Authorization: Bearer %s' "$CODEMINT_TOKEN") "$@"
}

# Reads: may be repeated, so what passes (429, 503, a connection refused) is tried again.
read_again() {
  call --retry 5 --retry-connrefused "$@"
}

# One field of an answer. For nested answers take a JSON reader such as jq.
field() {
  sed -nE "s/.*\"$1\":\"?([^\",}]*).*/\1/p"
}

fail() {
  echo "$1" >&2
  exit 1
}

# 1. Ask for the codes. The job is accepted or refused as a whole.
body=$(printf '{"type":"sgtin","product":"%s","quantity":%s,"length":8}' "$product" "$quantity")
answer=$(call --header 'Content-Type: application/json' --data "$body" "$url/items/identifier_job?fields=id") ||
  fail "No job was made. $answer"
job="$url/items/identifier_job/$(field id <<<"$answer")"

# 2. Wait for them.
while true; do
  answer=$(read_again "$job?fields=status,quantity_created,error_message") || fail "$answer"
  status=$(field status <<<"$answer")
  echo "$status: $(field quantity_created <<<"$answer" | sed 's/null/0/') of $quantity codes" >&2
  case $status in
    complete) break ;;
    error) fail "The job failed: $(field error_message <<<"$answer")" ;;
  esac
  sleep 1
done

# 3. Fetch them. The file has its name when it is whole.
read_again --compressed --output "$file.part" "$job/codes.csv" || fail "$(cat "$file.part")"
mv "$file.part" "$file"
echo "$file"
