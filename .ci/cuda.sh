#!/usr/bin/env bash
# Builds assay for NVIDIA GPUs on a machine that has neither a GPU nor CUDA, and says what the program needs. Not
# part of .ci/run: it fetches 1.2 GB (as Python wheels) and takes some 35 minutes of processor time the first time.
#
#   .ci/cuda.sh [CARGO ARGUMENTS]    default: build --release --locked --features cuda --bin assay
#
#   CARGO_TARGET_DIR   where it builds               (target/cuda)
#   CUDA_COMPUTE_CAP   the oldest GPU to serve       (80: A100 and newer; 75 is the oldest that CUDA 13 knows)
#   SCRATCH            where the toolkit is put      ($CARGO_TARGET_DIR/toolkit; removed when all went well,
#                                                     unless KEEP=1)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target/cuda}
export CUDA_COMPUTE_CAP=${CUDA_COMPUTE_CAP:-80}
mkdir -p "$CARGO_TARGET_DIR"
CARGO_TARGET_DIR=$(realpath "$CARGO_TARGET_DIR")
scratch=$(realpath -m "${SCRATCH:-$CARGO_TARGET_DIR/toolkit}")
arguments=("$@")
if (($# == 0)); then arguments=(build --release --locked --features cuda --bin assay); fi

step() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }

step "compiler and libraries, in $scratch"
mkdir -p "$scratch"
[[ -x $scratch/venv/bin/pip ]] || python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --disable-pip-version-check --no-deps --no-cache-dir --progress-bar off \
  -r .ci/cuda-requirements.txt
toolkit=$(realpath "$scratch"/venv/lib/python3*/site-packages/nvidia/cu13)

step "laid out as a toolkit"
# The wheels have no development links; a name like libcudart.so is what the linker looks for.
for library in cudart cublas cublasLt curand nvrtc; do
  versioned=("$toolkit"/lib/lib$library.so.*)
  ln -sf "$(basename "${versioned[0]}")" "$toolkit/lib/lib$library.so"
done
ln -sfn lib "$toolkit/lib64"
# The driver's library comes with the driver, which is not here. To link, a library of its name with its functions
# will do; the loader takes the real one.
mkdir -p "$toolkit/lib/stubs"
driver=$(cargo metadata --format-version 1 --locked --features cuda \
  | python3 -c 'import json, os, sys
packages = json.load(sys.stdin)["packages"]
print(next(os.path.dirname(p["manifest_path"]) for p in packages if p["name"] == "cudarc"))')/src/driver/sys
grep -rhoE 'fn cu[A-Z][A-Za-z0-9_]*' "$driver" | sort -u | sed 's/fn \(.*\)/void \1(void) {}/' >"$scratch/libcuda.c"
gcc -shared -fPIC -Wl,-soname,libcuda.so.1 -o "$toolkit/lib/stubs/libcuda.so" "$scratch/libcuda.c"
echo "$(wc -l <"$scratch/libcuda.c") functions of the driver"

step "cargo ${arguments[*]} (compute capability $CUDA_COMPUTE_CAP)"
export CUDA_HOME=$toolkit CUDA_PATH=$toolkit PATH=$toolkit/bin:$PATH CUDARC_CUDA_VERSION=13000
# candle-kernels says nothing while nvcc works through its files, which takes longest.
while sleep 60; do
  printf '   %d s, kernels: %d\n' "$SECONDS" \
    "$(find "$CARGO_TARGET_DIR" -path '*candle-kernels*' \( -name '*.ptx' -o -name '*.o' \) 2>/dev/null | wc -l)"
done &
heartbeat=$!
trap 'kill "$heartbeat" 2>/dev/null' EXIT
cargo "${arguments[@]}"
kill "$heartbeat"

binary=$CARGO_TARGET_DIR/release/assay
if (($# == 0)); then
  step "what it is"
  strip -o "$scratch/assay" "$binary"
  printf 'size %.1f MB, stripped %.1f MB\n' "$(stat -c %s "$binary")e-6" "$(stat -c %s "$scratch/assay")e-6"
  echo "needs at run time:"
  readelf -d "$binary" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/  \1/p'
  readelf -d "$binary" | grep -q 'libcuda\.so\.1'
fi
[[ ${KEEP:-} == 1 ]] || rm -rf "$scratch"
step "done: $binary"
