#include "training.h"

#include "rote/clock.h"
#include "rote/file.h"
#include "rote/isa.h"
#include "rote/log.h"
#include "rote/memory.h"

#include <stdio.h>
#include <string.h>

const rote_array rote_training_arrays[] = {
    [ROTE_LOSS_TRAIN] = {.name = "loss_train",
                         .dims = "I",
                         .type = ROTE_H5_F32,
                         .chunks = ROTE_H5_WHOLE},
    [ROTE_LOSS_HELD_OUT] = {.name = "loss_held_out",
                            .dims = "I",
                            .type = ROTE_H5_F32,
                            .chunks = ROTE_H5_WHOLE},
    ROTE_ARRAY_END,
};

struct rote_training {
  const rote_unit_setting *setting;
  size_t group; /* that the trainer is made for */
  rote_trainer *trainer;
  bool training;        /* the trainer holds a unit */
  size_t unit, home;    /* which one, and in which variant's name its files are */
  uint64_t saved;       /* epoch of its checkpoint, which no earlier one replaces; 0: none */
  uint32_t resumes;     /* of that training */
  double seconds;       /* of work on it, over all its segments */
  double epoch_seconds; /* the longest of late; 0: not known */
  char arithmetic[ROTE_ARITHMETIC_MAX]; /* of it, over all its segments */
  rote_tensor *tensor; /* [3 * parameters] views of weights and moments, for files */
};

const char *rote_own_arithmetic(void)
{
  return rote_isa_arithmetic(rote_isa_level());
}

rote_status rote_training_create(const rote_unit_setting *setting, rote_training **out)
{
  rote_status status = rote_alloc(1, sizeof **out, out);
  if (status == ROTE_OK) {
    (*out)->setting = setting;
    (*out)->group = setting->plan->group_count; /* none yet */
  }
  return status;
}

static void forget_group(rote_training *r)
{
  rote_trainer_destroy(&r->trainer);
  rote_free(&r->tensor);
  r->training = false;
  r->epoch_seconds = 0;
  r->group = r->setting->plan->group_count;
}

void rote_training_destroy(rote_training **training)
{
  if (*training != NULL) {
    forget_group(*training);
    rote_free(training);
  }
}

/* Make room for the models of a group; nothing to do if it is the one in hand. */
static rote_status take_group(rote_training *r, size_t group)
{
  rote_status status = ROTE_OK;
  const rote_unit_setting *s = r->setting;
  if (r->group == group) {
    return ROTE_OK;
  }
  forget_group(r);
  ROTE_TRY(rote_trainer_create(rote_plan_options(s->plan, s->plan->group[group].variant),
                               s->plan->info, s->train, s->test, s->fold, &r->trainer));
  r->trainer->abandon = s->abandon;
  r->trainer->context = s->context;
  ROTE_TRY(rote_alloc(3 * r->trainer->model->table->count, sizeof *r->tensor, &r->tensor));
  r->group = group;
done:
  if (status != ROTE_OK) {
    forget_group(r);
  }
  return status;
}

rote_tensor_group rote_tensor_group_of(const rote_parameters *table, const char *name,
                                       rote_real *data, rote_tensor *tensor)
{
  for (size_t i = 0; i < table->count; i++) {
    const rote_parameter *p = &table->parameter[i];
    tensor[i] = (rote_tensor){.rank = p->rank, .data = data + p->offset};
    memcpy(tensor[i].shape, p->shape, sizeof p->shape);
    snprintf(tensor[i].name, sizeof tensor[i].name, "%s", p->name);
  }
  return (rote_tensor_group){.name = name, .count = table->count, .tensor = tensor};
}

/* A file of another arithmetic leads to other bits: to be asked for. */
static rote_status check_arithmetic(const rote_unit_setting *s, const char *path,
                                    const rote_checkpoint *c)
{
  if (strcmp(c->arithmetic, rote_own_arithmetic()) != 0 && !s->allow_cpu_change) {
    return rote_fail(ROTE_DATA,
                     "%s: was computed with \"%s\" arithmetic, this processor has \"%s\"", path,
                     c->arithmetic, rote_own_arithmetic());
  }
  return ROTE_OK;
}

