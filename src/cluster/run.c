#include "rote/clock.h"
#include "rote/cluster.h"

#include "done.h"
#include "merge.h"
#include "office.h"
#include "processors.h"
#include "rote/blas.h"
#include "rote/file.h"
#include "rote/fold.h"
#include "rote/isa.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "rote/random.h"
#include "rote/study_images.h"
#include "rote_mpi.h"
#include "shared_data.h"
#include "stage.h"
#include "stock.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Seconds for each collective call before the work: rank 0 reads the study, the data and the
 * results of earlier runs meanwhile. */
#define START_PATIENCE 600.0

/* All that a run holds; on every rank. */
typedef struct {
  const rote_run_request *request;
  rote_study *study;
  rote_data_info info;
  rote_plan *plan;
  rote_run_directory directory; /* locked on rank 0 only */
  rote_shared_data data;
  uint16_t *fold;                /* [R, N] */
  rote_run_directory_request at; /* what the run directory is held against; rank 0 */
  const char *arithmetic;        /* of all ranks, unless a change is allowed */
  bool mixed; /* the run directory already holds files of both kinds, by permission */
  size_t shard;
  rote_queue *queue; /* rank 0 */
  char (*host)[64];  /* [ranks] on rank 0 */
  double deadline;   /* rote_seconds() when all must be over; infinite. Rank 0 */
} run;

static bool is_root(void)
{
  return rote_cluster_rank() == 0;
}

static size_t worker_count(void)
{
  return rote_cluster_size() > 1 ? (size_t)rote_cluster_size() - 1 : 1;
}

/* Rank 0: read and check everything that can be wrong before any work is done. */
static rote_status prepare(run *r)
{
  rote_status status = ROTE_OK;
  const rote_run_request *q = r->request;
  char path[ROTE_PATH_MAX];
  rote_model *model = NULL;
  ROTE_TRY(rote_study_read(q->study_path, q->set_count, q->set, &r->study));
  ROTE_TRY(rote_study_images_info(&r->study->base, &r->info));
  ROTE_TRY(rote_study_check_data(r->study, r->info.train_count));
  ROTE_TRY(rote_measures_check(r->study, &r->info));
  ROTE_TRY(rote_measures_check_grids(r->study, &r->info, (size_t)rote_cluster_size()));
  for (size_t v = 0; v < r->study->variant_count; v++) {
    status = rote_model_create(&r->study->variant[v].options, &r->info, &model);
    rote_model_destroy(&model);
    ROTE_TRY(status);
  }
  r->at = (rote_run_directory_request){
      .study = r->study,
      .info = &r->info,
      .arithmetic = r->arithmetic,
      .core = rote_blas_core(),
      .allow_cpu_change = q->allow_cpu_change,
      .force_unlock = q->force_unlock,
      .stop = q->stop,
  };
  ROTE_TRY(rote_run_directory_open(q->output != NULL ? q->output : r->study->base.output, &r->at,
                                   &r->directory));
  r->mixed = r->directory.mixed;
  ROTE_TRY(rote_path(path, "%s/STOP", r->directory.path));
  if (rote_file_exists(path)) {
    remove(path); /* asked for an earlier run */
  }
done:
  return status;
}

static rote_status broadcast(void *data, size_t bytes)
{
  rote_status status = ROTE_OK;
  MPI_Request request;
  ROTE_MPI(MPI_Ibcast(data, (int)bytes, MPI_BYTE, 0, MPI_COMM_WORLD, &request));
  ROTE_TRY(rote_mpi_wait(&request));
done:
  return status;
}

