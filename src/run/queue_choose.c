/* Tasks whose rows hang on what another measure found. */
#include "queue_next.h"
#include "rote/memory.h"

#include <string.h>

static size_t place_of(const rote_queue *q, size_t group, size_t task)
{
  return q->first_task[group] + task;
}

bool rote_queue_may_choose(rote_queue *q, size_t group, size_t task)
{
  const rote_group *g = &q->plan->group[group];
  const rote_task *of = &g->task[task];
  bool may = true;
  rote_queue_count(q);
  for (size_t t = 0; t < g->tasks && of->measure->after != NULL; t++) {
    may = may && (g->task[t].measure != of->measure->after || g->task[t].variant != of->variant ||
                  q->waiting[place_of(q, group, t)] == 0);
  }
  return may;
}

bool rote_queue_choice_due(rote_queue *q, size_t *group, size_t *task)
{
  rote_queue_count(q);
  for (*group = 0; *group < q->plan->group_count; ++*group) {
    for (*task = 0; *task < q->plan->group[*group].tasks; ++*task) {
      const size_t at = place_of(q, *group, *task);
      if (!q->open[at] && !q->together[at] && q->waiting[at] > 0 &&
          rote_queue_may_choose(q, *group, *task)) {
        return true;
      }
    }
  }
  return false;
}

static rote_status take_items(rote_queue_task *t, const uint32_t *item)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_alloc(t->rows, sizeof *t->item, &t->item));
  memcpy(t->item, item, t->rows * sizeof *item);
  t->asked = 0;
  for (uint32_t row = 0; row < t->rows; row++) {
    t->asked += item[row] != ROTE_NO_ITEM;
  }
  t->left = t->asked;
  t->next = 0;
  rote_queue_pass_had(t);
done:
  return status;
}

rote_status rote_queue_choose(rote_queue *q, size_t group, size_t task, const uint32_t *item)
{
  rote_status status = ROTE_OK;
  for (size_t u = 0; u < q->plan->group[group].units && item != NULL; u++) {
    rote_queue_task *t = &rote_queue_unit_at(q, group, u)->task[task];
    if (t->left > 0) {
      ROTE_TRY(take_items(t, item));
      rote_queue_settle(q, group, u);
    }
    item += t->rows;
  }
  q->open[place_of(q, group, task)] = true;
  q->stale = true; /* stages wait for it */
done:
  return status;
}
