#include "rote/unit.h"
#include "rote/clock.h"

#include "recover.h"
#include "rote/checkpoint.h"
#include "rote/file.h"
#include "rote/isa.h"
#include "rote/log.h"
#include "rote/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct rote_unit_runner {
  rote_unit_setting setting;
  size_t variant; /* that trainer and evaluator are made for */
  rote_trainer *trainer;
  bool training;    /* the trainer holds a unit */
  size_t unit;      /* which one */
  uint64_t saved;   /* epoch of its checkpoint, which no earlier one replaces; 0: none */
  uint32_t resumes; /* of that training */
  double seconds;   /* of work on it, over all its segments */
  double epoch_seconds, batch_seconds;  /* the longest of late, of this variant; 0: not known */
  char arithmetic[ROTE_ARITHMETIC_MAX]; /* of it, over all its segments */

  rote_evaluator *evaluator;    /* of VAEs */
  rote_recoverer *recoverer;    /* of autoencoders, where something is to be recovered */
  rote_real *w;                 /* weights of the snapshot in hand */
  char snapshot[ROTE_PATH_MAX]; /* its path; "" if none */

  rote_array *array; /* [3 * parameters]: views of weights and moments, for files */
};

static rote_status unit_path(const char *directory, const char *kind, const rote_study *study,
                             size_t variant, size_t unit, size_t epoch, char *path)
{
  char key[ROTE_KEY_MAX];
  const rote_variant *v = &study->variant[variant];
  rote_unit_key(v->name, rote_unit_at(&v->options, unit), epoch, key);
  return rote_path(path, "%s/%s/%s.h5", directory, kind, key);
}

rote_status rote_unit_model_path(const char *directory, const rote_study *study, size_t variant,
                                 size_t unit, size_t epoch, char *path)
{
  return unit_path(directory, "models", study, variant, unit, epoch, path);
}

rote_status rote_unit_result_path(const char *directory, const rote_study *study, size_t variant,
                                  size_t unit, size_t epoch, char *path)
{
  return unit_path(directory, "results", study, variant, unit, epoch, path);
}

size_t rote_unit_report_room(const rote_study *study, size_t shard)
{
  size_t room = shard;
  for (size_t v = 0; v < study->variant_count; v++) {
    const size_t epochs = study->variant[v].options.training.epochs;
    room = epochs > room ? epochs : room;
  }
  return 2 * room;
}

rote_status rote_unit_runner_create(const rote_unit_setting *setting, rote_unit_runner **out)
{
  rote_status status = rote_alloc(1, sizeof **out, out);
  if (status == ROTE_OK) {
    (*out)->setting = *setting;
    (*out)->variant = setting->study->variant_count; /* none yet */
  }
  return status;
}

static void forget_variant(rote_unit_runner *r)
{
  rote_evaluator_destroy(&r->evaluator);
  rote_recoverer_destroy(&r->recoverer);
  rote_trainer_destroy(&r->trainer);
  rote_free(&r->w);
  rote_free(&r->array);
  r->training = false;
  r->epoch_seconds = r->batch_seconds = 0;
  r->snapshot[0] = '\0';
  r->variant = r->setting.study->variant_count;
}

void rote_unit_runner_destroy(rote_unit_runner **runner)
{
  if (*runner != NULL) {
    forget_variant(*runner);
    rote_free(runner);
  }
}