/* Study, data description and directory from rank 0 to all. */
static rote_status share_plan(run *r)
{
  rote_status status = ROTE_OK;
  char *text = NULL;
  size_t room = 0;
  if (rote_cluster_size() == 1) {
    return ROTE_OK;
  }
  if (is_root()) {
    ROTE_TRY(rote_study_text(r->study, ROTE_STUDY_ALL, &text));
    room = strlen(text) + 1;
  }
  ROTE_TRY(broadcast(&room, sizeof room));
  if (!is_root()) {
    ROTE_TRY(rote_alloc(room, 1, &text));
  }
  ROTE_TRY(broadcast(text, room));
  ROTE_TRY(broadcast(&r->info, sizeof r->info));
  ROTE_TRY(broadcast(r->directory.path, sizeof r->directory.path));
  ROTE_TRY(broadcast(&r->mixed, sizeof r->mixed));
  if (!is_root()) {
    ROTE_TRY(rote_study_parse("the study of rank 0", text, 0, NULL, &r->study));
  }
done:
  rote_free(&text);
  return status;
}

static rote_status assign_folds(run *r)
{
  rote_status status = ROTE_OK;
  const rote_options *o = &r->study->base;
  const size_t images = r->data.train.count;
  if (o->folds.count > 0) {
    ROTE_TRY(rote_alloc(o->folds.repeats * images, sizeof *r->fold, &r->fold));
    ROTE_TRY(rote_fold_assign(o->seed, ROTE_PURPOSE_FOLD, 0, o->folds.repeats, o->folds.count,
                              images, r->fold));
  }
done:
  return status;
}

/* Every rank makes the same plan. */
static rote_status make_plan(run *r)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(assign_folds(r));
  ROTE_TRY(rote_plan_create(r->study, &r->info, r->data.train.count, &r->plan));
done:
  return status;
}

/* About two pieces a worker and at most 2,048 images, a few seconds of work. */
static size_t choose_shard(size_t images, size_t workers)
{
  const size_t shard = images / (2 * workers) + 1;
  return shard > 2048 ? 2048 : shard;
}

/* Names of all ranks' hosts to rank 0. Collective. */
static rote_status gather_hosts(run *r)
{
  rote_status status = ROTE_OK;
  char mine[64] = "";
  gethostname(mine, sizeof mine - 1);
  ROTE_TRY(rote_agree(is_root() ? rote_alloc((size_t)rote_cluster_size(), sizeof *r->host, &r->host)
                                : ROTE_OK));
  if (rote_cluster_size() == 1) {
    memcpy(r->host[0], mine, sizeof mine);
  } else {
    ROTE_MPI(
        MPI_Gather(mine, sizeof mine, MPI_BYTE, r->host, sizeof mine, MPI_BYTE, 0, MPI_COMM_WORLD));
  }
done:
  return status;
}

static rote_unit_setting setting_of(const run *r)
{
  return (rote_unit_setting){
      .plan = r->plan,
      .train = &r->data.train,
      .test = &r->data.test,
      .fold = r->fold,
      .directory = r->directory.path,
      .rank = rote_cluster_rank(),
      .allow_cpu_change = r->request->allow_cpu_change || r->mixed,
  };
}

/* Nothing to do: DONE is there, and so are all results and a readable study.h5.
 * @return ROTE_OK; ROTE_IO if that cannot be told now */
static rote_status look_whether_complete(const run *r, rote_queue *queue, rote_run_outcome *outcome)
{
  if (!rote_queue_finished(queue)) {
    return ROTE_OK;
  }
  const rote_status status =
      rote_done_check(r->directory.path, r->study, &r->info, &outcome->diverged);
  outcome->already_done = status == ROTE_OK;
  return status == ROTE_DATA ? ROTE_OK : status;
}

static bool poll_office(void *context, double seconds)
{
  (void)seconds;
  return rote_office_poll(context);
}

/* For the watch over a stage. */
typedef struct {
  run *r;
  const rote_work *work;
} onlooker;

static bool must_stop(void *context)
{
  const rote_work *work = ((onlooker *)context)->work;
  return work->stop(work->context);
}

static void give_back(void *context)
{
  rote_run_directory_close(&((onlooker *)context)->r->directory);
}

