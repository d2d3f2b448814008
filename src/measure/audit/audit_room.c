/* The measure "audit": the log likelihoods behind some scores, of high and of middling M, by
 * annealed importance sampling. By it and by either proposal: how far each is short of the truth,
 * for images that the model was trained with and for those it was not. */
#include "audit_room.h"

#include "rote/annealing.h"
#include "rote/clock.h"
#include "rote/importance.h"
#include "rote/memory.h"
#include "rote/score_last.h"

#include <math.h>

const char *const rote_audit_side_name[] = {"held_in", "held_out"};
const char *const rote_audit_proposal_name[] = {"laplace", "encoder"};

const rote_array rote_audit_rows[] = {
    {.name = "image",
     .dims = "I",
     .type = ROTE_H5_U32,
     .units = "1",
     .long_name = "number of the image; 4294967295: not under this model"},
    {.name = "log_px",
     .dims = "I",
     .type = ROTE_H5_F64,
     .units = "nats",
     .long_name = "log likelihood of the image under the model by annealed importance sampling"},
    {.name = "standard_error",
     .dims = "I",
     .type = ROTE_H5_F64,
     .units = "nats",
     .long_name = "of log_px, from the scatter of the chains"},
    {.name = "effective_share",
     .dims = "I",
     .type = ROTE_H5_F32,
     .units = "1",
     .long_name = "effective number of chains behind log_px by their number; below 0.3 it has not "
                  "converged"},
    {.name = "laplace",
     .dims = "I",
     .type = ROTE_H5_F32,
     .units = "nats",
     .long_name = "log likelihood by importance sampling from the proposal that fits the image"},
    {.name = "encoder",
     .dims = "I",
     .type = ROTE_H5_F32,
     .units = "nats",
     .long_name = "log likelihood by importance sampling from the encoder's posterior"},
    ROTE_ARRAY_END,
};

/* With them go all that decides M, by which images are chosen. */
static const char *const keys[] = {
    "evaluation.audit",   "evaluation.proposal", "evaluation.samples", "evaluation.steps",
    "evaluation.held_in", "evaluation.noise",    "folds.repeats",      NULL};

typedef struct {
  const rote_subject_setting *setting;
  rote_annealing *annealing;
  rote_laplace *laplace;
  rote_evaluator *encoder;
} audit_room;

static bool asked(const rote_options *o)
{
  return !rote_options_autoencoder(o) && o->evaluation.audit > 0;
}

static rote_status check(const rote_options *o, const rote_data_info *info)
{
  const size_t images = o->data.limit > 0 ? o->data.limit : info->train_count;
  if (o->evaluation.audit > images) {
    return rote_fail(ROTE_DATA, "evaluation.audit: %zu images are asked for, and the study has %zu",
                     o->evaluation.audit, images);
  }
  if (o->folds.count == 0 || !rote_measure_applies(&rote_measure_score, o)) {
    return rote_fail(ROTE_DATA,
                     "evaluation.audit: looks at images by their score, which this study does not "
                     "have; it needs folds.count above 0 and score among the measures");
  }
  return ROTE_OK;
}

static size_t count_rows(const rote_options *o, const rote_data_info *info, size_t images,
                         rote_unit unit)
{
  (void)info, (void)images;
  return unit.full ? 0 : o->evaluation.audit;
}

static void leave(void **room)
{
  audit_room *r = *room;
  if (r != NULL) {
    rote_annealing_destroy(&r->annealing);
    rote_laplace_destroy(&r->laplace);
    rote_evaluator_destroy(&r->encoder);
    rote_free(room);
  }
}

/* Each proposal as the study has it, the other one as it is unless told otherwise. */
static rote_status enter_with(const rote_subject_setting *setting, const rote_model *model,
                              size_t temperatures, void **room)
{
  rote_status status = ROTE_OK;
  const rote_options *o = setting->options;
  const bool fits = o->evaluation.proposal == ROTE_PROPOSAL_LAPLACE;
  const rote_annealing_setting annealing = {.temperatures = temperatures,
                                            .chains = ROTE_AUDIT_CHAINS};
  const rote_laplace_setting laplace = {
      .samples = fits ? o->evaluation.samples : rote_samples_unless_given(ROTE_PROPOSAL_LAPLACE),
      .steps = o->evaluation.steps};
  const size_t samples =
      fits ? rote_samples_unless_given(ROTE_PROPOSAL_ENCODER) : o->evaluation.samples;
  audit_room *r = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  *room = r;
  r->setting = setting;
  ROTE_TRY(rote_annealing_create(model->vae, &annealing, &r->annealing));
  ROTE_TRY(rote_laplace_create(model->vae, &laplace, &r->laplace));
  ROTE_TRY(rote_evaluator_create(model->vae, samples, &r->encoder));
done:
  if (status != ROTE_OK && r != NULL) {
    leave(room);
  }
  return status;
}

static rote_status enter(const rote_subject_setting *setting, const rote_model *model, void **room)
{
  return enter_with(setting, model, ROTE_AUDIT_TEMPERATURES, room);
}

