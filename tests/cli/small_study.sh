#!/usr/bin/env bash
# small_study.sh ROTE DIRECTORY: a finished study of 400 digits in DIRECTORY, for tests that need real likelihoods.
# K = R = 5: p-values just below 0.05 and 0.01 are there (0.0403 and 0.0067).
program=$1 output=$2
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh" "$program"

cat >small.yaml <<'END'
name: small
seed: 11
data: { file: data.h5, limit: 400, transform: binarize }
model: { kind: mlp_vae, hidden: [128, 64], latent: 8, likelihood: bernoulli }
training: { optimizer: adam, learning_rate: 1e-3, batch: 32, epochs: 20 }
folds: { count: 5, repeats: 5, full: 0 }
evaluation: { every: 20, proposal: encoder, samples: 32, noise: independent }
checkpoint: { every: 20, keep: none }
END
rm -rf "$output"
ends 0 run 3 small.yaml --output "$output"
