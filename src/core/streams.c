#include "rote/streams.h"

#include "rote/file.h"
#include "rote/status.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The number of a closed stream would go to the next file that is opened, and all that is printed
 * would be written into that file. */
static void replace_closed_streams(void)
{
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; number++) {
    if (fcntl(number, F_GETFD) < 0 && errno == EBADF) {
      /* the lowest free number is this one; open the wrong way round, so that its use fails */
      (void)!open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
  }
}

static void end_by_signal(int number)
{
  rote_file_abort_all();
  raise(number); /* SA_RESETHAND: now it ends the process, and the parent sees by what */
}

void rote_streams_begin(void)
{
  static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXCPU};
  struct sigaction action = {.sa_handler = end_by_signal,
                             .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
  struct sigaction before;
  replace_closed_streams();
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) {
    /* one that the parent has ignored (nohup) stays so */
    if (sigaction(ending[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL) {
      sigaction(ending[i], &action, NULL);
    }
  }
  signal(SIGXFSZ, SIG_IGN);
}

int rote_streams_end(int code)
{
  const bool lost_before = ferror(stdout) != 0; /* then nobody knows any more why */
  errno = 0;
  const bool lost_now = fclose(stdout) != 0; /* it flushes; some file systems fail only here */
  const int reason = errno;
  if (!lost_before && !lost_now) {
    return code;
  }
  fprintf(stderr, "rote: error: stdout: cannot write%s%s; what was printed is not whole\n",
          reason != 0 ? ": " : "", reason != 0 ? strerror(reason) : "");
  return code != 0 ? code : rote_status_exit_code(ROTE_IO);
}
