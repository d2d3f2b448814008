/* What the work of a study took: against what was foretold, piece by piece where it was slow. */
#include "rote/file.h"
#include "rote/memory.h"
#include "rote/rank_score.h"
#include "rote/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TRAIN "train" /* work of a training; measures name theirs */

/* A straggler took more than so many times what the median piece of its kind takes an image, and
 * more than so many seconds too long. */
#define SLOW 2.0
#define SLOW_SECONDS 1.0
#define LISTED 10

/* Work of one kind: all trainings of a group of models, or what a measure computed for a variant or
 * of the data. Its pieces are V snapshots by U models. */
typedef struct {
  const rote_plan *plan;
  const char *variant;                  /* "" of the data */
  const rote_measure *measure;          /* NULL: trainings */
  size_t group, units, count;           /* U; V U */
  char where[ROTE_NAME_MAX + 64];       /* "laplace/train" */
  double *seconds, *attempts, *resumes; /* [V, U] */
  double *rows;                         /* [V, U] images of the piece; of trainings times epochs */
} kind;

/* Sums of a kind, or of all. */
typedef struct {
  size_t pieces, slow;
  double taken, foretold; /* seconds; foretold NaN: by nobody */
  double against;         /* of `taken` what was foretold */
  double longest, resumed, failed;
} sums;

static void forget(kind *k)
{
  rote_free(&k->seconds);
  rote_free(&k->attempts);
  rote_free(&k->resumes);
  rote_free(&k->rows);
}

static rote_status read_member(const rote_told *study, const kind *k, const char *member,
                               double **values)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  rote_h5_array shape;
  size_t n = 1;
  ROTE_TRY(rote_path(path, "execution/%s/%s", k->where, member));
  ROTE_TRY(rote_study_reader_shape(study->reader, path, &shape));
  for (size_t d = 0; d < shape.rank; d++) {
    n *= shape.shape[d];
  }
  if (n != k->count) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s has %zu numbers, not %zu", path, n, k->count));
  }
  ROTE_TRY(rote_alloc(n, sizeof **values, values));
  ROTE_TRY(rote_study_reader_get(study->reader, path, ROTE_ALL, *values));
done:
  return status;
}

/* Images of a training, each as often as there are epochs. */
static double trained_rows(const kind *k, size_t unit)
{
  const rote_options *o = rote_plan_options(k->plan, k->plan->group[k->group].variant);
  const double n = (double)k->plan->images, folds = (double)o->folds.count;
  const bool full = rote_plan_unit(k->plan, k->group, unit).full;
  return (double)o->training.epochs * (full ? n : n * (folds - 1) / folds);
}

/* Is a task of its group one of this measure and variant? */
static bool is_of(const kind *k, size_t task)
{
  const rote_group *g = &k->plan->group[k->group];
  const rote_task *t = &g->task[task];
  return t->measure == k->measure &&
         (g->of_data || strcmp(k->plan->study->variant[t->variant].name, k->variant) == 0);
}

/* Of rows that hang on what another measure found the plan knows not how many are computed. */
static void count_rows(kind *k)
{
  const bool known = k->measure == NULL || k->measure->choose == NULL;
  const rote_group *g = &k->plan->group[k->group];
  for (size_t u = 0; u < k->units && k->measure == NULL; u++) {
    k->rows[u] = trained_rows(k, u);
  }
  for (size_t t = 0; t < g->tasks && k->measure != NULL; t++) {
    const size_t first = g->task[t].v * k->units;
    for (size_t u = 0; is_of(k, t) && u < k->units && first + u < k->count; u++) {
      k->rows[first + u] = known ? (double)rote_plan_rows(k->plan, k->group, u, t) : 0;
    }
  }
}

/* @param[out] k  count 0: there is none */
static rote_status read_kind(const rote_told *study, const rote_plan *plan, size_t group,
                             const rote_variant *v, const rote_measure *measure, kind *k)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  *k = (kind){.plan = plan,
              .variant = v == NULL ? "" : v->name,
              .measure = measure,
              .group = group,
              .units = plan->group[group].units};
  snprintf(k->where, sizeof k->where, "%s%s%s", k->variant, v == NULL ? "" : "/",
           measure == NULL ? TRAIN : measure->work);
  ROTE_TRY(rote_path(path, "execution/%s/seconds", k->where));
  if (rote_study_reader_has(study->reader, path)) {
    k->count = k->units *
               (measure == NULL || v == NULL ? 1 : rote_measure_snapshots(measure, &v->options));
    ROTE_TRY(read_member(study, k, "seconds", &k->seconds));
    ROTE_TRY(read_member(study, k, "attempts", &k->attempts));
    ROTE_TRY(read_member(study, k, "resumes", &k->resumes));
    ROTE_TRY(rote_alloc(k->count, sizeof *k->rows, &k->rows));
    count_rows(k);
  }