/* Make room for the models of a variant; nothing to do if it is the one in hand. */
static rote_status take_variant(rote_unit_runner *r, size_t variant)
{
  rote_status status = ROTE_OK;
  const rote_unit_setting *s = &r->setting;
  if (r->variant == variant) {
    return ROTE_OK;
  }
  forget_variant(r);
  ROTE_TRY(rote_trainer_create(&s->study->variant[variant].options, s->info, s->train, s->test,
                               s->fold, &r->trainer));
  r->trainer->abandon = s->abandon;
  r->trainer->context = s->context;
  const rote_parameters *table = r->trainer->model->table;
  if (r->trainer->vae != NULL) {
    ROTE_TRY(rote_evaluator_create(r->trainer->vae, &r->evaluator));
  }
  if (rote_options_recovered(&r->trainer->options)) {
    ROTE_TRY(rote_recoverer_create(s, variant, r->trainer->model->autoencoder, &r->recoverer));
  }
  ROTE_TRY(rote_alloc(table->total, sizeof *r->w, &r->w));
  ROTE_TRY(rote_alloc(3 * table->count, sizeof *r->array, &r->array));
  r->variant = variant;
done:
  if (status != ROTE_OK) {
    forget_variant(r);
  }
  return status;
}

/* Views of the flat buffer `data`, one array a parameter, as a group for a file. */
static rote_array_group group_of(rote_unit_runner *r, const char *name, size_t slot,
                                 rote_real *data)
{
  const rote_parameters *table = r->trainer->model->table;
  rote_array *array = r->array + slot * table->count;
  for (size_t i = 0; i < table->count; i++) {
    const rote_parameter *p = &table->parameter[i];
    array[i] = (rote_array){.rank = p->rank, .data = data + p->offset};
    memcpy(array[i].shape, p->shape, sizeof p->shape);
    snprintf(array[i].name, sizeof array[i].name, "%s", p->name);
  }
  return (rote_array_group){.name = name, .count = table->count, .array = array};
}

static const char *own_arithmetic(void)
{
  return rote_isa_arithmetic(rote_isa_level());
}

/* A file of another arithmetic leads to other bits: to be asked for. */
static rote_status check_arithmetic(const rote_unit_runner *r, const char *path,
                                    const rote_checkpoint *c)
{
  if (strcmp(c->arithmetic, own_arithmetic()) != 0 && !r->setting.allow_cpu_change) {
    return rote_fail(ROTE_DATA,
                     "%s: was computed with \"%s\" arithmetic, this processor has \"%s\"", path,
                     c->arithmetic, own_arithmetic());
  }
  return ROTE_OK;
}

/* A checkpoint that names the trainer's own arrays. `group` has room for 3. */
static rote_checkpoint checkpoint_of(rote_unit_runner *r, size_t unit, rote_array_group *group)
{
  rote_trainer *t = r->trainer;
  const rote_variant *v = &r->setting.study->variant[r->variant];
  rote_checkpoint c = {
      .epoch = t->epoch,
      .step = *rote_trainer_steps(t),
      .loss_count = t->options.training.epochs,
      .loss_train = t->loss_train,
      .loss_held_out = t->loss_held_out,
      .resumes = r->resumes,
      .seconds = r->seconds,
      .group_count = t->adam != NULL ? 3 : 1,
      .group = group,
  };
  group[0] = group_of(r, "parameters", 0, t->w);
  if (t->adam != NULL) {
    group[1] = group_of(r, "adam_m", 1, t->adam->first);
    group[2] = group_of(r, "adam_v", 2, t->adam->second);
  }
  rote_unit_key(v->name, rote_unit_at(&v->options, unit), 0, c.key);
  memcpy(c.study, r->setting.fingerprint, ROTE_DIGEST_TEXT);
  memcpy(c.arithmetic, r->arithmetic, sizeof c.arithmetic);
  return c;
}

static rote_status write_checkpoint(rote_unit_runner *r)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], previous[ROTE_PATH_MAX];
  rote_array_group group[3];
  const rote_checkpoint c = checkpoint_of(r, r->unit, group);
  if (c.epoch < r->saved) {
    return ROTE_OK;
  }
  if (r->setting.disowned != NULL && r->setting.disowned(r->setting.context)) {
    r->training = false; /* the file may be another worker's by now: read it next time */
    return ROTE_OK;
  }
  ROTE_TRY(
      rote_unit_model_path(r->setting.directory, r->setting.study, r->variant, r->unit, 0, path));
  ROTE_TRY(rote_path(previous, "%s.prev", path));
  ROTE_TRY(rote_checkpoint_write(path, previous, &c));
  r->saved = c.epoch;
