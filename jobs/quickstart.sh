#!/usr/bin/env bash
# The main job on the digits that come with Rote: install, build, import, run, show, report. Nothing is asked; what is
# done already is skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
. jobs/install.sh

need "${BUILD_PACKAGES[@]}"
build release build -DROTE_TESTS=OFF
[ -f data/mnist-2000.h5 ] || build/rote import mnist jobs/data -o data/mnist-2000.h5
launch build/rote run jobs/quickstart.yaml
build/rote report runs/quickstart
