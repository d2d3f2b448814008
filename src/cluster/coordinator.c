#include "coordinator.h"

#include "rote/file.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "rote/result.h"
#include "run_directory.h"

#include <stdio.h>
#include <string.h>

/* An evaluation whose shards are coming in. */
typedef struct {
  float *log_px, *effective_samples; /* [N]; NULL until the first shard */
  double seconds;
} pending;

struct rote_coordinator {
  rote_queue *queue;
  const rote_unit_setting *setting;
  size_t *first; /* [variants + 1] where a variant's evaluations begin in `pending` */
  pending *pending;
};

rote_status rote_coordinator_create(rote_queue *queue, const rote_unit_setting *setting,
                                    rote_coordinator **out)
{
  rote_status status = ROTE_OK;
  rote_coordinator *c = NULL;
  const rote_study *study = setting->study;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *c, &c));
  c->queue = queue;
  c->setting = setting;
  ROTE_TRY(rote_alloc(study->variant_count + 1, sizeof *c->first, &c->first));
  for (size_t v = 0; v < study->variant_count; v++) {
    const rote_options *o = &study->variant[v].options;
    c->first[v + 1] = c->first[v] + rote_unit_count(o) * rote_evaluation_count(o);
  }
  ROTE_TRY(rote_alloc(c->first[study->variant_count], sizeof *c->pending, &c->pending));
  *out = c;
  c = NULL;
done:
  rote_coordinator_destroy(&c);
  return status;
}

static void drop(pending *p)
{
  rote_free(&p->log_px);
  rote_free(&p->effective_samples);
  p->seconds = 0;
}

void rote_coordinator_destroy(rote_coordinator **coordinator)
{
  rote_coordinator *c = *coordinator;
  if (c != NULL) {
    for (size_t i = 0; c->pending != NULL && i < c->first[c->setting->study->variant_count]; i++) {
      drop(&c->pending[i]);
    }
    rote_free(&c->pending);
    rote_free(&c->first);
    rote_free(coordinator);
  }
}

static pending *pending_of(rote_coordinator *c, const rote_order *order)
{
  const rote_options *o = &c->setting->study->variant[order->variant].options;
  return &c->pending[c->first[order->variant] + order->unit * rote_evaluation_count(o) + order->v];
}

static rote_execution execution_of(rote_coordinator *c, int rank, const rote_report *report)
{
  rote_execution e = {
      .rank = rank,
      .attempts =
          rote_queue_unit_at(c->queue, report->order.variant, report->order.unit)->attempts + 1,
      .resumes = report->resumes,
      .seconds = report->seconds,
  };
  memcpy(e.host, report->host, sizeof e.host);
  memcpy(e.arithmetic, report->arithmetic, sizeof e.arithmetic);
  return e;
}

static rote_status take_training(rote_coordinator *c, int rank, const rote_report *report,
                                 const float *values)
{
  rote_status status = ROTE_OK;
  const rote_order *order = &report->order;
  const rote_variant *v = &c->setting->study->variant[order->variant];
  const size_t epochs = v->options.training.epochs;
  float *copy = NULL;
  char path[ROTE_PATH_MAX];
  if (report->ended && !rote_queue_unit_at(c->queue, order->variant, order->unit)->trained) {
    ROTE_TRY(rote_alloc(2 * epochs, sizeof *copy, &copy));
    memcpy(copy, values, 2 * epochs * sizeof *copy);
    rote_train_result result = {
        .epochs = epochs,
        .done = report->epoch,
        .diverged = report->diverged != 0,
        .loss_train = copy,
        .loss_held_out = copy + epochs,
        .execution = execution_of(c, rank, report),
    };
    rote_unit_key(v->name, rote_unit_at(&v->options, order->unit), 0, result.key);
    memcpy(result.study, c->setting->fingerprint, ROTE_DIGEST_TEXT);
    ROTE_TRY(rote_unit_result_path(c->setting->directory, c->setting->study, order->variant,
                                   order->unit, 0, path));
    ROTE_TRY(rote_train_result_write(path, &result));
    if (report->diverged) {
      rote_log(ROTE_LOG_WARN, "diverged", "unit = %s, the loss was not finite in epoch %u",
               result.key, report->epoch + 1);
    }
  }
  rote_queue_trained(c->queue, order, report->ended != 0, report->epoch);
  if (rote_evaluation_count(&v->options) == 0) {
    rote_run_directory_tidy(c->setting->directory, c->queue, order->variant, order->unit, 0);
  }
done:
  rote_free(&copy);
  return status;
}