/* A checkpoint that names the trainer's own arrays. `group` has room for 3. */
static rote_status checkpoint_of(rote_training *r, rote_tensor_group *group, rote_checkpoint *c)
{
  rote_trainer *t = r->trainer;
  const rote_parameters *table = t->model->table;
  *c = (rote_checkpoint){
      .epoch = t->epoch,
      .step = *rote_trainer_steps(t),
      .batch = t->batches,
      .loss_sum = t->loss_sum,
      .loss_count = t->options.training.epochs,
      .loss_train = t->loss_train,
      .loss_held_out = t->loss_held_out,
      .resumes = r->resumes,
      .seconds = r->seconds,
      .group_count = t->adam != NULL ? 3 : 1,
      .group = group,
  };
  group[0] = rote_tensor_group_of(table, "parameters", t->w, r->tensor);
  if (t->adam != NULL) {
    group[1] = rote_tensor_group_of(table, "adam_m", t->adam->first, r->tensor + table->count);
    group[2] = rote_tensor_group_of(table, "adam_v", t->adam->second, r->tensor + 2 * table->count);
  }
  rote_plan_unit_key(r->setting->plan, r->home, r->unit, c->key);
  memcpy(c->arithmetic, r->arithmetic, sizeof c->arithmetic);
  return rote_plan_unit_identity(r->setting->plan, r->group, r->unit, c->identity);
}

static rote_status model_path(const rote_training *r, size_t epoch, char *path)
{
  return rote_plan_model_path(r->setting->plan, r->setting->directory, r->home, r->unit, epoch,
                              path);
}

static rote_status write_checkpoint(rote_training *r)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], previous[ROTE_PATH_MAX];
  rote_tensor_group group[3];
  rote_checkpoint c;
  ROTE_TRY(checkpoint_of(r, group, &c));
  if (c.epoch < r->saved) {
    return ROTE_OK;
  }
  if (r->setting->disowned != NULL && r->setting->disowned(r->setting->context)) {
    r->training = false; /* the file may be another worker's by now: read it next time */
    return ROTE_OK;
  }
  ROTE_TRY(model_path(r, 0, path));
  ROTE_TRY(rote_path(previous, "%s.prev", path));
  ROTE_TRY(rote_checkpoint_write(path, previous, &c));
  r->saved = c.epoch;
done:
  return status;
}

static rote_status write_snapshot(rote_training *r)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  rote_tensor_group group[3];
  rote_checkpoint c;
  ROTE_TRY(checkpoint_of(r, group, &c));
  c.group_count = 1;
  c.loss_count = 0;
  c.resumes = 0;
  c.seconds = 0;
  ROTE_TRY(model_path(r, r->trainer->epoch, path));
  ROTE_TRY(rote_checkpoint_write(path, NULL, &c));
done:
  return status;
}

/* Go on from a file, if it is whole and not beyond `until`. */
static rote_status try_checkpoint(rote_training *r, const char *file, size_t until)
{
  rote_status status = ROTE_OK;
  rote_trainer *t = r->trainer;
  rote_tensor_group group[3];
  rote_checkpoint c;
  ROTE_TRY(checkpoint_of(r, group, &c));
  status = rote_checkpoint_read(file, &c);
  if (status == ROTE_OK) {
    status = check_arithmetic(r->setting, file, &c);
  }
  if (status != ROTE_OK && status != ROTE_DATA) {
    return status; /* it could not be read, which says nothing about it */
  }
  if (status != ROTE_OK) {
    rote_log(ROTE_LOG_WARN, "checkpoint-unusable", "%s; trying an earlier state",
             rote_fail_reason(status));
    return ROTE_OK;
  }
  if (c.epoch + (c.batch > 0) <= until) {
    t->epoch = c.epoch;
    t->batches = c.batch;
    t->loss_sum = c.loss_sum;
    *rote_trainer_steps(t) = c.step;
    r->resumes = c.resumes + 1;
    r->seconds = c.seconds;
    snprintf(r->arithmetic, sizeof r->arithmetic, "%s",
             strcmp(c.arithmetic, rote_own_arithmetic()) == 0 ? c.arithmetic : "mixed");
    r->training = true;
  } /* else a snapshot of an earlier epoch was lost */
  r->saved = c.epoch > r->saved ? c.epoch : r->saved;
done:
  return status;
}

