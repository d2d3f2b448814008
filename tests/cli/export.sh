#!/usr/bin/env bash
# Tables of a finished study: as the csv and json modules, pandas, R and h5py read them, they hold what study.h5 does,
# whatever names the images have and whatever is missing; the images of the highest scores; and what cannot be had.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

tiny two
cat >>two.yaml <<'END'
measures: [score, duplicates, leverage, neighbours, agreement]
leverage: { ridge: 0.1 }
neighbours: { cells: 2, permutations: 9, extraction: 2 }
variants:
  - { name: a-1, set: ["training.learning_rate=1e-3"] }
  - { name: b, set: ["training.learning_rate=1e-4"] }
END
ends 0 run 1 two.yaml --output two
# Names that need quotes, and numbers that are missing or infinite.
"$PYTHON" - two/study.h5 <<'END'
import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1], "r+") as f:
    names = ["a,b.png", 'say "x".png', "faces/été 1.png", "two\nlines", " # blank", "back\\slash", "cr\rlf", "'one'"]
    f["sample/name"][: len(names)] = names
    f["a-1/score/M"][1, 3:5] = [np.nan, -np.inf]
    f["a-1/score/significant"][1, :5] = [1, 0, 1, 0, 1]
    f["b/score/M"][1] = np.r_[np.full(100, 2.5), np.arange(50) % 7 / 3]
    f["b/score/M"][1, 120] = np.nan
    f["duplicates/near_copies"][9] = 2**32 - 1
    f["leverage/h"][...] = np.nan  # a whole column
END
"$PYTHON" "$TESTS/reseal.py" two/study.h5

for form in csv json h5; do
  ends 0 "$ROTE" export two -o "tables/all.$form" >run.out
  says run.out "tables/all.$form: 150 of 150 images, "
done
ends 0 "$ROTE" export two -o long.csv --long >run.out
ends 0 "$ROTE" export two -o one.csv --variant b >run.out
ends 0 "$ROTE" export two -o top.csv --top 0.035 --by M --variant a-1 >run.out
ends 0 "$ROTE" export two -o top.h5 --top 0.035 --by a-1.score.M_nats >run.out
ends 0 "$ROTE" export two -o toplong.csv --long --top 0.035 --by M --variant a-1 >run.out
ends 0 "$ROTE" export two -o ties.csv --top 0.5 --by score/M --variant b >run.out
ends 0 "$ROTE" export two -o every.csv --top 1 --by score/M --variant b >run.out
ends 0 "$ROTE" export two -o plain.txt --top 0.02 --by score/M --variant b >run.out
"$PYTHON" "$TESTS/check_export.py" >check.out || fail "check_export.py: $(cat check.out)"

# In R a row is a row and a missing number is one; what it read goes back to be compared.
Rscript --vanilla - <<'END' >r.out || fail "R: $(cat r.out)"
x <- read.csv("tables/all.csv", check.names = FALSE, encoding = "UTF-8")
for (name in names(x)) {
  v <- x[[name]]
  if (is.character(v)) cat(name, "text", length(v), sum(nchar(v, "bytes")), "\n")
  else cat(name, "numbers", sum(is.na(v)), sprintf("%.15g", sum(abs(v[is.finite(v)]))), "\n")
}
y <- read.csv("long.csv")
stopifnot(identical(names(y), c("variant", "epoch", "index", "score", "value")))
cat("long", nrow(y), sum(is.na(y$value)), sum(is.na(y$epoch)), "\n")
END
"$PYTHON" "$TESTS/check_export.py" r.out >check.out || fail "check_export.py r.out: $(cat check.out)"

# refused CODE WORDS ARGUMENT...: nothing is written, and what was there stays.
echo before >kept.csv
refused() {
  local code=$1 words=$2
  shift 2
  ends "$code" "$ROTE" export "$@" >run.out 2>run.err
  says run.err "$words"
  [ "$(cat kept.csv)" = before ] || fail "$*: the file that was there is another"
}
refused 64 "a run directory and -o FILE are needed" two
refused 64 'ends in none of .csv, .json, .h5 and .txt' two -o kept.xls
refused 64 "-o needs a value" two -o
refused 64 "go together" two -o kept.csv --top 0.1
refused 64 "go together" two -o kept.csv --by M
for share in 0 1.01 -1 nan 5% ""; do
  refused 64 "is not a share above 0 and at most 1" two -o kept.csv --top "$share" --by M
done
refused 64 "--long makes a .csv" two -o kept.json --long
refused 64 "of some: --top SHARE --by SCORE" two -o kept.txt
refused 64 'the study has no variant "c"; there is a-1, b' two -o kept.csv --variant c
refused 64 'the study has no score "N"; there are duplicates.near_copies' two -o kept.csv --top 0.1 --by N
refused 64 '"M" is a-1.score.M_nats, b.score.M_nats: say which' two -o kept.csv --top 0.1 --by M
refused 64 "unknown option" two -o kept.csv --short
refused 64 'unexpected argument "three"' two three -o kept.csv
refused 65 "holds no study" tables -o kept.csv
mkdir unfinished
cp two/study.yaml two/study.h5 unfinished
refused 65 "the study is not finished" unfinished -o kept.csv
cp -r two damaged
printf x | dd of=damaged/study.h5 bs=1 seek=5000 conv=notrunc 2>/dev/null
refused 65 "damaged/study.h5" damaged -o kept.csv
tiny none
ends 0 run 1 none.yaml --output none --set measures=[score] --set folds.count=0
refused 65 "the study has no score of its images; scores come from the measures score" none -o kept.csv

# A full disk, as a limit on the size of files: the old table stays and no part of the new one.
code=0
(
  trap '' XFSZ
  ulimit -f 8
  "$ROTE" export two -o kept.csv >run.out 2>run.err
) || code=$?
[ "$code" -eq 74 ] || fail "a full disk: exit code $code"
says run.err "kept.csv: cannot be written: File too large"
[ "$(cat kept.csv)" = before ] || fail "a part of a table"
no_leftovers .
exit 0