done:
  return status;
}

static rote_status write_snapshot(rote_unit_runner *r)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  rote_array_group group[3];
  rote_checkpoint c = checkpoint_of(r, r->unit, group);
  c.group_count = 1;
  c.loss_count = 0;
  c.resumes = 0;
  c.seconds = 0;
  ROTE_TRY(rote_unit_model_path(r->setting.directory, r->setting.study, r->variant, r->unit,
                                r->trainer->epoch, path));
  ROTE_TRY(rote_checkpoint_write(path, NULL, &c));
done:
  return status;
}

/* Take up a unit: from the memory of the last segment, its checkpoint, the one before, or epoch 0.
 */
static rote_status take_unit(rote_unit_runner *r, size_t unit, size_t until)
{
  rote_status status = ROTE_OK;
  rote_trainer *t = r->trainer;
  const rote_unit which = rote_unit_at(&t->options, unit);
  char path[ROTE_PATH_MAX], file[ROTE_PATH_MAX];
  if (r->training && r->unit == unit && t->epoch <= until && !t->diverged) {
    return ROTE_OK;
  }
  r->training = false;
  r->unit = unit;
  r->saved = 0;
  ROTE_TRY(rote_unit_model_path(r->setting.directory, r->setting.study, r->variant, unit, 0, path));
  for (int previous = 0; previous <= 1 && !r->training; previous++) {
    rote_array_group group[3];
    ROTE_TRY(rote_path(file, "%s%s", path, previous ? ".prev" : ""));
    if (!rote_file_exists(file)) {
      continue;
    }
    rote_trainer_begin(t, which);
    rote_checkpoint c = checkpoint_of(r, unit, group);
    if (rote_checkpoint_read(file, &c) != ROTE_OK || check_arithmetic(r, file, &c) != ROTE_OK) {
      rote_log(ROTE_LOG_WARN, "checkpoint-unusable", "%s; trying an earlier state",
               rote_fail_reason(ROTE_DATA));
    } else if (c.epoch <= until) {
      t->epoch = c.epoch;
      *rote_trainer_steps(t) = c.step;
      r->saved = c.epoch > r->saved ? c.epoch : r->saved;
      r->resumes = c.resumes + 1;
      r->seconds = c.seconds;
      snprintf(r->arithmetic, sizeof r->arithmetic, "%s",
               strcmp(c.arithmetic, own_arithmetic()) == 0 ? c.arithmetic : "mixed");
      r->training = true;
    } else if (c.epoch > r->saved) {
      r->saved = c.epoch; /* a snapshot of an earlier epoch was lost */
    }
  }
  if (!r->training) {
    rote_trainer_begin(t, which);
    r->resumes = 0;
    r->seconds = 0;
    snprintf(r->arithmetic, sizeof r->arithmetic, "%s", own_arithmetic());
    r->training = true;
  }
done:
  return status;
}

static bool told_to_stop(const rote_unit_runner *r, double seconds)
{
  return r->setting.stop != NULL && r->setting.stop(r->setting.context, seconds);
}

/* The next one may take as long as the longest of late. */
static double expect(double expected, double seconds)
{
  return seconds > expected ? seconds : (3 * expected + seconds) / 4;
}

