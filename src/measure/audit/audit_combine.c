/* What was found of the audited images, in study.h5 below <variant>/audit/. */
#include "audit_room.h"
#include "rote/memory.h"

#include <math.h>
#include <stdio.h>

typedef struct {
  double *log_px, *error, *share, *by[ROTE_AUDIT_PROPOSALS]; /* [A] */
  uint32_t *repeat, *fold;                                   /* [A] of the model */
} found;

typedef struct {
  const rote_audit_choice *choice;
  rote_audit_side side;
  size_t model; /* that is read */
  found *found;
} taker;

#define OF_IMAGE(name_, type_, units_, long_name_, member_)                                        \
  {                                                                                                \
    .name = name_, .dims = "A", .type = type_, .units = units_, .long_name = long_name_,           \
    .member = offsetof(found, member_)                                                             \
  }

static const rote_array choice_arrays[] = {
    {.name = "audit/image",
     .dims = "A",
     .type = ROTE_H5_U32,
     .units = "1",
     .long_name = "number of the image; 4294967295: the study has not so many with a score",
     .scale = true,
     .member = offsetof(rote_audit_choice, image)},
    {.name = "audit/highest",
     .dims = "A",
     .type = ROTE_H5_U8,
     .units = "1",
     .long_name = "whether it is one of the images with the highest M, or from the middle of all M",
     .flags = "middling highest",
     .member = offsetof(rote_audit_choice, highest)},
    {.name = "audit/M",
     .dims = "A",
     .type = ROTE_H5_F64,
     .units = "nats",
     .long_name = "memorization score by which it was chosen",
     .member = offsetof(rote_audit_choice, m)},
    ROTE_ARRAY_END,
};

/* Below audit/held_in/ and audit/held_out/. */
static const rote_array side_arrays[] = {
    OF_IMAGE("repeat", ROTE_H5_U32, "1", "repeat of the model; 4294967295: none", repeat),
    OF_IMAGE("fold", ROTE_H5_U32, "1", "fold that the model was trained without; 4294967295: none",
             fold),
    OF_IMAGE("log_px", ROTE_H5_F64, "nats",
             "log likelihood of the image under the model by annealed importance sampling", log_px),
    OF_IMAGE("standard_error", ROTE_H5_F64, "nats", "of log_px, from the scatter of the chains",
             error),
    OF_IMAGE("effective_share", ROTE_H5_F64, "1",
             "effective number of chains behind log_px by their number; below 0.3 it has not "
             "converged",
             share),
    OF_IMAGE("laplace", ROTE_H5_F64, "nats",
             "log likelihood by importance sampling from the proposal that fits the image",
             by[ROTE_AUDIT_LAPLACE]),
    OF_IMAGE("encoder", ROTE_H5_F64, "nats",
             "log likelihood by importance sampling from the encoder's posterior",
             by[ROTE_AUDIT_ENCODER]),
    ROTE_ARRAY_END,
};

static const rote_array short_array = {
    .dims = "",
    .type = ROTE_H5_F64,
    .units = "nats",
    .long_name =
        "mean over the images of what the proposal's log likelihood is short of annealing"};
static const rote_array short_error_array = {
    .dims = "", .type = ROTE_H5_F64, .units = "nats", .long_name = "standard error of that mean"};

double rote_audit_mean(size_t n, const double *x, double *error)
{
  double sum = 0, squares = 0;
  size_t count = 0;
  for (size_t i = 0; i < n; i++) {
    sum += isfinite(x[i]) ? x[i] : 0;
    count += isfinite(x[i]) ? 1 : 0;
  }
  const double mean = count > 0 ? sum / (double)count : (double)NAN;
  for (size_t i = 0; i < n; i++) {
    squares += isfinite(x[i]) ? (x[i] - mean) * (x[i] - mean) : 0;
  }
  if (error != NULL) {
    *error = count > 1 ? sqrt(squares / (double)(count - 1) / (double)count) : (double)NAN;
  }
  return mean;
}

/* Row a of a model is the a-th image; those of other models are missing. */
static rote_status take(void *context, const rote_rows *rows, bool missing)
{
  const taker *t = context;
  for (size_t j = 0; j < rows->count; j++) {
    const size_t a = rows->first + j;
    if (t->choice->model[t->side][a] != t->model) {
      continue;
    }
    const uint32_t image = *(const uint32_t *)rote_rows_at(rows, ROTE_AUDIT_ROW_IMAGE, j);
    if (!missing && image != t->choice->image[a]) {
      return rote_fail(ROTE_DATA,
                       "audit: row %zu of a model is of image %u, but by the scores it is image "
                       "%u's; remove results/*-audit.h5, and the next run computes it again",
                       a, image, t->choice->image[a]);
    }
    found *f = t->found;
    f->log_px[a] = *(const double *)rote_rows_at(rows, ROTE_AUDIT_ROW_LOG_PX, j);
    f->error[a] = *(const double *)rote_rows_at(rows, ROTE_AUDIT_ROW_ERROR, j);
    f->share[a] = (double)*(const float *)rote_rows_at(rows, ROTE_AUDIT_ROW_SHARE, j);
    for (size_t p = 0; p < ROTE_AUDIT_PROPOSALS; p++) {
      f->by[p][a] = (double)*(const float *)rote_rows_at(rows, ROTE_AUDIT_ROW_PROPOSAL + p, j);
    }
  }
  return ROTE_OK;
}

