#include "command.h"
#include "rote/cluster.h"
#include "rote/fault.h"
#include "rote/log.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stop_wanted;

/* The first signal asks for a clean stop, a second SIGINT or SIGTERM ends at once: every file is
 * whole or not there at any moment. */
static void on_signal(int number)
{
  if (stop_wanted && number != SIGUSR1) {
    _exit(75);
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

/* One line, if there is anything: longer trainings are kept, too, and go on from where they ended.
 */
static void say_what_is_kept(const rote_queue_counts *there, const char *directory)
{
  const size_t kept = there->trainings_done + there->trainings_begun;
  char go_on[64] = "";
  if (kept == 0 && there->tasks_done == 0) {
    return;
  }
  if (there->trainings_begun > 0) {
    snprintf(go_on, sizeof go_on, " (%zu of them go on)", there->trainings_begun);
  }
  fprintf(stderr, "rote: kept in %s: %zu trainings%s and %zu evaluations; new: %zu and %zu\n",
          directory, kept, go_on, there->tasks_done, there->trainings - kept,
          there->tasks - there->tasks_done);
}

static void started(void *context, const rote_plan *plan, const rote_queue_counts *there,
                    const char *directory, int ranks)
{
  (void)context;
  rote_log(
      ROTE_LOG_INFO, "run-begin",
      "study = %s, variants = %zu, trainings = %zu, evaluations = %zu, ranks = %d, directory = %s",
      plan->study->base.name, plan->study->variant_count, there->trainings, there->tasks, ranks,
      directory);
  say_what_is_kept(there, directory);
  if (rote_provenance_write(directory, plan->study, plan->info, ranks) != ROTE_OK) {
    rote_log(ROTE_LOG_WARN, "provenance", "%s", rote_fail_reason(ROTE_IO));
  }
}

/* @return 0, or the exit code of a misuse */
static int parse(int argc, char **argv, rote_run_request *request, const char **set)
{
  for (int i = 1; i < argc; i++) {
    const char *word = argv[i];
    static const char *const valued[] = {"--output", "--set", "--max-hours", "--deadline",
                                         "--patience"};
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
    } else if (strcmp(word, "--survive") == 0) {
      request->survive = true;
    } else if (strcmp(word, "--patience") == 0) {
      char *end = NULL;
      request->patience = strtod(argv[++i], &end);
      if (*end != '\0' || !(request->patience >= 1) || !(request->patience <= 1e6)) {
        return rote_command_misused(
            &rote_command_run, "--patience: \"%s\" is not a number of seconds from 1 on", argv[i]);
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

static void print_quoted(const char *word)
{
  if (word[0] != '\0' &&
      strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                   "_-+=./:,@%") == strlen(word)) {
    fputs(word, stderr);
    return;
  }
  fputc('\'', stderr);
  for (; *word != '\0'; word++) {
    if (*word == '\'') {
      fputs("'\\''", stderr);
    } else {
      fputc(*word, stderr);
    }
  }
  fputc('\'', stderr);
}

/* The same command, but for a deadline that will have passed. Of mpirun or srun only what is known:
 * options that the user gave them are not. */
static void say_how_to_continue(int argc, char **argv)
{
  const int ranks = rote_cluster_size();
  fputs("rote: the same command continues: ", stderr);
  if (ranks > 1 && getenv("OMPI_COMM_WORLD_SIZE") != NULL && getenv("SLURM_STEP_ID") == NULL) {
    fprintf(stderr, "mpirun -n %d ", ranks);
  } else if (ranks > 1 && getenv("SLURM_STEP_ID") != NULL) {
    fprintf(stderr, "srun --mpi=pmix -n %d ", ranks);
  }
  print_quoted(rote_command_program());
  for (int i = 0; i < argc; i++) {
    if (strcmp(argv[i], "--deadline") == 0) {
      i++;
      continue;
    }
    fputc(' ', stderr);
    print_quoted(argv[i]);
  }
  fputc('\n', stderr);
}

static int run_main(int argc, char **argv)
{
  rote_run_request request = {
      .stop = &stop_wanted,
      .started = started,
      .progress = rote_progress_show,
      .patience = ROTE_PATIENCE,
  };
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
    rote_fault_set_rank(rote_cluster_rank());
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
    code = root ? report_outcome(status, &outcome) : rote_status_exit_code(status);
  }
  if (root && status == ROTE_STOPPED) {
    say_how_to_continue(argc, argv);
  }
  if (!root && status != ROTE_STOPPED) {
    code = 0; /* one exit code for mpirun: that of rank 0, unless rank 0 is dead */
  }
  rote_cluster_end(code);
  free(set);
  return code;
}

const rote_command rote_command_run = {
    .name = "run",
    .usage =
        "STUDY.yaml [--output DIR] [--set KEY=VALUE]... [--max-hours H] [--deadline UNIX_SECONDS]\n"
        "           [--patience SECONDS] [--survive] [--force-unlock] [--allow-cpu-change]",
    .help =
        "run a study, alone or under mpirun or srun; the same command continues an interrupted one",
    .main = run_main,
};