static rote_status take_shard(rote_coordinator *c, int rank, const rote_report *report,
                              const float *values)
{
  rote_status status = ROTE_OK;
  const rote_order *order = &report->order;
  const rote_variant *v = &c->setting->study->variant[order->variant];
  const size_t images = c->queue->images;
  pending *p = pending_of(c, order);
  char path[ROTE_PATH_MAX];
  if (p->log_px == NULL) {
    ROTE_TRY(rote_alloc(images, sizeof(float), &p->log_px));
    ROTE_TRY(rote_alloc(images, sizeof(float), &p->effective_samples));
  }
  memcpy(p->log_px + order->first, values, order->count * sizeof(float));
  memcpy(p->effective_samples + order->first, values + order->count, order->count * sizeof(float));
  p->seconds += report->seconds;
  if (!rote_queue_evaluated(c->queue, order)) {
    return ROTE_OK;
  }
  rote_evaluate_result result = {
      .images = images,
      .log_px = p->log_px,
      .effective_samples = p->effective_samples,
      .execution = execution_of(c, rank, report),
  };
  result.execution.seconds = p->seconds;
  rote_unit_key(v->name, rote_unit_at(&v->options, order->unit), order->epoch, result.key);
  memcpy(result.study, c->setting->fingerprint, ROTE_DIGEST_TEXT);
  ROTE_TRY(rote_unit_result_path(c->setting->directory, c->setting->study, order->variant,
                                 order->unit, order->epoch, path));
  ROTE_TRY(rote_evaluate_result_write(path, &result));
  drop(p);
  rote_run_directory_tidy(c->setting->directory, c->queue, order->variant, order->unit, order->v);
done:
  return status;
}

rote_status rote_coordinator_take(rote_coordinator *c, int rank, const rote_report *report,
                                  const float *values)
{
  const rote_order *order = &report->order;
  char key[ROTE_KEY_MAX];
  const rote_variant *v = &c->setting->study->variant[order->variant];
  const bool evaluation = order->kind == ROTE_ORDER_EVALUATE;
  rote_unit_key(v->name, rote_unit_at(&v->options, order->unit), evaluation ? order->epoch : 0,
                key);
  if (!rote_queue_wants(c->queue, order)) {
    return ROTE_OK;
  }
  switch ((rote_report_kind)report->kind) {
  case ROTE_REPORT_DONE:
    rote_log(ROTE_LOG_DEBUG, evaluation ? "shard-end" : "segment-end",
             "unit = %s, epoch = %u, rank = %d", key, order->epoch, rank);
    return evaluation ? take_shard(c, rank, report, values)
                      : take_training(c, rank, report, values);
  case ROTE_REPORT_STOPPED:
    rote_queue_return(c->queue, order);
    break;
  case ROTE_REPORT_LOST:
    drop(pending_of(c, order));
    rote_queue_snapshot_lost(c->queue, order);
    break;
  case ROTE_REPORT_FAILED:
    if (report->status == ROTE_IO) {
      return rote_fail(ROTE_IO, "unit %s on %s: %s", key, report->host, report->reason);
    }
    rote_log(ROTE_LOG_WARN, "unit-failed", "unit = %s, host = %s, rank = %d: %s", key, report->host,
             rank, report->reason);
    if (rote_queue_failed(c->queue, order)) {
      rote_log(ROTE_LOG_ERROR, "unit-given-up", "unit = %s failed %d times", key,
               ROTE_UNIT_ATTEMPTS);
    }
    break;
  }
  return ROTE_OK;
}
