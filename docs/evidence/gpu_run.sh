#!/usr/bin/env bash
# The experiments on a GPU, on a machine that has JAX (or PyTorch) for it but no network.
#
#   docs/evidence/gpu_run.sh prepare MNIST.npz       where there is a network: fills .carry/
#   docs/evidence/gpu_run.sh run OUTPUT [OPTION...]  on the GPU machine, with .carry/ beside it
#
# `run` takes OPTIONs of `selu-lint train`, such as --device cpu --epochs 1 for a rehearsal. The same
# command again goes on where it was interrupted, if OUTPUT is still there.
# Variables: TARGET_PYTHON (3.12) for prepare; PYTHON (python3), KERAS_BACKEND (jax), EXPERIMENTS
# (seed depth best) and SEEDS (the number of seeds of every experiment) for run.
set -euo pipefail
cd "$(dirname "$0")/../.."
carry=.carry

prepare() {
  rm -rf "$carry" && mkdir -p "$carry"
  cp "$1" "$carry/mnist.npz"
  git rev-parse HEAD >"$carry/revision"
  local platforms=(--platform any)
  for tag in manylinux_2_28 manylinux_2_27 manylinux_2_24 manylinux_2_17 manylinux2014; do
    platforms+=(--platform "${tag}_x86_64")
  done
  python3 -m pip download --quiet --no-deps --only-binary=:all: --implementation cp \
    --python-version "${TARGET_PYTHON:-3.12}" "${platforms[@]}" --dest "$carry" \
    keras==3.15.1 namex==0.1.0 optree==0.20.0
  # Only what is committed is carried, so that the revision says what has been run.
  local source
  source=$(mktemp -d)
  git archive HEAD | tar -x -C "$source"
  python3 -m pip wheel --quiet --no-deps --wheel-dir "$carry" "$source"
  rm -rf "$source"
  ls -l "$carry"
}

run() {
  local output=$1 python=${PYTHON:-python3} site
  shift
  site=$(mktemp -d)
  "$python" -m pip install --quiet --no-index --no-deps --target "$site" "$carry"/*.whl
  export PYTHONPATH=$site KERAS_BACKEND=${KERAS_BACKEND:-jax}
  export SELU_LINT_MNIST=$PWD/$carry/mnist.npz SELU_LINT_REVISION
  SELU_LINT_REVISION=$(cat "$carry/revision")
  # The seeds of one network share its compiled steps.
  export JAX_COMPILATION_CACHE_DIR=$site/compiled JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0
  local -A seeds=([seed]=10 [depth]=3 [best]=5)
  for experiment in ${EXPERIMENTS:-seed depth best}; do
    "$python" "$site/bin/selu-lint" train --experiment "$experiment" \
      --seeds "${SEEDS:-${seeds[$experiment]}}" --device gpu --output "$output/$experiment" "$@"
  done
}

case ${1:-} in
prepare | run)
  [ $# -ge 2 ] || { echo "usage: see the first lines of $0" >&2 && exit 2; }
  "$@"
  ;;
*)
  echo "usage: see the first lines of $0" >&2
  exit 2
  ;;
esac
