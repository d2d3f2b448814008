/* A study of seconds on made-up images: alone, killed and resumed, on several ranks, verified.
 *
 * rote verify compares the numbers of study.h5 with the results beside it, bit by bit. So two run
 * directories have the same bits if each of them is right by itself, and one also with the study.h5
 * of the other. */
#include "command.h"
#include "rote/data_file.h"
#include "rote/memory.h"
#include "rote/random.h"
#include "rote/verify.h"
#include "selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRAIN = 120, TEST = 12, SIDE = 16, LIMIT_SECONDS = 120, NOT_THERE = 127 };

/* A VAE and an autoencoder, so that every sort of work is done. */
static const char study[] =
    "name: selftest\n"
    "seed: 5\n"
    "data: { file: \"%s/data.h5\", transform: scale }\n"
    "model: { kind: mlp_vae, hidden: [32, 16], latent: 4 }\n"
    "training: { batch: 32, epochs: 4 }\n"
    "folds: { count: 2, repeats: 2, full: 1 }\n"
    "evaluation: { every: 2, samples: 16 }\n"
    "recovery: { rounds: 20, control: 4 }\n"
    "checkpoint: { every: 1 }\n"
    "variants:\n"
    "  - { name: vae, set: [] }\n"
    "  - { name: ae, set: [\"model.kind=fc_ae\", \"model.width=32\", \"model.depth=3\"] }\n";

/* Spots of different size and place, dark around. */
static void draw(rote_image_set *set, uint32_t item)
{
  const rote_stream stream = {.seed = 5, .purpose = ROTE_PURPOSE_WEIGHTS};
  for (size_t i = 0; i < set->count; i++) {
    uint32_t word[4];
    rote_random_words(stream, item + (uint32_t)i, 4, word);
    const int x = (int)(word[0] % SIDE), y = (int)(word[1] % SIDE), r = 2 + (int)(word[2] % 5);
    for (int p = 0; p < SIDE * SIDE; p++) {
      const int dx = p % SIDE - x, dy = p / SIDE - y;
      const int inside = r * r - dx * dx - dy * dy;
      set->pixel[i * SIDE * SIDE + (size_t)p] =
          (uint8_t)(inside > 0 ? 255 - (255 - 8 * (int)(word[3] % 16)) / (1 + inside) : 0);
    }
    set->label[i] = r;
  }
}

static rote_status make_images(const rote_selftest_room *room)
{
  rote_status status = ROTE_OK;
  const rote_data_info info = {.name = "spots",
                               .source = "made up by rote selftest",
                               .train_count = TRAIN,
                               .test_count = TEST,
                               .channels = 1,
                               .height = SIDE,
                               .width = SIDE};
  rote_data *data = NULL;
  char path[ROTE_PATH_MAX], text[sizeof study + ROTE_PATH_MAX];
  ROTE_TRY(rote_data_create(&info, &data));
  draw(&data->train, 0);
  draw(&data->test, TRAIN);
  ROTE_TRY(rote_data_digest(data, data->info.sha256));
  ROTE_TRY(rote_path(path, "%s/data.h5", room->directory));
  ROTE_TRY(rote_data_file_write(path, data));
  ROTE_TRY(rote_path(path, "%s/study.yaml", room->directory));
  snprintf(text, sizeof text, study, room->directory);
  ROTE_TRY(rote_file_write_text(path, text));
done:
  rote_data_destroy(&data);
  return status;
}

/* In the child: everything it says goes into log.txt. */
static void become(const rote_selftest_room *room, const char *fault, char **argv)
{
  char log[ROTE_PATH_MAX + 16];
  snprintf(log, sizeof log, "%s/log.txt", room->directory);
  const int file = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (file < 0 || dup2(file, 1) < 0 || dup2(file, 2) < 0 ||
      (fault != NULL && setenv("ROTE_FAULT", fault, 1) != 0)) {
    _exit(rote_status_exit_code(ROTE_IO));
  }
  if (geteuid() == 0) { /* in containers; mpirun refuses unless told twice */
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
  }
  alarm(LIMIT_SECONDS); /* of what hangs */
  execvp(argv[0], argv);
  _exit(errno == ENOENT ? NOT_THERE : rote_status_exit_code(ROTE_INTERNAL));
}

/* `rote run` of the study into a directory below. @param[in] launcher  "" or mpirun and its
 * options, NULL-terminated @param[in] fault  NULL: as it is @param[out] result  as of waitpid() */
static rote_status run(const rote_selftest_room *room, const char *const *launcher,
                       const char *output, const char *fault, int *result)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], directory[ROTE_PATH_MAX];
  const char *const own[] = {room->program, "run", path, "--output", directory, NULL};
  char *argv[16];
  size_t n = 0;
  ROTE_TRY(rote_path(path, "%s/study.yaml", room->directory));
  ROTE_TRY(rote_path(directory, "%s/%s", room->directory, output));
  for (; launcher != NULL && launcher[n] != NULL; n++) {
    argv[n] = (char *)(uintptr_t)launcher[n];
  }
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
    argv[n++] = (char *)(uintptr_t)own[i];
  }
  const pid_t child = fork();
  if (child == 0) {
    become(room, fault, argv);
  }
  if (child < 0 || waitpid(child, result, 0) != child) {
    ROTE_TRY(rote_fail(ROTE_IO, "no process can be started: %s", strerror(errno)));
  }
