/* study.h5 against the results it was merged from, and its scores against its likelihoods. */
#include "verify.h"

#include "rote/file.h"
#include "rote/fold.h"
#include "rote/memory.h"
#include "rote/random.h"
#include "rote/result.h"
#include "rote/score.h"
#include "rote/study_file.h"
#include "rote/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char rote_verify_study_then[] =
    "does not see this: remove study.h5, and it merges the results again";

/* Letters: U units of a variant, of which the first R K leave out a fold; N images; E epochs. */
typedef struct {
  rote_verifier *v;
  char path[ROTE_PATH_MAX];
  size_t variant, units, left_out;
  const rote_options *options;
  float *log_px, *effective; /* [U, N] from the results */
  float *stored;             /* [max(U N, U E)] from study.h5 */
  uint16_t *fold;            /* [R, N] */
  double *number;            /* [N] */
  rote_score *score;
} study_check;

static void differs(study_check *c, const char *array, size_t epoch, const char *from)
{
  char what[ROTE_PATH_MAX + 300];
  snprintf(what, sizeof what, "%s: %s/%s%s%.0zu does not hold the numbers of %s", c->path,
           c->v->study->variant[c->variant].name, array, epoch > 0 ? " after epoch " : "", epoch,
           from);
  rote_verify_find(c->v, ROTE_FINDING_DAMAGED, what, rote_verify_study_then);
}

/* Rows first .. first + count - 1 of an array of study.h5 against what they must be.
 * @param[in] expected  [count * row] floats */
static rote_status compare_rows(study_check *c, const char *array, size_t first, size_t count,
                                size_t row, const float *expected, size_t epoch)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_study_file_read_rows(c->path, c->v->study->variant[c->variant].name, array, first,
                                     count, c->stored));
  c->v->outcome->scores += count * row;
  if (memcmp(c->stored, expected, count * row * sizeof *expected) != 0) {
    differs(c, array, epoch, "the results");
  }
done:
  return status;
}

/* The likelihoods of an evaluated epoch from the results; NaN where a training diverged. */
static rote_status read_results(study_check *c, size_t epoch)
{
  rote_status status = ROTE_OK;
  const rote_verifier *v = c->v;
  char path[ROTE_PATH_MAX];
  for (size_t u = 0; u < c->units; u++) {
    float *log_px = c->log_px + u * v->images, *effective = c->effective + u * v->images;
    rote_evaluate_result r = {
        .images = v->images, .log_px = log_px, .effective_samples = effective};
    ROTE_TRY(rote_unit_result_path(v->directory, v->study, c->variant, u, epoch, path));
    if (!rote_file_exists(path)) {
      for (size_t i = 0; i < v->images; i++) {
        log_px[i] = effective[i] = NAN;
      }
      continue;
    }
    rote_unit_key(v->study->variant[c->variant].name, rote_unit_at(c->options, u), epoch, r.key);
    memcpy(r.study, v->fingerprint, ROTE_DIGEST_TEXT);
    ROTE_TRY(rote_evaluate_result_read(path, &r));
  }
done:
  return status;
}

static rote_status compare_score(study_check *c, size_t index, size_t epoch)
{
  rote_status status = ROTE_OK;
  const size_t n = c->v->images;
  const rote_score *s = c->score;
  const struct {
    const char *name;
    const double *value; /* NULL: flags */
  } score[] = {{"U", s->u},
               {"V", s->v},
               {"M", s->m},
               {"M_mean_log", s->m_mean_log},
               {"standard_error", s->standard_error},
               {"p_value", s->p_value},
               {"q_value", s->q_value},
               {"significant", NULL}};
  char name[64];
  ROTE_TRY(rote_score_compute(c->options->folds.repeats, c->options->folds.count, n, c->log_px,
                              c->fold, c->score));
  for (size_t k = 0; k < sizeof score / sizeof *score; k++) {
    bool same = true;
    ROTE_TRY(rote_study_file_read_score(c->path, c->v->study->variant[c->variant].name, index,
                                        score[k].name, c->number));
    for (size_t i = 0; i < n; i++) {
      const double x = score[k].value == NULL ? s->significant[i] : score[k].value[i];
      same =
          same && (memcmp(&x, &c->number[i], sizeof x) == 0 || (isnan(x) && isnan(c->number[i])));
    }
    c->v->outcome->scores += n;
    if (!same) {
      snprintf(name, sizeof name, "score/%s", score[k].name);
      differs(c, name, epoch, "its own likelihoods");
    }
  }
done:
  return status;
}

