# shellcheck shell=bash
# slurm_study FILE [EPOCHS]: a study of some seconds on two cores: 15 trainings, 60 evaluations. It has to be under way
# still when it is disturbed a second time.
slurm_study() {
  cat >"$1" <<END
name: small
seed: 7
output: runs/small
data: { file: data.h5, limit: 300, transform: binarize }
model: { kind: mlp_vae, hidden: [64, 32], latent: 8, likelihood: bernoulli }
training: { optimizer: adam, learning_rate: 1e-3, batch: 32, epochs: ${2:-48} }
folds: { count: 3, repeats: 4, full: 3 }
evaluation: { every: 12, proposal: encoder, samples: 32, noise: shared }
checkpoint: { every: 1, keep: last }
END
}
