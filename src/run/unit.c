#include "rote/unit.h"

#include "piece.h"
#include "rote/memory.h"
#include "training.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct rote_unit_runner {
  rote_unit_setting setting;
  rote_training *training;
  rote_piece_room *pieces;
};

size_t rote_unit_report_room(const rote_plan *plan, size_t shard)
{
  size_t room = 0;
  for (size_t g = 0; g < plan->group_count; g++) {
    const rote_group *group = &plan->group[g];
    const rote_options *o = rote_plan_options(plan, group->variant);
    const size_t losses = group->of_data ? 0 : 2 * sizeof(float) * o->training.epochs;
    room = losses > room ? losses : room;
    for (size_t t = 0; t < group->tasks; t++) {
      const rote_measure *m = group->task[t].measure;
      const rote_sizes sizes = rote_measure_sizes(
          m, rote_plan_options(plan, group->task[t].variant), plan->info, plan->images);
      for (int full = 0; full <= 1 && !m->large; full++) {
        const size_t bytes = rote_queue_step(m, shard, SIZE_MAX / 2) *
                             rote_rows_bytes(rote_measure_arrays(m, full), &sizes);
        room = bytes > room ? bytes : room;
      }
    }
  }
  return room;
}

rote_status rote_unit_runner_create(const rote_unit_setting *setting, rote_unit_runner **out)
{
  rote_status status = ROTE_OK;
  rote_unit_runner *r = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  r->setting = *setting;
  ROTE_TRY(rote_training_create(&r->setting, &r->training));
  ROTE_TRY(rote_piece_room_create(&r->setting, &r->pieces));
  *out = r;
  r = NULL;
done:
  rote_unit_runner_destroy(&r);
  return status;
}

void rote_unit_runner_destroy(rote_unit_runner **runner)
{
  if (*runner != NULL) {
    rote_training_destroy(&(*runner)->training);
    rote_piece_room_destroy(&(*runner)->pieces);
    rote_free(runner);
  }
}

void rote_unit_run(rote_unit_runner *r, const rote_order *order, rote_report *report, void *rows)
{
  *report = (rote_report){.order = *order, .kind = ROTE_REPORT_DONE};
  gethostname(report->host, sizeof report->host - 1);
  snprintf(report->arithmetic, sizeof report->arithmetic, "%s", rote_own_arithmetic());
  const rote_status status = order->kind == ROTE_ORDER_TRAIN
                                 ? rote_training_run(r->training, order, report, rows)
                                 : rote_piece_run(r->pieces, order, report, rows);
  if (status != ROTE_OK) {
    report->kind = ROTE_REPORT_FAILED;
    report->status = status;
    report->bytes = 0;
    snprintf(report->reason, sizeof report->reason, "%.500s", rote_fail_reason(status));
  }
}
