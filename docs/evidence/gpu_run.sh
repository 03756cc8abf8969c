#!/usr/bin/env bash
# The whole proof on a GPU, on a machine that has JAX for it but no network, within a time limit.
#
#   docs/evidence/gpu_run.sh prepare MNIST.npz       where there is a network: fills .carry/
#   docs/evidence/gpu_run.sh run OUTPUT [OPTION...]  on the GPU machine, with .carry/ beside it
#
# `run` takes OPTIONs of `selu-lint train`, such as --device cpu --epochs 1 for a rehearsal. What is
# worth most comes first, and each result is written as it is there; when the time is up it stops
# with what it has. The same command again goes on from there, if OUTPUT is still there.
# OUTPUT/evidence.tar.gz holds all that belongs into docs/evidence/ (a folder for the device).
# Variables: TARGET_PYTHON (3.12) for prepare; PYTHON (python3), KERAS_BACKEND (jax), EXPERIMENTS
# (seed depth best one), SEEDS (the number of seeds of every experiment) and LIMIT (480 seconds) for run.
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
  local output=$1 python=${PYTHON:-python3} limit=${LIMIT:-480} site
  shift
  mkdir -p "$output"
  site=$(mktemp -d)
  "$python" -m pip install --quiet --no-index --no-deps --target "$site" "$carry"/*.whl
  export PYTHONPATH=$site KERAS_BACKEND=${KERAS_BACKEND:-jax}
  export SELU_LINT_MNIST=$PWD/$carry/mnist.npz SELU_LINT_REVISION
  SELU_LINT_REVISION=$(cat "$carry/revision")
  export JAX_COMPILATION_CACHE_DIR=$site/compiled JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0
  local -A seeds=([seed]=10 [depth]=3 [best]=5)
  # How fast one seed trains is measured alone, at the end.
  for experiment in ${EXPERIMENTS:-seed depth best one}; do
    local left=$((limit - SECONDS)) what=(--experiment "$experiment")
    [ "$left" -gt 0 ] || break
    [ "$experiment" != one ] || what=(--recipe seed --variant match)
    "$python" "$site/bin/selu-lint" train "${what[@]}" \
      --seeds "${SEEDS:-${seeds[$experiment]:-1}}" --device gpu --seconds "$left" \
      --output "$output/$experiment" "$@" || echo "$experiment ended with $?" >&2
    echo "$experiment: $SECONDS s of $limit" | tee -a "$output/stages.txt"
    pack "$output"
  done
}

pack() {
  local files=("$1"/*/runs.jsonl)
  [ -e "${files[0]}" ] || return 0
  tar -c -z -f "$site/evidence" -C "$1" --exclude=./evidence.tar.gz .
  mv "$site/evidence" "$1/evidence.tar.gz"
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
