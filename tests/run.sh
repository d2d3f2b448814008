#!/usr/bin/env bash
# All tests: install, build with warnings as errors, run; then the unit tests once more under the address and
# undefined-behaviour sanitizers. Arguments go to ctest: tests/run.sh -R score, or -LE slow to leave out the few that
# take minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
. jobs/install.sh

need "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
if [ "$(id -u)" -eq 0 ]; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
# Real images for the import tests, if they lie beside the checkout.
if [ -z "${ROTE_CIFAR_JPEG:-}" ] && [ -d ../shared/data/cifar10-jpeg ]; then
  ROTE_CIFAR_JPEG=$(cd ../shared/data/cifar10-jpeg && pwd)
  export ROTE_CIFAR_JPEG
fi
build dev build-dev
# The build with the sanitizers takes only the time that the tests leave, many of which wait. As a job of its own group
# it ends with this script.
set -m
(renice -n 19 "$BASHPID" >/dev/null && build asan build-asan) &
sanitized=$!
set +m
trap 'kill -- "-$sanitized" 2>/dev/null || true' EXIT
# One more than there are cores: many scripts wait, for a kill or for a rank that is silent.
ctest --test-dir build-dev --parallel "$(($(nproc) + 1))" --output-on-failure --no-tests=error "$@"
wait "$sanitized" || {
  echo "tests/run.sh: the build with the sanitizers failed; the reason is above, among the tests" >&2
  exit 1
}
trap - EXIT
ctest --test-dir build-asan --parallel "$(nproc)" --output-on-failure --no-tests=ignore -L unit "$@"