done:
  return status;
}

static bool is_done(const kind *k, size_t piece)
{
  return isfinite(k->seconds[piece]) && k->seconds[piece] > 0;
}

/* Seconds of the kind by those of its first pieces, of a leave-out and of a full model, whose
 * images may cost something else; NaN: there are no others, or their images are not known. */
static double foretell(const kind *k)
{
  double seconds = 0;
  size_t others = 0;
  for (int full = 0; full < 2; full++) {
    double rows = 0, first = (double)NAN;
    for (size_t i = 0; i < k->count; i++) {
      if (rote_plan_unit(k->plan, k->group, i % k->units).full == (full == 1) && is_done(k, i)) {
        others += isnan(first) ? 0 : 1;
        first = isnan(first) ? k->seconds[i] / k->rows[i] : first;
        rows += k->rows[i];
      }
    }
    seconds += isnan(first) ? 0 : rows * first; /* 0 times infinity, of no rows, is NaN */
  }
  return others > 0 ? seconds : (double)NAN;
}

/* Median seconds of an image; NaN: not known. */
static rote_status find_median(const kind *k, double *median)
{
  rote_status status = ROTE_OK;
  double *rate = NULL;
  ROTE_TRY(rote_alloc(k->count, sizeof *rate, &rate));
  for (size_t i = 0; i < k->count; i++) {
    rate[i] = is_done(k, i) && k->rows[i] > 0 ? k->seconds[i] / k->rows[i] : (double)NAN;
  }
  ROTE_TRY(rote_quantile(k->count, rate, 0.5, median));
done:
  rote_free(&rate);
  return status;
}

static bool is_slow(const kind *k, size_t piece, double median)
{
  const double usual = median * k->rows[piece];
  return is_done(k, piece) && k->seconds[piece] > SLOW * usual &&
         k->seconds[piece] > usual + SLOW_SECONDS;
}

static rote_status add_up(const kind *k, size_t count, const rote_foretold *foretold, sums *s)
{
  rote_status status = ROTE_OK;
  double median = 0;
  const char *work = k->measure == NULL ? TRAIN : k->measure->work;
  *s = (sums){.foretold = count == 0 ? foretell(k) : (double)NAN};
  for (size_t i = 0; i < count; i++) {
    if (strcmp(foretold[i].variant, k->variant) == 0 && strcmp(foretold[i].work, work) == 0) {
      s->foretold = 3600 * foretold[i].core_hours;
    }
  }
  ROTE_TRY(find_median(k, &median));
  for (size_t i = 0; i < k->count; i++) {
    if (is_done(k, i)) {
      s->pieces++;
      s->taken += k->seconds[i];
      s->against = s->taken;
      s->longest = fmax(s->longest, k->seconds[i]);
      s->slow += is_slow(k, i, median);
      s->resumed += k->resumes[i];
      s->failed += fmax(0, k->attempts[i] - 1);
    }
  }
done:
  return status;
}

static void show_sums(const char *what, const sums *s, rote_page *page)
{
  rote_page_cell(page, "%s", what);
  rote_page_cell(page, "%zu", s->pieces);
  rote_page_cell(page, isnan(s->foretold) ? "–" : "%.3g", s->foretold / 3600);
  rote_page_cell(page, "%.3g", s->taken / 3600);
  rote_page_cell(page, s->foretold > 0 ? "%.2f" : "–", s->against / s->foretold);
  rote_page_cell(page, "%.3g", s->pieces > 0 ? s->taken / (double)s->pieces : 0);
  rote_page_cell(page, "%.3g", s->longest);
  rote_page_cell(page, "%zu", s->slow);
  rote_page_cell(page, "%.0f", s->resumed);
  rote_page_cell(page, "%.0f", s->failed);
}

/* "lr3/r03-f07-e0050". @param[out] key [ROTE_KEY_MAX] */
static void name_piece(const kind *k, size_t piece, char *key)
{
  const rote_group *g = &k->plan->group[k->group];
  rote_plan_unit_key(k->plan, g->variant, piece % k->units, key);
  for (size_t t = 0; t < g->tasks && k->measure != NULL; t++) {
    if (is_of(k, t) && g->task[t].v == piece / k->units) {
      rote_plan_task_key(k->plan, k->group, piece % k->units, t, key);
    }
  }
}