static rote_status check_epoch(study_check *c, size_t index)
{
  rote_status status = ROTE_OK;
  const size_t epoch = rote_evaluation_epoch(c->options, index), n = c->v->images;
  const size_t full = c->units - c->left_out;
  ROTE_TRY(read_results(c, epoch));
  if (c->left_out > 0) {
    ROTE_TRY(compare_rows(c, "log_px", index, 1, c->left_out * n, c->log_px, epoch));
    ROTE_TRY(compare_rows(c, "effective_samples", index, 1, c->left_out * n, c->effective, epoch));
  }
  if (rote_options_scored(c->options)) {
    ROTE_TRY(compare_score(c, index, epoch));
  }
  if (full > 0) {
    ROTE_TRY(
        compare_rows(c, "full/log_px", index, 1, full * n, c->log_px + c->left_out * n, epoch));
    ROTE_TRY(compare_rows(c, "full/effective_samples", index, 1, full * n,
                          c->effective + c->left_out * n, epoch));
  }
done:
  return status;
}

/* Losses: [R, K, E] and [F, E]. */
static rote_status check_losses(study_check *c)
{
  rote_status status = ROTE_OK;
  const rote_verifier *v = c->v;
  const size_t epochs = c->options->training.epochs, full = c->units - c->left_out;
  char path[ROTE_PATH_MAX];
  float *train = NULL, *held_out = NULL;
  ROTE_TRY(rote_alloc(c->units * epochs, sizeof *train, &train));
  ROTE_TRY(rote_alloc(c->units * epochs, sizeof *held_out, &held_out));
  for (size_t u = 0; u < c->units; u++) {
    rote_train_result r = {
        .epochs = epochs, .loss_train = train + u * epochs, .loss_held_out = held_out + u * epochs};
    rote_unit_key(v->study->variant[c->variant].name, rote_unit_at(c->options, u), 0, r.key);
    memcpy(r.study, v->fingerprint, ROTE_DIGEST_TEXT);
    ROTE_TRY(rote_unit_result_path(v->directory, v->study, c->variant, u, 0, path));
    ROTE_TRY(rote_train_result_read(path, &r));
  }
  if (c->left_out > 0) {
    const size_t repeats = c->options->folds.repeats, row = c->options->folds.count * epochs;
    ROTE_TRY(compare_rows(c, "loss/train", 0, repeats, row, train, 0));
    ROTE_TRY(compare_rows(c, "loss/held_out", 0, repeats, row, held_out, 0));
  }
  if (full > 0) {
    ROTE_TRY(compare_rows(c, "full/loss/train", 0, full, epochs, train + c->left_out * epochs, 0));
    ROTE_TRY(
        compare_rows(c, "full/loss/held_out", 0, full, epochs, held_out + c->left_out * epochs, 0));
  }
done:
  rote_free(&train);
  rote_free(&held_out);
  return status;
}

