#!/usr/bin/env bash
# reference.sh ROTE DIRECTORY: the study of study.sh by one process, undisturbed; in DIRECTORY-short with 12 epochs.
output=$2
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/../cli/common.sh" "$1"
# shellcheck source=tests/slurm/study.sh
. "$(dirname "$0")/study.sh"
slurm_study study.yaml
slurm_study short.yaml 12
rm -rf "$output" "$output-short"
ends 0 run 1 study.yaml --output "$output"
ends 0 run 1 short.yaml --output "$output-short"
