/* gnuplot as a process: it reads a script of the directory it is started in, and draws to its
 * output. */
#include "figure.h"
#include "rote/file.h"
#include "rote/log.h"
#include "rote/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* @param[out] child  0 if it could not be started */
static rote_status start(const char *directory, const char *script, int out, pid_t *child)
{
  posix_spawn_file_actions_t actions;
  char *const argument[] = {(char[]){"gnuplot"}, (char *)(uintptr_t)script, NULL};
  *child = 0;
  if (posix_spawn_file_actions_init(&actions) != 0) {
    return rote_fail(ROTE_NOMEM, "out of memory");
  }
  if (posix_spawn_file_actions_addchdir_np(&actions, directory) != 0 ||
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) != 0 ||
      posix_spawn_file_actions_adddup2(&actions, out, 1) != 0 ||
      posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) != 0 ||
      posix_spawnp(child, argument[0], &actions, NULL, argument, environ) != 0) {
    *child = 0;
  }
  posix_spawn_file_actions_destroy(&actions);
  return ROTE_OK;
}

static rote_status read_all(int from, rote_lines *text)
{
  char part[1 << 14];
  ssize_t n;
  while ((n = read(from, part, sizeof part)) != 0) {
    if (n < 0 && errno != EINTR) {
      return rote_fail(ROTE_IO, "gnuplot's drawing cannot be read: %s", strerror(errno));
    }
    if (n > 0) {
      rote_lines_add(text, "%.*s", (int)n, part);
    }
  }
  return text->status;
}

rote_status rote_figure_draw(const char *figures, const rote_part *figure, char **svg, bool *found)
{
  rote_status status = ROTE_OK;
  const char *name = rote_figure_text(figure, ROTE_FIGURE_NAME);
  char script[ROTE_PATH_MAX];
  rote_lines text = {.status = ROTE_OK};
  int end[2] = {-1, -1}, code = 0;
  pid_t child = 0;
  *svg = NULL;
  ROTE_TRY(rote_path(script, "%s.gp", name));
  if (pipe2(end, O_CLOEXEC) != 0) {
    ROTE_TRY(rote_fail(ROTE_IO, "no pipe to gnuplot: %s", strerror(errno)));
  }
  ROTE_TRY(start(figures, script, end[1], &child));
  *found = child > 0;
  close(end[1]);
  end[1] = -1;
  if (child > 0) {
    ROTE_TRY(read_all(end[0], &text));
    waitpid(child, &code, 0);
    child = 0;
    if (code != 0 || text.text == NULL || strstr(text.text, "</svg>") == NULL) {
      rote_log(ROTE_LOG_WARN, "figure-failed",
               "gnuplot does not draw %s.gp in %s; called there, it says why", name, figures);
    } else {
      *svg = text.text;
      text.text = NULL;
    }
  }
done:
  if (child > 0) {
    waitpid(child, &code, 0);
  }
  for (size_t i = 0; i < 2; i++) {
    if (end[i] >= 0) {
      close(end[i]);
    }
  }
  rote_lines_free(&text);
  return status;
}