/* The stored folds must be those of the seed. */
static rote_status check_folds(study_check *c)
{
  rote_status status = ROTE_OK;
  const rote_options *o = c->options;
  const size_t n = c->v->images, cells = o->folds.repeats * n;
  uint16_t *stored = NULL;
  if (c->left_out == 0) {
    return ROTE_OK;
  }
  ROTE_TRY(rote_alloc(cells, sizeof *stored, &stored));
  ROTE_TRY(rote_alloc(cells, sizeof *c->fold, &c->fold));
  ROTE_TRY(rote_fold_assign(o->seed, ROTE_PURPOSE_FOLD, 0, o->folds.repeats, o->folds.count, n,
                            c->fold));
  ROTE_TRY(
      rote_study_file_read_log_px(c->path, c->v->study->variant[c->variant].name, 0, NULL, stored));
  if (memcmp(stored, c->fold, cells * sizeof *stored) != 0) {
    differs(c, "fold", 0, "the study's seed");
  }
done:
  rote_free(&stored);
  return status;
}

static rote_status check_variant(rote_verifier *v, const char *path, size_t variant)
{
  rote_status status = ROTE_OK;
  const rote_options *o = &v->study->variant[variant].options;
  study_check c = {.v = v,
                   .variant = variant,
                   .units = rote_unit_count(o),
                   .left_out = o->folds.count > 0 ? o->folds.repeats * o->folds.count : 0,
                   .options = o};
  const size_t row = v->images > o->training.epochs ? v->images : o->training.epochs;
  ROTE_TRY(rote_path(c.path, "%s", path));
  ROTE_TRY(rote_alloc(c.units * v->images, sizeof(float), &c.log_px));
  ROTE_TRY(rote_alloc(c.units * v->images, sizeof(float), &c.effective));
  ROTE_TRY(rote_alloc(c.units * row, sizeof(float), &c.stored));
  ROTE_TRY(rote_alloc(v->images, sizeof(double), &c.number));
  ROTE_TRY(rote_score_create(v->images, &c.score));
  ROTE_TRY(check_folds(&c));
  ROTE_TRY(check_losses(&c));
  for (size_t e = 0; e < rote_evaluation_count(o); e++) {
    ROTE_TRY(check_epoch(&c, e));
  }
  if (rote_options_recovered(o)) {
    ROTE_TRY(rote_verify_recovery(v, path, variant, c.fold));
  }
done:
  rote_free(&c.log_px);
  rote_free(&c.effective);
  rote_free(&c.stored);
  rote_free(&c.fold);
  rote_free(&c.number);
  rote_score_destroy(&c.score);
  return status;
}

rote_status rote_verify_study_file(rote_verifier *v)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], what[ROTE_PATH_MAX + 100];
  rote_study_file_shape shape;
  ROTE_TRY(rote_path(path, "%s/study.h5", v->directory));
  if (!rote_file_exists(path)) {
    if (v->outcome->complete) {
      snprintf(what, sizeof what, "%s: there is no such file", path);
      rote_verify_find(v, ROTE_FINDING_MISSING, what, "merges the results again");
    }
    return ROTE_OK;
  }
  v->outcome->files++;
  if (rote_study_file_read_shape(path, v->study->variant[0].name, &shape) != ROTE_OK) {
    rote_verify_find(v, ROTE_FINDING_DAMAGED, rote_fail_reason(ROTE_DATA),
                     "merges the results again");
  } else if (v->fingerprint[0] != '\0' && strcmp(shape.fingerprint, v->fingerprint) != 0) {
    snprintf(what, sizeof what, "%s: is of another study or other data", path);
    rote_verify_find(v, ROTE_FINDING_DAMAGED, what, "merges the results again");
  } else if (v->result_damage > 0) {
    rote_verify_find(v, ROTE_FINDING_NOTE,
                     "study.h5 is whole; its numbers can be compared with the results when these "
                     "are whole again",
                     "");
  } else if (v->outcome->complete) {
    for (size_t i = 0; i < v->study->variant_count; i++) {
      status = check_variant(v, path, i);
      if (status == ROTE_DATA) { /* an array is not as it must be */
        rote_verify_find(v, ROTE_FINDING_DAMAGED, rote_fail_reason(status), rote_verify_study_then);
        status = ROTE_OK;
      }
      ROTE_TRY(status);
    }
  }
done:
  return status;
}
