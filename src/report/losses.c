/* The losses of the trainings, of any study. */
#include "rote/file.h"
#include "rote/memory.h"
#include "rote/report.h"

#include <math.h>
#include <stdio.h>

/* Losses of one kind, the mean over the models that have one. */
typedef struct {
  size_t models, epochs, last_missing;
  double *x, *mean, *low, *high; /* [epochs] */
} losses;

static void forget(losses *l)
{
  rote_free(&l->x);
  rote_free(&l->mean);
  rote_free(&l->low);
  rote_free(&l->high);
}

static void summarize(const double *loss, losses *l)
{
  for (size_t e = 0; e < l->epochs; e++) {
    double sum = 0, low = INFINITY, high = -INFINITY;
    size_t n = 0;
    for (size_t m = 0; m < l->models; m++) {
      const double one = loss[m * l->epochs + e];
      if (isfinite(one)) {
        sum += one;
        low = fmin(low, one);
        high = fmax(high, one);
        n++;
      }
    }
    l->x[e] = (double)(e + 1);
    l->mean[e] = n > 0 ? sum / (double)n : (double)NAN;
    l->low[e] = low;
    l->high[e] = high;
    l->last_missing = l->models - n;
  }
}

/* @param[out] l  models 0: there is no such array */
static rote_status read_losses(const rote_told *study, const char *variant, const char *name,
                               losses *l)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  rote_h5_array shape;
  double *loss = NULL;
  *l = (losses){.models = 0};
  ROTE_TRY(rote_path(path, "%s/%s", variant, name));
  if (!rote_study_reader_has(study->reader, path)) {
    return ROTE_OK;
  }
  ROTE_TRY(rote_study_reader_shape(study->reader, path, &shape));
  l->models = 1;
  for (size_t d = 0; d + 1 < shape.rank; d++) {
    l->models *= shape.shape[d];
  }
  l->epochs = shape.shape[shape.rank - 1];
  ROTE_TRY(rote_alloc(l->models * l->epochs, sizeof *loss, &loss));
  ROTE_TRY(rote_alloc(l->epochs, sizeof(double), &l->x));
  ROTE_TRY(rote_alloc(l->epochs, sizeof(double), &l->mean));
  ROTE_TRY(rote_alloc(l->epochs, sizeof(double), &l->low));
  ROTE_TRY(rote_alloc(l->epochs, sizeof(double), &l->high));
  ROTE_TRY(rote_study_reader_get(study->reader, path, ROTE_ALL, loss));
  summarize(loss, l);
done:
  rote_free(&loss);
  if (status != ROTE_OK) {
    forget(l);
  }
  return status;
}

static rote_status show_variant(const rote_told *study, const rote_variant *v, rote_page *page,
                                size_t *diverged)
{
  static const struct {
    const char *array, *name;
    bool trained;
  } curve[] = {{"loss/train", "training images", true},
               {"loss/held_out", "held-out images", false},
               {"full/loss/train", "training images, models of all images", true},
               {"full/loss/held_out", "test images, models of all images", false}};
  rote_status status = ROTE_OK;
  const bool nats = !rote_options_autoencoder(&v->options);
  losses l = {.models = 0};
  char name[ROTE_NAME_MAX + 16], title[ROTE_NAME_MAX + 64];
  snprintf(name, sizeof name, "losses-%s", v->name);
  snprintf(title, sizeof title, "%s: loss of every epoch", v->name);
  rote_page_figure(
      page, &(rote_figure){.name = name,
                           .title = title,
                           .alt = "Lines of the loss against the epoch, for training and for "
                                  "held-out images; bands from the least to the greatest model.",
                           .x = "epoch",
                           .y = nats ? "loss (nats per image)" : "mean squared error",
                           .scale = nats ? ROTE_SCALE_LINEAR : ROTE_SCALE_LOG});
  for (size_t c = 0; c < sizeof curve / sizeof *curve; c++) {
    ROTE_TRY(read_losses(study, v->name, curve[c].array, &l));
    if (l.models > 0) {
      rote_page_series(page, ROTE_SERIES_BAND, curve[c].name, l.epochs, l.x, l.mean, l.low, l.high);
      *diverged += nats && curve[c].trained ? l.last_missing : 0;
    }
    forget(&l);
  }
done:
  forget(&l);
  return status;
}

rote_status rote_report_losses(const rote_told *study, rote_page *page, size_t *diverged)
{
  rote_status status = ROTE_OK;
  rote_page_section(page, false, "Training");
  rote_page_text(page, "The loss of images that a model was trained on falls as it learns; where "
                       "the loss of held-out images turns and rises while the other falls on, the "
                       "model has begun to learn its images by rote. A line is the mean over "
                       "models, a band reaches from the least to the greatest.");
  *diverged = 0;
  for (size_t v = 0; v < study->study->variant_count; v++) {
    ROTE_TRY(show_variant(study, &study->study->variant[v], page, diverged));
  }
  if (*diverged > 0) {
    rote_page_warning(page,
                      "%zu trainings diverged: their loss was not finite. They count as "
                      "missing in all that follows from them.",
                      *diverged);
  }
done:
  return status;
}