/* Take up a unit: from the memory of the last segment, its checkpoint, the one before, or epoch 0.
 */
static rote_status take_unit(rote_training *r, const rote_order *order)
{
  rote_status status = ROTE_OK;
  rote_trainer *t = r->trainer;
  const rote_unit which = rote_plan_unit(r->setting->plan, order->group, order->unit);
  char path[ROTE_PATH_MAX], file[ROTE_PATH_MAX];
  if (r->training && r->unit == order->unit && r->home == order->home && t->epoch <= order->epoch &&
      !t->diverged) {
    return ROTE_OK;
  }
  r->training = false;
  r->unit = order->unit;
  r->home = order->home;
  r->saved = 0;
  ROTE_TRY(model_path(r, 0, path));
  for (int previous = 0; previous <= 1 && !r->training; previous++) {
    ROTE_TRY(rote_path(file, "%s%s", path, previous ? ".prev" : ""));
    if (rote_file_exists(file)) {
      rote_trainer_begin(t, which);
      ROTE_TRY(try_checkpoint(r, file, order->epoch));
    }
  }
  if (!r->training) {
    rote_trainer_begin(t, which);
    r->resumes = 0;
    r->seconds = 0;
    snprintf(r->arithmetic, sizeof r->arithmetic, "%s", rote_own_arithmetic());
    r->training = true;
  }
done:
  return status;
}

static bool told_to_stop(const rote_training *r)
{
  const rote_unit_setting *s = r->setting;
  return s->stop != NULL && s->stop(s->context, r->epoch_seconds);
}

/* The next one may take as long as the longest of late. */
static double expect(double expected, double seconds)
{
  return seconds > expected ? seconds : (3 * expected + seconds) / 4;
}

static void tell_epoch(const rote_training *r)
{
  const rote_unit_setting *s = r->setting;
  if (s->at_epoch != NULL) {
    s->at_epoch(s->context, r->trainer->epoch);
  }
}

/* Epochs until the order's. @return whether it was told to stop before */
static rote_status train_epochs(rote_training *r, const rote_order *order, bool *stopped)
{
  rote_status status = ROTE_OK;
  rote_trainer *t = r->trainer;
  char key[ROTE_KEY_MAX];
  rote_plan_unit_key(r->setting->plan, r->home, r->unit, key);
  rote_log(ROTE_LOG_DEBUG, "training-from", "unit = %s, epoch = %zu", key, t->epoch);
  *stopped = false;
  tell_epoch(r);
  while (t->epoch < order->epoch && !rote_trainer_ended(t) && !*stopped) {
    const double start = rote_seconds();
    if (told_to_stop(r)) {
      *stopped = true;
      break;
    }
    *stopped = !rote_trainer_epoch(t); /* given up between two batches, from which it goes on */
    r->seconds += rote_seconds() - start;
    if (*stopped) {
      break;
    }
    rote_log(ROTE_LOG_DEBUG, "epoch-end", "unit = %s, epoch = %zu", key, t->epoch);
    tell_epoch(r);
    if (t->epoch < order->epoch && !rote_trainer_ended(t) &&
        t->epoch % t->options.checkpoint.every == 0) {
      ROTE_TRY(write_checkpoint(r));
    }
    r->epoch_seconds = expect(r->epoch_seconds, rote_seconds() - start);
  }
done:
  return status;
}

