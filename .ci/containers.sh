#!/usr/bin/env bash
# The code verifier's cases, hostile ones included, in real containers: which isolation each gets, and whether every
# verdict is right in it. Not part of .ci/run: it wants root, `podman` and `runc`, and the image of `.ci/image.sh full`.
#
#   .ci/containers.sh PROGRAM [group ...]      in another image with IMAGE=NAME
#
# After each profile: the service is ready, no process of a run is left, and its memory is back.
set -euo pipefail
cd "$(dirname "$0")/.."
program=$(realpath "$1")
shift
image=${IMAGE:-localhost/assay:full}
work=$(mktemp -d)
container=assay-code-$$
key=code-test
trap 'podman rm --force --ignore "$container" >/dev/null 2>&1; rm -rf "$work"' EXIT

# Docker's default profile refuses namespaces and mounts to whoever has no CAP_SYS_ADMIN. It is written here as the
# difference from allowing everything, so that only this is tested. 0x7e020000: the flags of new namespaces.
cat >"$work/docker.json" <<'PROFILE'
{ "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["unshare", "setns", "mount", "umount", "umount2", "pivot_root", "open_tree", "move_mount", "fsopen",
                "fsmount", "fsconfig", "fspick", "mount_setattr", "bpf", "keyctl", "add_key", "request_key",
                "perf_event_open", "userfaultfd", "kexec_load", "quotactl"],
      "action": "SCMP_ACT_ERRNO", "errnoRet": 1 },
    { "names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38 },
    { "names": ["clone"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1 }
  ] }
PROFILE
python3 - "$work/docker.json" <<'FLAGS'
import json, sys
profile = json.load(open(sys.argv[1]))
clone = profile["syscalls"].pop()
for flag in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
    args = [{"index": 0, "value": flag, "valueTwo": flag, "op": "SCMP_CMP_MASKED_EQ"}]
    profile["syscalls"].append({**clone, "args": args})
json.dump(profile, open(sys.argv[1], "w"))
FLAGS

ready() { curl -sf -o /dev/null "$url/readyz"; }
# The interpreters of boxes have no children, once nothing runs.
left() { podman top "$container" hpid hppid args 2>/dev/null | awk '/python3 -I -X utf8/ { server[$1] } { parent[$1] = $2 }
  END { for (pid in parent) if (parent[pid] in server) count++; print count + 0 }'; }
memory() { awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$(podman inspect --format '{{.State.Pid}}' "$container")/status"; }

failed=0
try() {
  local name=$1 line before
  shift
  url=http://127.0.0.1:$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  podman --runtime runc run --detach --no-healthcheck --network=host --ulimit nofile=4096:4096 --ulimit nproc=4096:4096 \
    --name "$container" --volume "$program:/usr/local/bin/assay:ro" --env ASSAY_LISTEN="${url#http://}" \
    --env ASSAY_API_KEYS="$key" "$@" "$image" >/dev/null
  for _ in $(seq 1200); do ready && break; sleep 0.1; done
  before=$(memory)
  line=$(python3 .ci/code_cases.py "$url" "$key" "${groups[@]}") || failed=1
  for _ in $(seq 100); do [[ $(left) == 0 ]] && break; sleep 0.1; done
  IFS=$'\t' read -r tier asked unasked wrong missing <<<"$line"
  printf '| %s | `%s` | %s | %s | %s | %s | %s to %s MB |\n' "$name" "$tier" "$asked" "$unasked" "$wrong" "$(left)" "$before" "$(memory)"
  [[ -z $missing ]] || echo "  ($missing)" >&2
  [[ $(left) == 0 ]] || failed=1
  podman rm --force "$container" >/dev/null
}

groups=("$@")
echo '| container | isolation | cases asked | not askable there | wrong | processes left | service before and after |'
echo '|---|---|---|---|---|---|---|'
try "podman, default profile"
try "podman, \`--cap-drop=all --read-only\`, no new privileges" --cap-drop=all --read-only --security-opt no-new-privileges
try "namespaces forbidden, as by Docker's profile" --security-opt seccomp="$work/docker.json"
try "the same, \`--cap-drop=all --read-only\`" --security-opt seccomp="$work/docker.json" --cap-drop=all --read-only \
  --security-opt no-new-privileges
exit "$failed"
