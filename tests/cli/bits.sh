#!/usr/bin/env bash
# The same bits from any number of ranks, from either instruction set, and from a variant alone.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

ends 0 run 1 mini.yaml --output one
for ranks in 2 3 5 17; do # 17 ranks: more workers than the 14 models
  ends 0 run "$ranks" mini.yaml --output "of-$ranks"
  same one/study.h5 "of-$ranks/study.h5"
  no_leftovers "of-$ranks"
done

if grep -qw avx512f /proc/cpuinfo; then
  export ROTE_ISA=v3
  ends 0 run 3 mini.yaml --output narrow
  same one/study.h5 narrow/study.h5
  unset ROTE_ISA
fi

# Without the other variant, and as a study that has this rate for its own.
grep -v 'name: lr4' mini.yaml >alone.yaml
ends 0 run 2 alone.yaml --output alone
for what in log_px effective_samples loss score full; do
  h5diff one/study.h5 alone/study.h5 "/lr3/$what" || fail "lr3/$what differs when the variant runs alone"
done
sed '/^variants:/,$d' mini.yaml >base.yaml
ends 0 run 1 base.yaml --output base --set training.learning_rate=1e-4 --set evaluation.proposal=encoder
h5diff one/study.h5 base/study.h5 /lr4/log_px /base/log_px || fail "lr4 differs from a study of that rate"

# And the comparison sees a difference: another seed gives other bits.
ends 0 run 1 base.yaml --output other --set training.learning_rate=1e-4 --set evaluation.proposal=encoder --set seed=8
if h5diff -q base/study.h5 other/study.h5 /base/log_px; then
  fail "another seed gave the same likelihoods"
fi
