#include "command.h"
#include "rote/log.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t stop_wanted;

/* The first signal asks for a clean stop, a second SIGINT or SIGTERM ends at once. */
static void on_signal(int number)
{
  if (stop_wanted && number != SIGUSR1) {
    _Exit(128 + number);
  }
  stop_wanted = 1;
}

static void catch_signals(void)
{
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
}

static void started(void *context, const rote_study *study, const rote_data_info *info,
                    const char *directory, int ranks)
{
  (void)context;
  size_t units = 0, evaluations = 0;
  for (size_t v = 0; v < study->variant_count; v++) {
    const rote_options *o = &study->variant[v].options;
    units += rote_unit_count(o);
    evaluations += rote_unit_count(o) * rote_evaluation_count(o);
  }
  rote_log(
      ROTE_LOG_INFO, "run-begin",
      "study = %s, variants = %zu, trainings = %zu, evaluations = %zu, ranks = %d, directory = %s",
      study->base.name, study->variant_count, units, evaluations, ranks, directory);
  if (rote_provenance_write(directory, study, info, ranks) != ROTE_OK) {
    rote_log(ROTE_LOG_WARN, "provenance", "%s", rote_fail_reason(ROTE_IO));
  }
}

/* @return 0, or the exit code of a misuse */
static int parse(int argc, char **argv, rote_run_request *request, const char **set)
{
  for (int i = 1; i < argc; i++) {
    const char *word = argv[i];
    static const char *const valued[] = {"--output", "--set", "--max-hours", "--deadline"};
    for (size_t k = 0; k < sizeof valued / sizeof *valued; k++) {
      if (strcmp(word, valued[k]) == 0 && i + 1 == argc) {
        return rote_command_misused(&rote_command_run, "%s needs a value", word);
      }
    }
    if (strcmp(word, "--output") == 0) {
      request->output = argv[++i];
    } else if (strcmp(word, "--set") == 0) {
      set[request->set_count++] = argv[++i];
    } else if (strcmp(word, "--max-hours") == 0) {
      char *end = NULL;
      request->max_hours = strtod(argv[++i], &end);
      if (*end != '\0' || !(request->max_hours > 0) || !isfinite(request->max_hours)) {
        return rote_command_misused(&rote_command_run,
                                    "--max-hours: \"%s\" is not a number above 0", argv[i]);
      }
    } else if (strcmp(word, "--deadline") == 0) {
      if (!rote_command_number(argv[++i], 1, 4102444800LL, &request->deadline)) {
        return rote_command_misused(
            &rote_command_run, "--deadline: \"%s\" is not a time in seconds since 1970", argv[i]);
      }
    } else if (strcmp(word, "--force-unlock") == 0) {
      request->force_unlock = true;
    } else if (strcmp(word, "--allow-cpu-change") == 0) {
      request->allow_cpu_change = true;
    } else if (word[0] == '-') {
      return rote_command_misused(&rote_command_run, "%s: unknown option", word);
    } else if (request->study_path == NULL) {
      request->study_path = word;
    } else {
      return rote_command_misused(&rote_command_run, "unexpected argument \"%s\"", word);
    }
  }
  return request->study_path == NULL
             ? rote_command_misused(&rote_command_run, "a study file is needed")
             : 0;
}

static int report_outcome(rote_status status, const rote_run_outcome *outcome)
{
  if (status != ROTE_OK) {
    return rote_command_failed(status);
  }
  if (outcome->already_done) {
    printf("The study in %s was already complete.\n", outcome->directory);
  }
  status = rote_summary_print(outcome->directory);
  if (status != ROTE_OK) {
    return rote_command_failed(status);
  }
  if (outcome->diverged > 0) {
    rote_fail(
        ROTE_DATA,
        "%zu trainings diverged (their loss was not finite); they count as missing in the scores. "
        "A lower training.learning_rate may help.",
        outcome->diverged);
    return rote_command_failed(ROTE_DATA);
  }
  return 0;
}

static int run_main(int argc, char **argv)
{
  rote_run_request request = {
      .stop = &stop_wanted, .started = started, .progress = rote_progress_show};
  rote_run_outcome outcome;
  const char **set = calloc((size_t)argc, sizeof *set);
  if (set == NULL) {
    return rote_command_failed(rote_fail(ROTE_NOMEM, "out of memory"));
  }
  request.set = set;
  catch_signals(); /* before MPI_Init */
  rote_status status = rote_cluster_begin(&argc, &argv);
  int code = status == ROTE_OK ? 0 : rote_command_failed(status);
  const bool root = rote_cluster_rank() == 0;
  if (rote_cluster_size() > 1) {
    rote_log_set_rank(rote_cluster_rank());
  }
  if (!root) {
    if (freopen("/dev/null", "w", stdout) == NULL) {
      rote_log(ROTE_LOG_WARN, "stdout", "cannot be silenced on this rank");
    }
  }
  if (code == 0) {
    code = parse(argc, argv, &request, set);
  }
  if (code == 0) {
    status = rote_run(&request, &outcome);
    code =
        root ? report_outcome(status, &outcome) : 0; /* one exit code for mpirun: that of rank 0 */
  }
  rote_cluster_end();
  free(set);
  return root ? code : 0;
}

const rote_command rote_command_run = {
    .name = "run",
    .usage =
        "STUDY.yaml [--output DIR] [--set KEY=VALUE]... [--max-hours H] [--deadline UNIX_SECONDS] "
        "[--force-unlock] [--allow-cpu-change]",
    .help =
        "run a study, alone or under mpirun or srun; the same command continues an interrupted one",
    .main = run_main,
};
