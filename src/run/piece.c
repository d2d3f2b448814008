#include "piece.h"

#include "merge_pieces.h"
#include "rote/clock.h"
#include "rote/file.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "training.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What a measure keeps between pieces. */
typedef struct {
  bool open;
  void *own;
  rote_rows *rows[2]; /* of leave-out and of full models, made when first needed */
  double row_seconds; /* the longest of late; 0: not known */
} bench;

struct rote_piece_room {
  const rote_unit_setting *setting;
  size_t group, variant;        /* of the model in hand; group_count: none */
  rote_subject_setting subject; /* of the variant */
  rote_model *model;            /* NULL for the data */
  rote_real *w;                 /* [parameters] */
  rote_tensor *tensor;          /* [parameters] */
  char weights[ROTE_PATH_MAX];  /* path of those in `w`; "" if none */
  bench *bench;                 /* [measures] */
};

rote_subject_setting rote_unit_subject(const rote_unit_setting *s, size_t variant)
{
  return (rote_subject_setting){.options = rote_plan_options(s->plan, variant),
                                .info = s->plan->info,
                                .train = s->train,
                                .test = s->test,
                                .fold = s->fold,
                                .stop = s->stop,
                                .abandon = s->abandon,
                                .context = s->context};
}

rote_status rote_piece_room_create(const rote_unit_setting *setting, rote_piece_room **out)
{
  rote_status status = ROTE_OK;
  rote_piece_room *r = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  r->setting = setting;
  r->group = setting->plan->group_count;
  ROTE_TRY(rote_alloc(rote_measure_count(), sizeof *r->bench, &r->bench));
  *out = r;
  r = NULL;
done:
  rote_piece_room_destroy(&r);
  return status;
}

static void close_bench(bench *b, const rote_measure *m)
{
  if (b->open && m->close != NULL) {
    m->close(&b->own);
  }
  rote_rows_destroy(&b->rows[0]);
  rote_rows_destroy(&b->rows[1]);
  *b = (bench){.open = false};
}

static void forget_variant(rote_piece_room *r)
{
  for (size_t i = 0; r->bench != NULL && i < rote_measure_count(); i++) {
    close_bench(&r->bench[i], rote_measure_list[i]);
  }
  rote_model_destroy(&r->model);
  rote_free(&r->w);
  rote_free(&r->tensor);
  r->weights[0] = '\0';
  r->group = r->setting->plan->group_count;
}

void rote_piece_room_destroy(rote_piece_room **room)
{
  if (*room != NULL) {
    forget_variant(*room);
    rote_free(&(*room)->bench);
    rote_free(room);
  }
}

/* Make room for a variant's models; nothing to do if it is the one in hand. */
static rote_status take_variant(rote_piece_room *r, size_t group, size_t variant)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = r->setting->plan;
  if (r->group == group && r->variant == variant) {
    return ROTE_OK;
  }
  forget_variant(r);
  r->subject = rote_unit_subject(r->setting, variant);
  if (!plan->group[group].of_data) {
    ROTE_TRY(rote_model_create(r->subject.options, plan->info, &r->model));
    ROTE_TRY(rote_alloc(r->model->table->total, sizeof *r->w, &r->w));
    ROTE_TRY(rote_alloc(r->model->table->count, sizeof *r->tensor, &r->tensor));
  }
  r->group = group;
  r->variant = variant;
done:
  if (status != ROTE_OK) {
    forget_variant(r);
  }
  return status;
}

/* @return ROTE_DATA if the weights are missing or damaged */
static rote_status take_weights(rote_piece_room *r, const rote_order *order)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  if (r->model == NULL) {
    return ROTE_OK;
  }
  ROTE_TRY(rote_training_weights_path(r->setting, order, path));
  if (strcmp(path, r->weights) == 0) {
    return ROTE_OK;
  }
  r->weights[0] = '\0';
  const rote_tensor_group group =
      rote_tensor_group_of(r->model->table, "parameters", r->w, r->tensor);
  ROTE_TRY(rote_training_read_weights(r->setting, order, &group, path));
  memcpy(r->weights, path, sizeof path);
done:
  return status;
}

