/* The audit as text. */
#include "audit_room.h"
#include "rote/memory.h"
#include "told.h"

#include <math.h>

/* Chains whose weights are so unequal have not converged (rote/annealing.h). */
#define CONVERGED 0.3

/* [A] numbers of a variant. */
static rote_status get(const rote_told *told, const rote_variant *v, const char *group,
                       const char *name, double **values)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_alloc(v->options.evaluation.audit, sizeof **values, values));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, *values, "%s/audit/%s%s%s", v->name, group,
                         group[0] != '\0' ? "/" : "", name));
done:
  return status;
}

/* "0.31 +- 0.05" of the images of one kind, or of all. */
static void tell_mean(size_t n, const double *difference, const double *highest, int kind,
                      double *room, rote_lines *lines)
{
  double error = 0;
  for (size_t a = 0; a < n; a++) {
    room[a] = kind < 0 || highest[a] == kind ? difference[a] : (double)NAN;
  }
  const double mean = rote_audit_mean(n, room, &error);
  rote_lines_add(lines, "  %8.2f +- %-6.2f", mean, error);
}

/* A line a proposal: all images, those of the highest M, the middling ones. */
static rote_status tell_side(const rote_told *told, const rote_variant *v, rote_audit_side side,
                             const double *highest, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const char *group = rote_audit_side_name[side];
  const size_t n = v->options.evaluation.audit;
  double *annealed = NULL, *by = NULL, *room = NULL;
  ROTE_TRY(get(told, v, group, "log_px", &annealed));
  ROTE_TRY(rote_alloc(n, sizeof *room, &room));
  for (size_t p = 0; p < ROTE_AUDIT_PROPOSALS; p++) {
    rote_free(&by);
    ROTE_TRY(get(told, v, group, rote_audit_proposal_name[p], &by));
    for (size_t a = 0; a < n; a++) {
      by[a] = annealed[a] - by[a];
    }
    rote_lines_add(lines, "  %-8s %s ", side == ROTE_AUDIT_HELD_IN ? "held in" : "held out",
                   rote_audit_proposal_name[p]);
    tell_mean(n, by, highest, -1, room, lines);
    tell_mean(n, by, highest, 1, room, lines);
    tell_mean(n, by, highest, 0, room, lines);
    rote_lines_add(lines, "\n");
  }
done:
  rote_free(&annealed);
  rote_free(&by);
  rote_free(&room);
  return status;
}

static rote_status count_doubtful(const rote_told *told, const rote_variant *v,
                                  rote_audit_side side, size_t *doubtful, size_t *all)
{
  rote_status status = ROTE_OK;
  double *share = NULL;
  ROTE_TRY(get(told, v, rote_audit_side_name[side], "effective_share", &share));
  for (size_t a = 0; a < v->options.evaluation.audit; a++) {
    *doubtful += share[a] < CONVERGED;
    *all += isfinite(share[a]) ? 1 : 0;
  }
done:
  rote_free(&share);
  return status;
}

static rote_status tell_variant(const rote_told *told, const rote_variant *v, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  double *highest = NULL;
  size_t doubtful = 0, all = 0;
  ROTE_TRY(get(told, v, "", "highest", &highest));
  rote_lines_add(lines,
                 "\n%s, audit: what log p by each proposal is short of annealed importance sampling"
                 " (%d temperatures,\n%d chains), in nats; mean and standard error\n"
                 "                    %-20s%-20s%s\n",
                 v->name, ROTE_AUDIT_TEMPERATURES, ROTE_AUDIT_CHAINS, "all images", "highest M",
                 "middling M");
  for (size_t side = 0; side < ROTE_AUDIT_SIDES; side++) {
    ROTE_TRY(tell_side(told, v, (rote_audit_side)side, highest, lines));
    ROTE_TRY(count_doubtful(told, v, (rote_audit_side)side, &doubtful, &all));
  }
  if (doubtful > 0) {
    rote_lines_add(lines,
                   "  warning: %zu of the %zu annealings have not converged (effective share below "
                   "%.1f)\n",
                   doubtful, all, CONVERGED);
  }
done:
  rote_free(&highest);
  return status;
}

rote_status rote_audit_tell(const rote_told *told, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  for (size_t i = 0; i < told->study->variant_count; i++) {
    const rote_variant *v = &told->study->variant[i];
    if (rote_measure_applies(&rote_measure_audit, &v->options)) {
      ROTE_TRY(tell_variant(told, v, lines));
    }
  }
done:
  return status != ROTE_OK ? status : lines->status;
}
