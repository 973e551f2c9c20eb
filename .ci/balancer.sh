#!/usr/bin/env bash
# deploy/nginx.conf at work: two replicas on loopback behind Debian's nginx. Both are used, and one is stopped and
# started again under load without a failed request. Not part of .ci/run: it wants nginx.
#
#   .ci/balancer.sh target/release/assay
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
binary=$(realpath "${1:?usage: .ci/balancer.sh BINARY}")
work=$(mktemp -d)
mapfile -t ports < <(python3 -c '
import socket
listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*(listener.getsockname()[1] for listener in listeners), sep="\n")')
replicas=()
cleanup() {
  kill "${replicas[@]}" 2>/dev/null || true
  [[ -f $work/nginx.pid ]] && kill "$(cat "$work/nginx.pid")" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

start() { "$binary" serve --listen "127.0.0.1:$1" --log warn >"$work/$1.log" 2>&1 & replicas+=($!); }
ready() { for _ in $(seq 300); do curl -sf "http://127.0.0.1:$1/readyz" >/dev/null && return; sleep 0.1; done; exit 1; }

# The file as it is, but for names that only a network of containers knows.
sed -e "s/assay-1:8080/127.0.0.1:${ports[0]}/; s/assay-2:8080/127.0.0.1:${ports[1]}/" \
  -e "s/listen 8080/listen 127.0.0.1:${ports[2]}/" \
  -e "1i pid $work/nginx.pid; error_log $work/error.log;" \
  -e "s|access_log off;|access_log off; client_body_temp_path $work/body; proxy_temp_path $work/proxy; fastcgi_temp_path $work/f; uwsgi_temp_path $work/u; scgi_temp_path $work/s;|" \
  "$root/deploy/nginx.conf" >"$work/nginx.conf"
start "${ports[0]}" && start "${ports[1]}"
ready "${ports[0]}" && ready "${ports[1]}"
nginx -t -q -c "$work/nginx.conf"
nginx -c "$work/nginx.conf"
ready "${ports[2]}"

cat >"$work/load.py" <<'PY'
"""Requests on connections of their own, as trainers send them; every one must be answered."""
import asyncio, json, sys

port, first, count = map(int, sys.argv[1:])


async def ask(number, room):
    sample = {"prompt": f"What is {number} + 1?", "completion": f"It is {number + 1}."}
    body = json.dumps({"pipeline": "helpful", "samples": [sample]}).encode()
    async with room:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = "POST /v1/score HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\n"
        writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.read()
        writer.close()
    return answer.split(b" ", 2)[1].decode()


async def main():
    room = asyncio.Semaphore(64)
    told = await asyncio.gather(*(ask(number, room) for number in range(first, first + count)))
    failed = [status for status in told if status != "200"]
    print(f"{len(told)} requests, {len(failed)} failed {set(failed) or ''}")
    sys.exit(bool(failed))


asyncio.run(main())
PY
samples() {
  curl -s "http://127.0.0.1:$1/metrics" | awk '/^assay_samples_total.*helpful/ { n += $2 } END { print n + 0 }'
}
echo "both replicas up:"
python3 "$work/load.py" "${ports[2]}" 0 2000
shares=("$(samples "${ports[0]}")" "$(samples "${ports[1]}")")
echo "  of them by replica: ${shares[*]}"
((shares[0] > 400 && shares[1] > 400))

echo "one stopped and started again meanwhile:"
python3 "$work/load.py" "${ports[2]}" 10000 6000 &
load=$!
sleep 1
kill -TERM "${replicas[0]}"
wait "${replicas[0]}"
sleep 1
start "${ports[0]}"
wait "$load"
