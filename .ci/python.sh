#!/usr/bin/env bash
# The Python client and the examples: lints, types, tests, the package. In a virtual environment of its own.
#
#   .ci/python.sh [target/debug/assay]      without a program: over a scripted service only
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
if [[ -n ${1:-} ]]; then
  ASSAY_BIN=$(realpath "$1")
  export ASSAY_BIN
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
export PATH="$work/venv/bin:$PATH" PYTHONDONTWRITEBYTECODE=1
cd "$root/clients/python"

# The wheel is what is tested, not the tree.
pip install --quiet --disable-pip-version-check build
python -m build --wheel --outdir "$work/dist" . >/dev/null
pip install --quiet --disable-pip-version-check "$(echo "$work"/dist/*.whl)[dev]"

ruff check --no-cache . "$root/examples"
ruff format --no-cache --check . "$root/examples"
mypy --cache-dir "$work/mypy"
pytest -p no:cacheprovider