static void forget(found *f)
{
  rote_free(&f->log_px);
  rote_free(&f->error);
  rote_free(&f->share);
  for (size_t p = 0; p < ROTE_AUDIT_PROPOSALS; p++) {
    rote_free(&f->by[p]);
  }
  rote_free(&f->repeat);
  rote_free(&f->fold);
}

static rote_status make(size_t count, found *f)
{
  rote_status status = ROTE_OK;
  double **const number[] = {&f->log_px, &f->error, &f->share, &f->by[ROTE_AUDIT_LAPLACE],
                             &f->by[ROTE_AUDIT_ENCODER]};
  for (size_t i = 0; i < sizeof number / sizeof *number; i++) {
    ROTE_TRY(rote_alloc(count, sizeof(double), number[i]));
    for (size_t a = 0; a < count; a++) {
      (*number[i])[a] = (double)NAN;
    }
  }
  ROTE_TRY(rote_alloc(count, sizeof *f->repeat, &f->repeat));
  ROTE_TRY(rote_alloc(count, sizeof *f->fold, &f->fold));
done:
  return status;
}

static rote_status read_side(const rote_pieces *pieces, taker *t)
{
  rote_status status = ROTE_OK;
  const rote_options *o = pieces->setting.options;
  const size_t models = o->folds.repeats * o->folds.count;
  const uint32_t *const model = t->choice->model[t->side];
  for (t->model = 0; t->model < models; t->model++) {
    ROTE_TRY(rote_pieces_read(pieces, t->model, 0, rote_audit_rows, take, t));
  }
  for (size_t a = 0; a < t->choice->count; a++) {
    const bool none = model[a] == ROTE_NO_ITEM;
    t->found->repeat[a] = none ? ROTE_NO_ITEM : model[a] / (uint32_t)o->folds.count;
    t->found->fold[a] = none ? ROTE_NO_ITEM : model[a] % (uint32_t)o->folds.count;
  }
done:
  return status;
}

static rote_status put(rote_sink *sink, const char *group, const rote_array *of, const char *name,
                       const void *values)
{
  char path[ROTE_NAME_MAX + 64];
  rote_array array = *of;
  snprintf(path, sizeof path, "audit/%s/%s", group, name);
  array.name = path;
  return rote_sink_put(sink, &array, ROTE_ALL, values);
}

/* What a proposal is short of the annealing, and how surely. */
static rote_status put_short(rote_sink *sink, const char *side, size_t count, const found *f,
                             size_t proposal)
{
  rote_status status = ROTE_OK;
  char group[64];
  double *difference = NULL, error = 0;
  ROTE_TRY(rote_alloc(count, sizeof *difference, &difference));
  for (size_t a = 0; a < count; a++) {
    difference[a] = f->log_px[a] - f->by[proposal][a];
  }
  const double mean = rote_audit_mean(count, difference, &error);
  snprintf(group, sizeof group, "short/%s/%s", side, rote_audit_proposal_name[proposal]);
  ROTE_TRY(put(sink, group, &short_array, "mean", &mean));
  ROTE_TRY(put(sink, group, &short_error_array, "standard_error", &error));
done:
  rote_free(&difference);
  return status;
}

static rote_status put_side(const rote_pieces *pieces, const rote_audit_choice *choice,
                            rote_audit_side side, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  found f = {0};
  taker t = {.choice = choice, .side = side, .found = &f};
  ROTE_TRY(make(choice->count, &f));
  ROTE_TRY(read_side(pieces, &t));
  for (const rote_array *a = side_arrays; a->name != NULL; a++) {
    ROTE_TRY(put(sink, rote_audit_side_name[side], a, a->name, rote_array_values(a, &f)));
  }
  for (size_t p = 0; p < ROTE_AUDIT_PROPOSALS; p++) {
    ROTE_TRY(put_short(sink, rote_audit_side_name[side], choice->count, &f, p));
  }
done:
  forget(&f);
  return status;
}

rote_status rote_audit_combine(const rote_pieces *pieces, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  rote_audit_choice *choice = NULL;
  ROTE_TRY(rote_audit_choose(pieces->after, &choice));
  rote_sink_size(sink, 'A', choice->count);
  for (const rote_array *a = choice_arrays; a->name != NULL; a++) {
    ROTE_TRY(rote_sink_put(sink, a, ROTE_ALL, rote_array_values(a, choice)));
  }
  for (size_t side = 0; side < ROTE_AUDIT_SIDES; side++) {
    ROTE_TRY(put_side(pieces, choice, (rote_audit_side)side, sink));
  }
done:
  rote_audit_choice_destroy(&choice);
  return status;
}
