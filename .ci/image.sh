#!/usr/bin/env bash
# Builds the image and runs it, without a Docker engine: size, start, health, memory, user, signal. Not part of
# .ci/run: it wants root, Debian, and `apt-get install --no-install-recommends buildah podman runc debootstrap`.
#
#   .ci/image.sh [full|slim ...]      default: both; with BINARY=PATH, of a program that is built already;
#                                     with BINARY=build, by the Dockerfile's own build stage (from nothing: slow)
#
# The bases come from debootstrap and the machine's own Debian mirror. The build stage's has the toolchain and the
# crates of this machine, in the places where the official image keeps its own, and no network for more.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
base=localhost/base:bookworm
rust=localhost/rust:bookworm
key=image-test
work=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
container=assay-image-$$
trap 'podman rm --force --ignore "$container" >/dev/null 2>&1; rm -rf "$work"' EXIT

say() { printf '%-34s %s\n' "$1" "$2"; }
# The limits that the defaults ask for exceed what a nested machine may give.
# No systemd here to run health checks; they are run by hand below.
run() { podman --runtime runc run --no-healthcheck --network=host --ulimit nofile=4096:4096 --ulimit nproc=1024:1024 "$@"; }
now() { date +%s%3N; }

# What the build stage wants of `rust:1-bookworm`.
rust_image() {
  local from
  from=$(buildah from "$base")
  buildah run --isolation chroot "$from" -- sh -c \
    'apt-get update -q && apt-get install -qy --no-install-recommends gcc libc6-dev' >"$work/rust.log"
  for part in bin lib; do
    buildah add --quiet "$from" "$(rustc --print sysroot)/$part" "/usr/local/cargo/$part" >/dev/null
  done
  for part in index cache; do
    buildah add --quiet "$from" "${CARGO_HOME:-$HOME/.cargo}/registry/$part" "/usr/local/cargo/registry/$part" >/dev/null
  done
  buildah config --env CARGO_NET_OFFLINE=true "$from"
  buildah commit --quiet "$from" "$rust" >/dev/null
  buildah rm "$from" >/dev/null
}

cd "$root"
stage=prebuilt
if [[ ${BINARY:-} == build ]]; then
  stage=build
elif [[ -z ${BINARY:-} ]]; then
  cargo build --release --locked --bin assay
  BINARY=${CARGO_TARGET_DIR:-target}/release/assay
fi
if [[ $stage == prebuilt && $BINARY != target/release/assay ]]; then
  mkdir -p target/release && cp "$BINARY" target/release/assay
fi

if ! buildah inspect --type image "$base" >/dev/null 2>&1; then
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -1)
  debootstrap --variant=minbase bookworm "$work/rootfs" "$mirror" >"$work/debootstrap.log"
  rm -rf "$work"/rootfs/var/cache/apt/* "$work"/rootfs/var/lib/apt/lists/*
  from=$(buildah from scratch)
  buildah add --quiet "$from" "$work/rootfs" / >/dev/null
  buildah commit --quiet "$from" "$base" >/dev/null
  buildah rm "$from" >/dev/null
fi

if [[ $stage == build ]]; then
  cargo fetch --locked
  rust_image
else
  rust=$base
fi

for flavour in "${@:-full slim}"; do for flavour in $flavour; do
  image=localhost/assay:$flavour
  buildah bud --quiet --isolation chroot --format docker --build-arg BINARY=$stage --build-arg BASE_IMAGE="$base" \
    --build-arg RUST_IMAGE="$rust" --build-arg FLAVOUR="$flavour" --tag "$image" . >"$work/build.log" 2>&1 \
    || { cat "$work/build.log"; exit 1; }
  bytes=$(buildah inspect --type image --format '{{.Docker.Size}}' "$image" 2>/dev/null || echo 0)
  [[ $bytes =~ ^[1-9] ]] || bytes=$(podman image inspect --format '{{.Size}}' "$image")
  baseline=$(podman image inspect --format '{{.Size}}' "$base")
  say "$flavour: size" "$((bytes / 1000000)) MB, of which the base $((baseline / 1000000)) MB"

  # Open to the network and without a key it must not start.
  if run --rm "$image" >"$work/open.log" 2>&1; then echo "it started without keys"; exit 1; fi
  grep -q 'no key is set' "$work/open.log"
  say "$flavour: without keys" "refuses to start"

  begun=$(now)
  run --detach --name "$container" --read-only --cap-drop=all --security-opt no-new-privileges \
    --env ASSAY_LISTEN="127.0.0.1:$port" --env ASSAY_API_KEYS="$key" "$image" >/dev/null
  until curl -sf "http://127.0.0.1:$port/readyz" >/dev/null; do
    podman inspect "$container" >/dev/null
    (($(now) - begun < 60000)) || { podman logs "$container"; exit 1; }
    sleep 0.02
  done
  say "$flavour: start to ready" "$(($(now) - begun)) ms, the container's own start included"
  podman exec --env ASSAY_URL="http://127.0.0.1:$port" "$container" assay health >/dev/null
  say "$flavour: health check" "passes"
  pid=$(podman inspect --format '{{.State.Pid}}' "$container")
  [[ $(awk '/^Uid/ { print $2 }' "/proc/$pid/status") == 10001 ]]
  say "$flavour: user" "10001, no capabilities, read-only root"
  for number in $(seq 200); do
    body="{\"pipeline\": \"helpful\", \"samples\": [{\"prompt\": \"What is $number + 1?\", \"completion\": \"It is.\"}]}"
    curl -sf "http://127.0.0.1:$port/v1/score" -H 'content-type: application/json' -H "authorization: Bearer $key" \
      -d "$body" >/dev/null
  done
  say "$flavour: memory after 200 requests" "$(awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$pid/status") MB resident"
  begun=$(now)
  podman stop --time 20 "$container" >/dev/null
  say "$flavour: SIGTERM to end" "$(($(now) - begun)) ms, exit code $(podman inspect --format '{{.State.ExitCode}}' "$container")"
  [[ $(podman inspect --format '{{.State.ExitCode}}' "$container") == 0 ]]
  podman rm "$container" >/dev/null
  if [[ $flavour == full ]]; then
    for program in python3 g++ node; do run --rm --entrypoint "$program" "$image" --version | sed -n 1p; done
  fi
done; done