static rote_status train(rote_unit_runner *r, const rote_order *order, rote_report *report,
                         float *values)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(take_variant(r, order->variant));
  ROTE_TRY(take_unit(r, order->unit, order->epoch));
  rote_trainer *t = r->trainer;
  char key[ROTE_KEY_MAX];
  rote_unit_key(r->setting.study->variant[r->variant].name, t->unit, 0, key);
  rote_log(ROTE_LOG_DEBUG, "training-from", "unit = %s, epoch = %zu", key, t->epoch);
  while (t->epoch < order->epoch && !rote_trainer_ended(t)) {
    const double start = rote_seconds();
    if (told_to_stop(r, r->epoch_seconds)) {
      report->kind = ROTE_REPORT_STOPPED;
      break;
    }
    if (!rote_trainer_epoch(t)) {
      report->kind = ROTE_REPORT_STOPPED;
      r->training = false; /* the checkpoint has what is left */
      goto done;
    }
    r->seconds += rote_seconds() - start;
    rote_log(ROTE_LOG_DEBUG, "epoch-end", "unit = %s, epoch = %zu", key, t->epoch);
    if (t->epoch < order->epoch && !rote_trainer_ended(t) &&
        t->epoch % t->options.checkpoint.every == 0) {
      ROTE_TRY(write_checkpoint(r));
    }
    r->epoch_seconds = expect(r->epoch_seconds, rote_seconds() - start);
  }
  if (t->vae != NULL && t->epoch == order->epoch && !t->diverged) {
    ROTE_TRY(write_snapshot(r));
  }
  /* of a whole order also one that is there: it may have been found damaged */
  if (!t->diverged && (report->kind != ROTE_REPORT_STOPPED || t->epoch > r->saved)) {
    ROTE_TRY(write_checkpoint(r));
  }
  const size_t epochs = t->options.training.epochs;
  memcpy(values, t->loss_train, epochs * sizeof(float));
  memcpy(values + epochs, t->loss_held_out, epochs * sizeof(float));
  report->count = (uint32_t)(2 * epochs);
  report->epoch = (uint32_t)t->epoch;
  report->diverged = t->diverged;
  report->ended = rote_trainer_ended(t);
  report->resumes = r->resumes;
  report->seconds = r->seconds;
  memcpy(report->arithmetic, r->arithmetic, sizeof report->arithmetic);
done:
  if (status != ROTE_OK) {
    r->training = false; /* memory and file may disagree: read the file next time */
  }
  return status;
}

/* An autoencoder's snapshot is the checkpoint at the end of its training. @param[in] checkpoint
 * with room for the losses */
static rote_status check_that_it_ended(const rote_unit_runner *r, const char *path,
                                       const rote_checkpoint *c)
{
  return rote_training_ended(&r->trainer->options, (size_t)c->epoch, c->loss_train)
             ? ROTE_OK
             : rote_fail(ROTE_DATA, "%s: holds epoch %llu, at which the training has not ended",
                         path, (unsigned long long)c->epoch);
}

/* @return ROTE_DATA if the snapshot is missing or damaged */
static rote_status take_snapshot(rote_unit_runner *r, const rote_order *order)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  float *loss = NULL;
  const rote_variant *v = &r->setting.study->variant[order->variant];
  const bool of_vae = order->kind == ROTE_ORDER_EVALUATE;
  ROTE_TRY(rote_unit_model_path(r->setting.directory, r->setting.study, order->variant, order->unit,
                                of_vae ? order->epoch : 0, path));
  if (strcmp(path, r->snapshot) == 0) {
    return ROTE_OK;
  }
  r->snapshot[0] = '\0';
  const rote_array_group group = group_of(r, "parameters", 0, r->w);
  rote_checkpoint c = {.group_count = 1, .group = &group};
  if (!of_vae) {
    c.loss_count = v->options.training.epochs;
    ROTE_TRY(rote_alloc(2 * c.loss_count, sizeof *loss, &loss));
    c.loss_train = loss;
    c.loss_held_out = loss + c.loss_count;
  }
  rote_unit_key(v->name, rote_unit_at(&v->options, order->unit), 0, c.key);
  memcpy(c.study, r->setting.fingerprint, ROTE_DIGEST_TEXT);
  ROTE_TRY(rote_checkpoint_read(path, &c));
  ROTE_TRY(check_arithmetic(r, path, &c));
  if (!of_vae) {
    ROTE_TRY(check_that_it_ended(r, path, &c));
  } else if (c.epoch != order->epoch) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: holds epoch %llu, not %u", path, (unsigned long long)c.epoch,
                       order->epoch));
  }
  memcpy(r->snapshot, path, sizeof path);