static void look(const audit_room *r, const rote_piece *piece, uint32_t image, size_t row,
                 rote_rows *rows)
{
  const rote_image_set *train = r->setting->train;
  rote_annealed result;
  float effective;
  rote_annealing_image(r->annealing, piece->w, train, piece->unit, piece->epoch, image, &result);
  *(uint32_t *)rote_rows_at(rows, ROTE_AUDIT_ROW_IMAGE, row) = image;
  *(double *)rote_rows_at(rows, ROTE_AUDIT_ROW_LOG_PX, row) = result.log_px;
  *(double *)rote_rows_at(rows, ROTE_AUDIT_ROW_ERROR, row) = result.standard_error;
  *(float *)rote_rows_at(rows, ROTE_AUDIT_ROW_SHARE, row) = (float)result.effective_share;
  rote_laplace_images(r->laplace, piece->w, train, piece->unit, piece->epoch, &image, 1,
                      rote_rows_at(rows, ROTE_AUDIT_ROW_PROPOSAL + ROTE_AUDIT_LAPLACE, row),
                      &effective, NULL);
  rote_evaluate_images(r->encoder, piece->w, train, piece->unit, piece->epoch, &image, 1,
                       rote_rows_at(rows, ROTE_AUDIT_ROW_PROPOSAL + ROTE_AUDIT_ENCODER, row),
                       &effective, NULL);
}

static rote_status run(void *room, const rote_piece *piece, rote_rows *rows)
{
  const audit_room *r = room;
  const rote_subject_setting *s = r->setting;
  rote_rows_miss(rows);
  if (s->stop != NULL && s->stop(s->context, piece->seconds_per_row)) {
    return rote_fail(ROTE_STOPPED, "stopped before an image");
  }
  look(r, piece, piece->item, 0, rows);
  return ROTE_OK;
}

/* An image is looked at under two of the models. */
static double share(const rote_options *o, size_t images)
{
  (void)images;
  return 2.0 / (double)(o->folds.repeats * o->folds.count);
}

/* Chains run forward and backward three times a temperature, a tenth of them once more; a column of
 * the decoder costs a fifth of a training step's. */
static double weight(const rote_options *o)
{
  (void)o;
  return 1.1 * ROTE_AUDIT_TEMPERATURES * ROTE_AUDIT_CHAINS * 3 * 3 / 5;
}

/* Of one image, with as many temperatures. */
static rote_status time_image(const rote_cost_request *request, size_t temperatures,
                              double *seconds, double *flop, double *bytes)
{
  rote_status status = ROTE_OK;
  const rote_trainer *t = request->trainer;
  const rote_piece piece = {.epoch = 1, .model = t->model, .w = t->w};
  const rote_measure *self = &rote_measure_audit;
  const rote_sizes sizes =
      rote_measure_sizes(self, request->setting.options, request->setting.info, request->images);
  const size_t before = rote_memory_live_bytes();
  void *room = NULL;
  rote_rows *rows = NULL;
  ROTE_TRY(enter_with(&request->setting, t->model, temperatures, &room));
  *bytes = (double)(rote_memory_live_bytes() - before);
  ROTE_TRY(rote_rows_create(rote_audit_rows, &sizes, 1, &rows));
  const double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  look(room, &piece, 0, 0, rows);
  *seconds = rote_seconds() - start;
  *flop = 2 * (rote_kernels_multiply_adds() - counted);
done:
  rote_rows_destroy(&rows);
  leave(&room);
  return status;
}

/* From two short annealings to one of all temperatures. */
#define SHORT 10
#define LONG 40

static rote_status measure_cost(const rote_cost_request *request, rote_cost *cost)
{
  rote_status status = ROTE_OK;
  const double more = (double)(ROTE_AUDIT_TEMPERATURES - LONG) / (LONG - SHORT);
  double seconds[2], flop[2];
  *cost = (rote_cost){0};
  ROTE_TRY(time_image(request, SHORT, &seconds[0], &flop[0], &cost->bytes));
  ROTE_TRY(time_image(request, LONG, &seconds[1], &flop[1], &cost->bytes));
  cost->seconds = seconds[1] + more * fmax(seconds[1] - seconds[0], 0);
  cost->flop = flop[1] + more * (flop[1] - flop[0]);
  cost->disk =
      2 * 3 * sizeof(double); /* its six numbers, once in the result and once in study.h5 */
done:
  return status;
}

const rote_measure rote_measure_audit = {
    .name = "audit",
    .work = "audit",
    .doing = "audit",
    .about = "Audited likelihoods",
    .subject = ROTE_OF_TRAINED,
    .keys = keys,
    .piece_arrays = rote_audit_rows,
    .rows = count_rows,
    .run = run,
    .combine = rote_audit_combine,
    .weight = weight,
    .cost = measure_cost,
    .tell = rote_audit_tell,
    .show = rote_audit_show,
    .asked = asked,
    .after = &rote_measure_score,
    .choose = rote_audit_items,
    .piece_rows = 1,
    .open = enter,
    .close = leave,
    .check = check,
    .share = share,
    .manual = rote_audit_manual,
};