done:
  return status;
}

static rote_status expect_success(int result)
{
  if (WIFSIGNALED(result)) {
    return rote_fail(ROTE_INTERNAL, "ended by signal %d%s", WTERMSIG(result),
                     WTERMSIG(result) == SIGALRM ? ", since it took too long" : "");
  }
  return WEXITSTATUS(result) == 0
             ? ROTE_OK
             : rote_fail(ROTE_INTERNAL, "ended with code %d", WEXITSTATUS(result));
}

static void note(void *first, rote_finding_kind kind, const char *what, const char *then)
{
  (void)then;
  if (kind != ROTE_FINDING_NOTE && ((char *)first)[0] == '\0') {
    snprintf(first, ROTE_TEXT_MAX, "%s", what);
  }
}

/* A whole run directory, and numbers that were compared. */
static rote_status verify(const rote_selftest_room *room, const char *output)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], first[ROTE_TEXT_MAX] = "";
  const rote_verify_listener listener = {.finding = note, .context = first};
  rote_verify_outcome outcome;
  ROTE_TRY(rote_path(path, "%s/%s", room->directory, output));
  ROTE_TRY(rote_verify(path, &listener, &outcome));
  if (outcome.damaged + outcome.missing + outcome.unreadable > 0) {
    ROTE_TRY(rote_fail(ROTE_INTERNAL, "%s", first));
  }
  if (!outcome.complete || outcome.scores == 0) {
    ROTE_TRY(rote_fail(ROTE_INTERNAL, "%s is not complete", path));
  }
done:
  return status;
}

/* Right by itself, and with the study.h5 of the run in one process. */
static rote_status expect_same_bits(const rote_selftest_room *room, const char *output)
{
  rote_status status = ROTE_OK;
  char own[ROTE_PATH_MAX], theirs[ROTE_PATH_MAX];
  ROTE_TRY(verify(room, output));
  ROTE_TRY(rote_path(own, "%s/%s/study.h5", room->directory, output));
  ROTE_TRY(rote_path(theirs, "%s/alone/study.h5", room->directory));
  if (unlink(own) != 0 || link(theirs, own) != 0) {
    ROTE_TRY(rote_fail(ROTE_IO, "%s: %s", own, strerror(errno)));
  }
  ROTE_TRY(verify(room, output));
done:
  return status;
}

static rote_status run_alone(const rote_selftest_room *room)
{
  rote_status status = ROTE_OK;
  int result = 0;
  ROTE_TRY(make_images(room));
  ROTE_TRY(run(room, NULL, "alone", NULL, &result));
  ROTE_TRY(expect_success(result));
done:
  return status;
}

static rote_status verify_alone(const rote_selftest_room *room)
{
  return verify(room, "alone");
}

/* At different places: while trainings go on, and while results are put together. */
static rote_status kill_and_resume(const rote_selftest_room *room)
{
  static const char *const fault[] = {"seal.write#7=kill", "file.rename#25=kill",
                                      "merge.commit=kill"};
  rote_status status = ROTE_OK;
  int result = 0;
  for (size_t i = 0; i < sizeof fault / sizeof *fault; i++) {
    ROTE_TRY(run(room, NULL, "killed", fault[i], &result));
    if (!WIFSIGNALED(result) || WTERMSIG(result) != SIGKILL) {
      ROTE_TRY(rote_fail(ROTE_INTERNAL, "not killed at %s: status %#x", fault[i], result));
    }
  }
  ROTE_TRY(run(room, NULL, "killed", NULL, &result));
  ROTE_TRY(expect_success(result));
  ROTE_TRY(expect_same_bits(room, "killed"));
done:
  return status;
}

static rote_status run_on_ranks(const rote_selftest_room *room)
{
  static const char *const mpirun[] = {"mpirun",    "-n",   "3", "--oversubscribe",
                                       "--bind-to", "none", NULL};
  rote_status status = ROTE_OK;
  int result = 0;
  ROTE_TRY(run(room, mpirun, "ranks", NULL, &result));
  if (WIFEXITED(result) && WEXITSTATUS(result) == NOT_THERE) {
    ROTE_TRY(rote_fail(ROTE_STOPPED, "mpirun is not in PATH"));
  }
  ROTE_TRY(expect_success(result));
  ROTE_TRY(expect_same_bits(room, "ranks"));
done:
  return status;
}

const rote_selftest rote_selftest_study[] = {
    {"a study in one process is completed", run_alone},
    {"rote verify finds it whole", verify_alone},
    {"killed three times and resumed, it has the same bits", kill_and_resume},
    {"on three ranks under mpirun, it has the same bits", run_on_ranks},
    {0},
};