static bool needs_snapshot(const rote_training *r)
{
  const rote_group *g = &r->setting->plan->group[r->group];
  bool needed = false;
  for (size_t s = 0; s < g->stages; s++) {
    needed = needed || (!g->stage[s].end && g->stage[s].epoch == r->trainer->epoch);
  }
  return needed;
}

rote_status rote_training_run(rote_training *r, const rote_order *order, rote_report *report,
                              void *rows)
{
  rote_status status = ROTE_OK;
  bool stopped = false;
  ROTE_TRY(take_group(r, order->group));
  status = take_unit(r, order);
  report->unread = status == ROTE_IO;
  ROTE_TRY(status);
  rote_trainer *t = r->trainer;
  ROTE_TRY(train_epochs(r, order, &stopped));
  if (t->epoch == order->epoch && !t->diverged && needs_snapshot(r)) {
    ROTE_TRY(write_snapshot(r));
  }
  /* of a whole order also one that is there: it may have been found damaged */
  if (!t->diverged && (!stopped || t->epoch > r->saved || t->batches > 0)) {
    ROTE_TRY(write_checkpoint(r));
  }
  memcpy(rows, t->loss_train, t->epoch * sizeof(float));
  memcpy((float *)rows + t->epoch, t->loss_held_out, t->epoch * sizeof(float));
  report->kind = stopped ? ROTE_REPORT_STOPPED : ROTE_REPORT_DONE;
  report->bytes = (uint32_t)(2 * t->epoch * sizeof(float));
  report->epoch = (uint32_t)t->epoch;
  report->ended = rote_trainer_ended(t);
  report->end = t->diverged                                              ? ROTE_END_DIVERGED
                : report->ended && t->epoch < t->options.training.epochs ? ROTE_END_STOP_LOSS
                                                                         : ROTE_END_NOT;
  report->resumes = r->resumes;
  report->seconds = r->seconds;
  memcpy(report->arithmetic, r->arithmetic, sizeof report->arithmetic);
done:
  if (status != ROTE_OK) {
    r->training = false; /* memory and file may disagree: read the file next time */
  }
  return status;
}

rote_status rote_training_weights_path(const rote_unit_setting *s, const rote_order *order,
                                       char *path)
{
  const rote_stage stage = s->plan->group[order->group].stage[order->stage];
  return rote_plan_model_path(s->plan, s->directory, order->home, order->unit,
                              stage.end ? 0 : stage.epoch, path);
}

rote_status rote_training_read_weights(const rote_unit_setting *s, const rote_order *order,
                                       const rote_tensor_group *group, const char *path)
{
  rote_status status = ROTE_OK;
  const rote_group *g = &s->plan->group[order->group];
  const rote_options *o = rote_plan_options(s->plan, g->variant);
  const rote_stage stage = g->stage[order->stage];
  float *loss = NULL;
  rote_checkpoint c = {.group_count = 1, .group = group};
  if (stage.end) {
    c.loss_count = o->training.epochs;
    ROTE_TRY(rote_alloc(2 * c.loss_count, sizeof *loss, &loss));
    c.loss_train = loss;
    c.loss_held_out = loss + c.loss_count;
  }
  rote_plan_unit_key(s->plan, order->home, order->unit, c.key);
  ROTE_TRY(rote_plan_unit_identity(s->plan, order->group, order->unit, c.identity));
  ROTE_TRY(rote_checkpoint_read(path, &c));
  ROTE_TRY(check_arithmetic(s, path, &c));
  if (stage.end && !rote_training_ended(o, (size_t)c.epoch, c.loss_train)) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: holds epoch %llu, at which the training has not ended", path,
                       (unsigned long long)c.epoch));
  }
  if (!stage.end && c.epoch != stage.epoch) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: holds epoch %llu, not %zu", path,
                       (unsigned long long)c.epoch, stage.epoch));
  }
done:
  rote_free(&loss);
  return status;
}
