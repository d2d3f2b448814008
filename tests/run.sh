#!/usr/bin/env bash
# All tests: install, build with warnings as errors, run; then the unit tests once more under the address and
# undefined-behaviour sanitizers. Arguments go to ctest: tests/run.sh -R score, or -LE slow to leave out the one study
# that takes minutes.
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
build asan build-asan
ctest --test-dir build-asan --parallel "$(nproc)" --output-on-failure --no-tests=ignore -L unit "$@"
build dev build-dev
# One more than there are cores: many scripts wait, for a kill or for a rank that is silent.
ctest --test-dir build-dev --parallel "$(($(nproc) + 1))" --output-on-failure --no-tests=error "$@"
