/* Tasks that all ranks do together, one unit after the other. */
#include "queue_next.h"

/* The first unit that the task waits for. */
static bool find_together(rote_queue *q, size_t g, size_t t, rote_order *order)
{
  const rote_group *group = &q->plan->group[g];
  const size_t stage = group->task[t].stage;
  for (size_t unit = 0; unit < group->units; unit++) {
    const rote_queue_unit *u = rote_queue_look(q, g, unit);
    if (u->task[t].left > 0 && u->stage[stage] != ROTE_STAGE_DONE) {
      *order = (rote_order){.kind = ROTE_ORDER_TOGETHER,
                            .group = (uint32_t)g,
                            .unit = (uint32_t)unit,
                            .stage = (uint32_t)stage,
                            .task = (uint32_t)t,
                            .epoch = (uint32_t)group->stage[stage].epoch,
                            .count = u->task[t].rows};
      return true;
    }
  }
  return false;
}

bool rote_queue_together_due(rote_queue *q, rote_order *order)
{
  rote_queue_count(q);
  for (size_t g = 0; g < q->plan->group_count; g++) {
    for (size_t t = 0; t < q->plan->group[g].tasks; t++) {
      const size_t at = q->first_task[g] + t;
      if (q->together[at] && q->waiting[at] > 0 && rote_queue_may_choose(q, g, t) &&
          find_together(q, g, t, order)) {
        return true;
      }
    }
  }
  return false;
}
