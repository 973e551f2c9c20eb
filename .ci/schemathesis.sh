#!/usr/bin/env bash
# Generated requests, out of the service's own OpenAPI document, against a running service: nothing may answer
# 500 or outside its schema, and what the document calls invalid must be refused. Bounded and seeded, so that
# a run can be repeated; schemathesis.toml says what is checked.
#
#   .ci/schemathesis.sh target/debug/assay [options of `schemathesis run`, such as --max-examples 200 --seed 2]
#
# Needs `pip install schemathesis==4.32.5`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=$(realpath "${1:?usage: .ci/schemathesis.sh BINARY [OPTIONS]}")
shift
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url="http://127.0.0.1:$port"
key=fuzz                       # without an admin key, states and references are refused at the door

work=$(mktemp -d)
ASSAY_ADMIN_KEY=$key "$binary" serve --listen "127.0.0.1:$port" --log warn >"$work/serve.log" 2>&1 &
service=$!
cleanup() {
  kill "$service" 2>/dev/null && wait "$service" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

for _ in $(seq 300); do
  curl -sf "$url/readyz" >/dev/null && break
  kill -0 "$service" 2>/dev/null || { cat "$work/serve.log"; exit 1; }
  sleep 0.2
done

status=0
cd "$work"                     # generated examples are kept where it runs
ASSAY_URL=$url PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1 schemathesis --config-file "$here/schemathesis.toml" \
  run "$url/openapi.json" --header "Authorization: Bearer $key" "$@" || status=$?

if ! kill -0 "$service" 2>/dev/null; then
  echo "the service ended during the run:" >&2
  cat "$work/serve.log" >&2
  exit 1
fi
if grep -a panicked "$work/serve.log" >&2; then
  exit 1
fi
exit "$status"