/* Pieces of a kind that took much too long, as far as the list has room. */
static rote_status show_stragglers(const rote_told *study, const kind *k, size_t *room,
                                   rote_page *page)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], key[ROTE_KEY_MAX];
  rote_text_list host = {.count = 0};
  double median = 0;
  ROTE_TRY(find_median(k, &median));
  ROTE_TRY(rote_path(path, "execution/%s/host", k->where));
  for (size_t i = 0; i < k->count; i++) {
    if (*room > 0 && is_slow(k, i, median)) {
      ROTE_TRY(host.count == 0 ? rote_study_reader_texts(study->reader, path, &host) : ROTE_OK);
      name_piece(k, i, key);
      rote_page_cell(page, "%s", key);
      rote_page_cell(page, "%.3g", k->seconds[i]);
      rote_page_cell(page, "%.1f", k->seconds[i] / (median * k->rows[i]));
      rote_page_cell(page, "%s", i < host.count ? rote_text_list_get(&host, i) : "");
      rote_page_cell(page, "%.0f", k->resumes[i]);
      --*room;
    }
  }
done:
  rote_text_list_free(&host);
  return status;
}

/* All kinds there are, one after the other. */
typedef struct {
  const rote_told *study;
  const rote_plan *plan;
  rote_status (*take)(void *taker, const kind *k);
  void *taker;
} traversal;

static rote_status visit(const traversal *t, size_t group, const rote_variant *v,
                         const rote_measure *measure)
{
  rote_status status = ROTE_OK;
  kind k;
  ROTE_TRY(read_kind(t->study, t->plan, group, v, measure, &k));
  ROTE_TRY(k.count > 0 ? t->take(t->taker, &k) : ROTE_OK);
done:
  forget(&k);
  return status;
}

static rote_status visit_all(const traversal *t)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = t->plan;
  for (size_t v = 0; v < plan->study->variant_count; v++) {
    const rote_variant *variant = &plan->study->variant[v];
    const size_t group = plan->group_of[v];
    if (plan->group[group].variant == v) {
      ROTE_TRY(visit(t, group, variant, NULL));
    }
    for (const rote_measure *const *m = rote_measure_list; *m != NULL; m++) {
      if (rote_measure_has_rows(*m, false)) {
        ROTE_TRY(visit(t, group, variant, *m));
      }
    }
  }
  for (const rote_measure *const *m = rote_measure_list; *m != NULL; m++) {
    if (rote_measure_has_rows(*m, true) && plan->group[plan->group_count - 1].of_data) {
      ROTE_TRY(visit(t, plan->group_count - 1, NULL, *m));
    }
  }
done:
  return status;
}

typedef struct {
  const rote_told *study;
  size_t count;
  const rote_foretold *foretold;
  rote_page *page;
  sums all;
  size_t room; /* of the list of stragglers */
} show;

static rote_status take_sums(void *taker, const kind *k)
{
  rote_status status = ROTE_OK;
  show *w = taker;
  sums *all = &w->all, s;
  ROTE_TRY(add_up(k, w->count, w->foretold, &s));
  show_sums(k->where, &s, w->page);
  all->pieces += s.pieces;
  all->taken += s.taken;
  if (isfinite(s.foretold)) {
    all->foretold += s.foretold;
    all->against += s.taken;
  }
  all->longest = fmax(all->longest, s.longest);
  all->slow += s.slow;
  all->resumed += s.resumed;
  all->failed += s.failed;
done:
  return status;
}

static rote_status take_stragglers(void *taker, const kind *k)
{
  show *w = taker;
  return show_stragglers(w->study, k, &w->room, w->page);
}

rote_status rote_report_work(const rote_told *study, const rote_plan *plan, size_t count,
                             const rote_foretold *foretold, rote_page *page)
{
  static const char *const title[] = {
      "work",      "pieces",     "core-hours foretold", "core-hours taken", "taken / foretold",
      "s a piece", "longest, s", "stragglers",          "continued",        "failed tries"};
  static const char *const late[] = {"piece", "s", "times as long as usual", "host", "continued"};
  rote_status status = ROTE_OK;
  show w = {.study = study, .count = count, .foretold = foretold, .page = page, .room = LISTED};
  traversal t = {.study = study, .plan = plan, .take = take_sums, .taker = &w};
  rote_page_table(page, "What the work took, and what was foretold", sizeof title / sizeof *title,
                  title);
  ROTE_TRY(visit_all(&t));
  show_sums("all", &w.all, page);
  if (w.all.slow > 0) {
    rote_page_table(page, "Stragglers", sizeof late / sizeof *late, late);
    t.take = take_stragglers;
    ROTE_TRY(visit_all(&t));
  }
  rote_page_text(page,
                 "A piece is a training, or what a measure computes of one model at one "
                 "epoch; trainings that variants share are counted once. A straggler took "
                 "more than %.0f times as long for an image as the median of its kind: its "
                 "node is slow or was busy. A piece is continued after a stop, or in parts "
                 "by several ranks.",
                 SLOW);
done:
  return status;
}
