#!/usr/bin/env bash
# Property-based requests, made from the service's own OpenAPI document, against a running service: nothing
# may answer 5xx (503 is overload, and documented) or outside its schema, and what the document calls
# invalid must be refused. Bounded and seeded, so that a run can be repeated.
#
#   .ci/schemathesis.sh target/debug/assay [more options for `schemathesis run`]
#
# Needs `pip install schemathesis==4.32.5`. EXAMPLES, SEED and PORT may be set.
set -euo pipefail
binary=$(realpath "${1:?usage: .ci/schemathesis.sh BINARY [OPTIONS]}")
shift
port=${PORT:-$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')}
url="http://127.0.0.1:$port"
key=fuzz                       # state, references and hot loading are refused without an admin key

work=$(mktemp -d)
ASSAY_ADMIN_KEY=$key nice "$binary" serve --listen "127.0.0.1:$port" --log warn >"$work/serve.log" 2>&1 &
service=$!
cleanup() {
  kill "$service" 2>/dev/null && wait "$service" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

for _ in $(seq 100); do
  curl -sf "$url/readyz" >/dev/null && break
  kill -0 "$service" 2>/dev/null || { cat "$work/serve.log"; exit 1; }
  sleep 0.2
done

cd "$work"                     # Hypothesis keeps its examples where it runs
status=0
# - `unsupported_method` is left out: the router's own 405 has no operation in the document to compare with.
# - `positive_data_acceptance` is left out: what a schema cannot say (names of pipelines, arities, equal
#   lengths) is refused with 404 or 422, rightly.
# - `ignored_auth` does not apply: callers need no key here, only writing does.
nice schemathesis run "$url/openapi.json" \
  --checks all \
  --exclude-checks positive_data_acceptance,ignored_auth,unsupported_method \
  --phases examples,coverage,fuzzing \
  --max-examples "${EXAMPLES:-40}" --seed "${SEED:-1}" --workers 1 \
  --request-timeout 30 --suppress-health-check all \
  --header "Authorization: Bearer $key" \
  "$@" || status=$?

if ! kill -0 "$service" 2>/dev/null; then
  echo "the service stopped during the run:" >&2
  cat "$work/serve.log" >&2
  exit 1
fi
if grep -a "panicked" "$work/serve.log" >&2; then
  status=1
fi
exit "$status"