/* @param[in] office  whose workers wait; NULL */
static rote_status finish(run *r, rote_queue *queue, rote_office *office, rote_run_outcome *outcome)
{
  rote_status status = ROTE_OK;
  rote_unit_setting setting = setting_of(r);
  if (office != NULL) {
    setting.stop = poll_office;
    setting.context = office;
  }
  outcome->failed = rote_queue_count(queue).failed;
  ROTE_TRY(rote_merge_to_file(&setting, queue, &outcome->diverged));
  if (outcome->failed > 0) {
    ROTE_TRY(
        rote_fail(ROTE_DATA,
                  "%zu units failed %d times each and were given up (the log names them); study.h5 "
                  "holds the others. The same command tries them again.",
                  outcome->failed, ROTE_UNIT_ATTEMPTS));
  }
  ROTE_TRY(rote_done_write(r->directory.path, outcome->diverged));
done:
  return status;
}

/* Rank 0: what is done already. It reads every result, which may take longer than the patience of
 * workers that wait for orders. */
static rote_status take_stock(run *r)
{
  rote_status status = ROTE_OK;
  const rote_unit_setting setting = setting_of(r);
  ROTE_TRY(rote_queue_create(r->plan, r->shard, worker_count(), &r->queue));
  ROTE_TRY(rote_stock_take(&setting, setting.allow_cpu_change ? NULL : r->arithmetic, r->queue));
  ROTE_TRY(rote_growth_check(&setting, &r->directory, r->queue));
  ROTE_TRY(rote_run_directory_freeze(&r->directory, &r->at));
  rote_stock_clean(&setting, r->queue);
done:
  return status;
}

static rote_status coordinate(run *r, rote_run_outcome *outcome)
{
  rote_status status = ROTE_OK;
  rote_queue *queue = r->queue;
  rote_coordinator *coordinator = NULL;
  rote_office *office = NULL;
  rote_work work;
  rote_board *board = NULL;
  const rote_unit_setting setting = setting_of(r);
  const size_t ranks = (size_t)rote_cluster_size();
  ROTE_TRY(rote_coordinator_create(queue, &setting, &coordinator));
  ROTE_TRY(rote_board_create(worker_count(), ranks > 1, ranks > 1 ? r->host + 1 : r->host, &board));
  ROTE_TRY(look_whether_complete(r, queue, outcome));
  if (outcome->already_done) {
    goto done;
  }
  if (r->request->started != NULL) {
    const rote_queue_counts there = rote_queue_count(queue);
    r->request->started(r->request->context, r->plan, &there, r->directory.path, (int)ranks);
  }
  rote_farm farm = {.request = r->request,
                    .queue = queue,
                    .coordinator = coordinator,
                    .board = board,
                    .setting = &setting,
                    .shard = r->shard,
                    .started = rote_seconds(),
                    .deadline = r->deadline};
  onlooker stops = {.r = r, .work = &work};
  const rote_watch_setting watch = {.directory = r->directory.path,
                                    .patience = r->request->patience,
                                    .stop = must_stop,
                                    .leave = give_back,
                                    .context = &stops};
  ROTE_TRY(rote_coordinator_choose(coordinator));
  rote_farm_work(&farm, &work);
  if (ranks > 1) {
    ROTE_TRY(rote_office_open(&work, &office));
    ROTE_TRY(rote_office_run(office));
    ROTE_TRY(rote_office_rest(office)); /* the scores and study.h5 can take long */
  } else {
    ROTE_TRY(rote_farm_alone(&farm));
  }
  ROTE_TRY(rote_stages_run(&setting, queue, office, &watch));
  ROTE_TRY(finish(r, queue, office, outcome));
done:
  if (status != ROTE_OK && rote_run_lock_lost(r->directory.lock)) {
    status = rote_fail(ROTE_DATA,
                       "%s: another run has taken the lock of this directory; this one ends, and "
                       "has lost nothing",
                       r->directory.path);
  }
  if (office != NULL) {
    rote_office_close(&office);
  } else if (ranks > 1 && rote_office_tell_all(TAG_QUIT, r->request->patience) != ROTE_OK) {
    rote_cluster_suspect();
  }
  rote_board_destroy(&board);
  rote_coordinator_destroy(&coordinator);
  return status;
}