static rote_status take_bench(rote_piece_room *r, const rote_measure *m, bool full, size_t rows,
                              bench **out)
{
  rote_status status = ROTE_OK;
  bench *b = &r->bench[rote_measure_index(m)];
  *out = b;
  if (!b->open) {
    for (size_t i = 0; m->roomy && i < rote_measure_count(); i++) {
      if (rote_measure_list[i]->roomy) {
        close_bench(&r->bench[i], rote_measure_list[i]);
      }
    }
    if (m->open != NULL) {
      ROTE_TRY(m->open(&r->subject, r->model, &b->own));
    }
    b->open = true;
  }
  if (b->rows[full] != NULL && b->rows[full]->room < rows) {
    rote_rows_destroy(&b->rows[full]);
  }
  if (b->rows[full] == NULL) {
    const rote_sizes sizes =
        rote_measure_sizes(m, r->subject.options, r->subject.info, r->setting->plan->images);
    ROTE_TRY(rote_rows_create(rote_measure_arrays(m, full), &sizes, rows, &b->rows[full]));
  }
done:
  return status;
}

rote_status rote_piece_write(const rote_unit_setting *setting, const rote_order *order,
                             const rote_rows *rows, double seconds)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = setting->plan;
  rote_execution execution = {.rank = setting->rank, .attempts = 1, .seconds = seconds};
  rote_label label = {.first = order->first, .count = order->count};
  char path[ROTE_PATH_MAX];
  const rote_measure *m = plan->group[order->group].task[order->task].measure;
  snprintf(label.kind, sizeof label.kind, "%s", m->name);
  rote_plan_task_key(plan, order->group, order->unit, order->task, label.key);
  ROTE_TRY(rote_plan_task_identity(plan, order->group, order->unit, order->task, label.identity));
  snprintf(execution.arithmetic, sizeof execution.arithmetic, "%s", rote_own_arithmetic());
  gethostname(execution.host, sizeof execution.host - 1);
  ROTE_TRY(rote_plan_piece_path(plan, setting->directory, order->group, order->unit, order->task,
                                order->first, path));
  ROTE_TRY(rote_piece_file_write(path, &label, rows, &execution));
done:
  return status;
}

static rote_status compute(rote_piece_room *r, const rote_order *order, rote_report *report,
                           void *bytes)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = r->setting->plan;
  const rote_measure *m = plan->group[order->group].task[order->task].measure;
  const double start = rote_seconds();
  bench *b = NULL;
  rote_piece piece = {.unit = rote_plan_unit(plan, order->group, order->unit),
                      .epoch = order->epoch,
                      .model = r->model,
                      .w = r->w,
                      .item = order->item};
  rote_merge_pieces before;
  rote_pieces after;
  ROTE_TRY(
      rote_merge_pieces_before(r->setting, order->group, r->variant, m, &before, &after, &piece));
  ROTE_TRY(take_bench(r, m, piece.unit.full, order->count, &b));
  rote_rows *rows = b->rows[piece.unit.full];
  rows->first = order->first;
  rows->count = order->count;
  piece.seconds_per_row = b->row_seconds;
  ROTE_TRY(m->run(b->own, &piece, rows));
  report->seconds = rote_seconds() - start;
  const double each = report->seconds / (double)order->count;
  b->row_seconds = each > b->row_seconds ? each : (3 * b->row_seconds + each) / 4;
  if (m->large) {
    ROTE_TRY(rote_piece_write(r->setting, order, rows, report->seconds));
  } else {
    report->bytes = (uint32_t)(order->count * rote_rows_bytes(rows->table, &rows->sizes));
    rote_rows_pack(rows, bytes);
  }
done:
  rote_merge_pieces_free(&before);
  return status;
}

rote_status rote_piece_run(rote_piece_room *r, const rote_order *order, rote_report *report,
                           void *bytes)
{
  rote_status status = ROTE_OK;
  const rote_task *task = &r->setting->plan->group[order->group].task[order->task];
  ROTE_TRY(take_variant(r, order->group, task->variant));
  status = task->measure->of_rows ? ROTE_OK : take_weights(r, order);
  if (status == ROTE_DATA) {
    rote_log(ROTE_LOG_WARN, "snapshot-unusable", "%s; it is trained again",
             rote_fail_reason(status));
    report->kind = ROTE_REPORT_LOST;
    return ROTE_OK;
  }
  report->unread = status == ROTE_IO;
  ROTE_TRY(status);
  status = compute(r, order, report, bytes);
  if (status == ROTE_STOPPED) {
    report->kind = ROTE_REPORT_STOPPED;
    return ROTE_OK;
  }
done:
  return status;
}