done:
  rote_free(&loss);
  return status;
}

/* Take up the variant and the snapshot of an order. @param[out] report  says if it is lost */
static rote_status take_model(rote_unit_runner *r, const rote_order *order, rote_report *report)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(take_variant(r, order->variant));
  status = take_snapshot(r, order);
  if (status == ROTE_DATA) {
    rote_log(ROTE_LOG_WARN, "snapshot-unusable", "%s; it is trained again",
             rote_fail_reason(status));
    report->kind = ROTE_REPORT_LOST;
    return ROTE_OK;
  }
done:
  return status;
}

static rote_status evaluate(rote_unit_runner *r, const rote_order *order, rote_report *report,
                            float *values)
{
  rote_status status = ROTE_OK;
  const double start = rote_seconds();
  ROTE_TRY(take_model(r, order, report));
  if (report->kind == ROTE_REPORT_LOST) {
    goto done;
  }
  const rote_unit unit = rote_unit_at(&r->trainer->options, order->unit);
  for (size_t done = 0; done < order->count; done += ROTE_EVALUATE_BATCH) {
    const size_t left = order->count - done;
    const size_t n = left < ROTE_EVALUATE_BATCH ? left : ROTE_EVALUATE_BATCH;
    const double batches = (double)((left + ROTE_EVALUATE_BATCH - 1) / ROTE_EVALUATE_BATCH);
    const double begun = rote_seconds();
    if (told_to_stop(r, batches * r->batch_seconds)) {
      report->kind = ROTE_REPORT_STOPPED;
      goto done;
    }
    rote_evaluate_images(r->evaluator, r->w, r->setting.train, unit, order->epoch,
                         order->first + done, n, values + done, values + order->count + done);
    r->batch_seconds = expect(r->batch_seconds, rote_seconds() - begun);
  }
  report->count = 2 * order->count;
  report->seconds = rote_seconds() - start;
done:
  return status;
}

/* One shard takes as long as another, so the longest of late says whether there is time. */
static rote_status recover(rote_unit_runner *r, const rote_order *order, rote_report *report)
{
  rote_status status = ROTE_OK;
  const double start = rote_seconds();
  ROTE_TRY(take_model(r, order, report));
  if (report->kind == ROTE_REPORT_LOST) {
    goto done;
  }
  if (told_to_stop(r, r->batch_seconds)) {
    report->kind = ROTE_REPORT_STOPPED;
    goto done;
  }
  status = rote_recoverer_run(r->recoverer, r->w, order->unit, order->first);
  if (status == ROTE_STOPPED) {
    report->kind = ROTE_REPORT_STOPPED;
    return ROTE_OK;
  }
  ROTE_TRY(status);
  report->seconds = rote_seconds() - start;
  r->batch_seconds = expect(r->batch_seconds, report->seconds);
done:
  return status;
}

void rote_unit_run(rote_unit_runner *r, const rote_order *order, rote_report *report, float *values)
{
  *report = (rote_report){.order = *order, .kind = ROTE_REPORT_DONE};
  gethostname(report->host, sizeof report->host - 1);
  snprintf(report->arithmetic, sizeof report->arithmetic, "%s", own_arithmetic());
  const rote_status status = order->kind == ROTE_ORDER_TRAIN ? train(r, order, report, values)
                             : order->kind == ROTE_ORDER_RECOVER
                                 ? recover(r, order, report)
                                 : evaluate(r, order, report, values);
  if (status != ROTE_OK) {
    report->kind = ROTE_REPORT_FAILED;
    report->status = status;
    report->count = 0;
    snprintf(report->reason, sizeof report->reason, "%.500s", rote_fail_reason(status));
  }
}