static double deadline_of(const rote_run_request *q)
{
  const double now = rote_seconds();
  const double hours = q->max_hours > 0 ? now + 3600 * q->max_hours : (double)INFINITY;
  const double wall =
      q->deadline > 0 ? now + difftime((time_t)q->deadline, time(NULL)) : (double)INFINITY;
  return hours < wall ? hours : wall;
}

typedef struct {
  const rote_unit_setting *setting;
  rote_unit_runner *runner;
  rote_watch_setting watch;
} work_room;

static void carry_out(void *context, const rote_order *order, rote_report *report, void *rows)
{
  const work_room *room = context;
  if (order->kind != ROTE_ORDER_TOGETHER) {
    rote_unit_run(room->runner, order, report, rows);
  } else if (rote_stage_run(room->setting, order, &room->watch) != ROTE_OK) {
    rote_log(ROTE_LOG_DEBUG, "stage-failed", "rank 0 says why, and ends the run");
  }
}

static rote_status be_a_worker(run *r)
{
  rote_status status = ROTE_OK;
  rote_worker *worker = NULL;
  rote_unit_runner *runner = NULL;
  rote_unit_setting setting = setting_of(r);
  const rote_worker_setting self = {
      .bytes = rote_unit_report_room(r->plan, r->shard),
      .patience = r->request->patience,
      .signalled = r->request->stop,
  };
  ROTE_TRY(rote_worker_create(&self, &worker));
  setting.stop = rote_worker_must_stop;
  setting.abandon = rote_worker_must_abandon;
  setting.disowned = rote_worker_is_disowned;
  setting.at_epoch = rote_worker_at_epoch;
  setting.context = worker;
  ROTE_TRY(rote_unit_runner_create(&setting, &runner));
  work_room room = {.setting = &setting,
                    .runner = runner,
                    .watch = {.directory = r->directory.path, .patience = r->request->patience}};
  ROTE_TRY(rote_worker_run(worker, carry_out, &room));
done:
  rote_unit_runner_destroy(&runner);
  rote_worker_destroy(&worker);
  if (status != ROTE_OK && !rote_cluster_suspected()) {
    rote_log(ROTE_LOG_ERROR, "worker", "%s", rote_fail_reason(status));
    if (!r->request->survive) {
      rote_cluster_abort(status); /* the coordinator would wait for it for long */
    }
    rote_cluster_suspect();
  }
  return status;
}

rote_status rote_run(const rote_run_request *request, rote_run_outcome *outcome)
{
  rote_status status = ROTE_OK;
  run r = {.request = request, .deadline = deadline_of(request)};
  memset(outcome, 0, sizeof *outcome);
  rote_mpi_set_patience(START_PATIENCE);
  rote_blas_one_thread();
  ROTE_TRY(rote_processors_check(request->allow_cpu_change, &r.arithmetic));
  ROTE_TRY(rote_agree(is_root() ? prepare(&r) : ROTE_OK));
  ROTE_TRY(rote_agree(share_plan(&r)));
  ROTE_TRY(rote_shared_data_load(&r.study->base, &r.info, &r.data));
  ROTE_TRY(rote_agree(make_plan(&r)));
  r.shard = choose_shard(r.data.train.count, worker_count());
  ROTE_TRY(rote_agree(is_root() ? take_stock(&r) : ROTE_OK));
  ROTE_TRY(gather_hosts(&r));
  snprintf(outcome->directory, sizeof outcome->directory, "%s", r.directory.path);
  status = is_root() ? coordinate(&r, outcome) : be_a_worker(&r);
done:
  rote_queue_destroy(&r.queue);
  rote_plan_destroy(&r.plan);
  rote_shared_data_free(&r.data);
  rote_run_directory_close(&r.directory);
  rote_free(&r.fold);
  rote_free(&r.host);
  rote_study_destroy(&r.study);
  return status;
}
