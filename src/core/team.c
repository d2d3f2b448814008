#include "rote/team.h"

#include "rote/memory.h"

size_t rote_team_size(const rote_team *team)
{
  return team == NULL ? 1 : team->size;
}

bool rote_team_is_first(const rote_team *team)
{
  return team == NULL || team->rank == 0;
}

rote_status rote_team_agree(const rote_team *team, rote_status mine)
{
  return team == NULL ? mine : team->agree(mine);
}

rote_status rote_team_broadcast(const rote_team *team, void *data, size_t bytes)
{
  return team == NULL ? ROTE_OK : team->broadcast(data, bytes);
}

static rote_status work_alone(const rote_team_work *work)
{
  rote_status status = ROTE_OK;
  void *result = NULL;
  ROTE_TRY(rote_alloc(work->room, 1, &result));
  for (size_t block = 0; block < work->blocks; block++) {
    size_t bytes = 0;
    ROTE_TRY(work->make(work->context, block, result, &bytes));
    ROTE_TRY(work->take(work->context, block, result, bytes));
  }
done:
  rote_free(&result);
  return status;
}

rote_status rote_team_share(const rote_team *team, const rote_team_work *work)
{
  return team == NULL ? work_alone(work) : team->share(work);
}
