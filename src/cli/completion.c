/* Completion for bash, from the usage of every command and the option table. */
#include "manual.h"
#include "rote/option.h"

#include <string.h>

/* The options in a usage: -o, --word. */
static void print_options(FILE *out, const char *usage)
{
  const char *separator = "";
  for (const char *at = usage; (at = strchr(at, '-')) != NULL;) {
    const size_t n = strspn(at, "-abcdefghijklmnopqrstuvwxyz");
    if (n > 1 && (at == usage || strchr(" [|\n", at[-1]) != NULL)) {
      fprintf(out, "%s%.*s", separator, (int)n, at);
      separator = " ";
    }
    at += n;
  }
}

static void print_commands(FILE *out)
{
  fprintf(out, "_rote_commands='");
  for (const rote_command *const *c = rote_command_list; *c != NULL; c++) {
    fprintf(out, "%s%s", c == rote_command_list ? "" : " ", (*c)->name);
  }
  fprintf(out, "'\n_rote_options() {\n  case $1 in\n");
  for (const rote_command *const *c = rote_command_list; *c != NULL; c++) {
    fprintf(out, "    %s) echo '", (*c)->name);
    print_options(out, (*c)->usage);
    fprintf(out, "' ;;\n");
  }
  fprintf(out, "  esac\n}\n");
}

/* Keys, and the words of each that is a choice. */
static void print_keys(FILE *out)
{
  size_t count = 0;
  const rote_option *table = rote_option_table(&count);
  fprintf(out, "_rote_keys='");
  for (size_t i = 0; i < count; i++) {
    fprintf(out, "%s%s=", i == 0 ? "" : " ", table[i].key);
  }
  fprintf(out, "'\n_rote_words() {\n  case $1 in\n");
  for (size_t i = 0; i < count; i++) {
    if (table[i].type != ROTE_OPTION_CHOICE) {
      continue;
    }
    fprintf(out, "    %s) echo '", table[i].key);
    for (int k = 0; table[i].choices[k] != NULL; k++) {
      fprintf(out, "%s%s", k == 0 ? "" : " ", table[i].choices[k]);
    }
    fprintf(out, "' ;;\n");
  }
  fprintf(out, "  esac\n}\n");
}

/* `=` and `:` may end a word for bash, so that KEY=VALUE comes as three words. */
static const char function[] =
    "_rote() {\n"
    "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} "
    "command=${COMP_WORDS[1]} jobs\n"
    "  COMPREPLY=()\n"
    "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$_rote_commands\" -- \"$cur\")\n"
    "    return\n"
    "  fi\n"
    "  if [ \"$cur\" = '=' ]; then\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$(_rote_words \"$prev\")\")\n"
    "    return\n"
    "  fi\n"
    "  case $prev in\n"
    "    =)\n"
    "      mapfile -t COMPREPLY < <(compgen -W \"$(_rote_words \"${COMP_WORDS[COMP_CWORD-2]}\")\" "
    "-- \"$cur\")\n"
    "      return ;;\n"
    "    --set)\n"
    "      compopt -o nospace 2>/dev/null\n"
    "      mapfile -t COMPREPLY < <(compgen -W \"$_rote_keys\" -- \"$cur\")\n"
    "      return ;;\n"
    "    --mdoc) mapfile -t COMPREPLY < <(compgen -W 'rote study' -- \"$cur\"); return ;;\n"
    "  esac\n"
    "  compopt -o filenames 2>/dev/null\n"
    "  case $cur in\n"
    "    -*)\n"
    "      compopt +o filenames 2>/dev/null\n"
    "      mapfile -t COMPREPLY < <(compgen -W \"$(_rote_options \"$command\")\" -- \"$cur\")\n"
    "      return ;;\n"
    "  esac\n"
    "  case $command in\n"
    "    plan | run) # study files here, and those that came with the program\n"
    "      jobs=${ROTE_JOBS:-$(dirname \"$(command -v "
    "\"${COMP_WORDS[0]}\")\")/../share/rote/jobs}\n"
    "      mapfile -t COMPREPLY < <(compgen -f -X '!*.yaml' -- \"$cur\"; compgen -d -- \"$cur\"\n"
    "        cd \"$jobs\" 2>/dev/null && compgen -f -X '!*.yaml' -- \"$cur\" | sed \"s|^|$PWD/|\") "
    ";;\n"
    "    help) mapfile -t COMPREPLY < <(compgen -W \"$_rote_commands study rote\" -- \"$cur\") ;;\n"
    "    import)\n"
    "      if [ \"$COMP_CWORD\" -eq 2 ]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$_rote_importers\" -- \"$cur\")\n"
    "      else\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "      fi ;;\n"
    "    *) mapfile -t COMPREPLY < <(compgen -d -- \"$cur\") ;;\n"
    "  esac\n"
    "}\n"
    "complete -F _rote rote\n";

/* The words before the first blank of import's usage. */
static void print_importers(FILE *out)
{
  fprintf(out, "_rote_importers='");
  for (const char *c = rote_command_import.usage; *c != ' ' && *c != '\0'; c++) {
    fputc(*c == '|' ? ' ' : *c, out);
  }
  fprintf(out, "'\n");
}

void rote_completion_print(FILE *out)
{
  fprintf(out, "# bash completion for rote; printed by rote help --bash-completion\n");
  print_commands(out);
  print_importers(out);
  print_keys(out);
  fputs(function, out);
}
