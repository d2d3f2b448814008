/* Tables as text: CSV, JSON and lists. */
#include "rote/file.h"
#include "rote/memory.h"
#include "rote/table.h"
#include "table_parts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A text file that is being written. */
typedef struct {
  rote_file file;
  FILE *out;
} text_file;

static rote_status begin(const char *path, text_file *t)
{
  rote_status status = ROTE_OK;
  rote_file_remove_stale(path);
  ROTE_TRY(rote_file_begin(path, &t->file));
  t->out = fopen(t->file.path, "w");
  if (t->out == NULL) {
    ROTE_TRY(rote_fail(ROTE_IO, "%s: cannot be written: %s", path, strerror(errno)));
  }
done:
  return status;
}

/* @param[in] status  of what was written @return it, or that of the file */
static rote_status end(rote_status status, text_file *t)
{
  if (t->out != NULL) {
    const bool failed = fflush(t->out) != 0 || ferror(t->out) != 0;
    const int reason = errno;
    fclose(t->out);
    if (status == ROTE_OK && failed) {
      status = rote_fail(ROTE_IO, "%s: cannot be written: %s", t->file.target, strerror(reason));
    }
    status = status == ROTE_OK ? rote_file_commit(&t->file) : status;
  }
  rote_file_abort(&t->file);
  return status;
}

/* 17 digits give every double back; whole numbers have none they do not need. */
static void put_number(FILE *out, double x, const char *missing)
{
  if (isnan(x)) {
    fputs(missing, out);
  } else {
    fprintf(out, "%.17g", x);
  }
}

/* In quotes where RFC 4180 asks for them, those inside doubled. */
static void put_csv_text(FILE *out, const char *text)
{
  if (strpbrk(text, ",\"\r\n") == NULL) {
    fputs(text, out);
    return;
  }
  putc('"', out);
  for (; *text != '\0'; text++) {
    fprintf(out, *text == '"' ? "\"\"" : "%c", *text);
  }
  putc('"', out);
}

static void put_json_text(FILE *out, const char *text)
{
  putc('"', out);
  for (; *text != '\0'; text++) {
    if (*text == '"' || *text == '\\') {
      fprintf(out, "\\%c", *text);
    } else if ((unsigned char)*text < 0x20) {
      fprintf(out, "\\u%04x", (unsigned)*text);
    } else {
      putc(*text, out);
    }
  }
  putc('"', out);
}

static void put_csv(const rote_table *t, FILE *out)
{
  for (size_t c = 0; c < t->columns; c++) {
    fputs(c == 0 ? "" : ",", out);
    put_csv_text(out, t->column[c].name);
  }
  putc('\n', out);
  for (size_t r = 0; r < t->rows; r++) {
    for (size_t c = 0; c < t->columns; c++) {
      const double *value = t->column[c].value;
      if (c > 0) {
        putc(',', out);
      }
      if (value == NULL) {
        put_csv_text(out, rote_text_list_get(&t->name, t->row[r]));
      } else {
        put_number(out, value[t->row[r]], "");
      }
    }
    putc('\n', out);
  }
}

static void put_json(const rote_table *t, FILE *out)
{
  for (size_t c = 0; c < t->columns; c++) {
    const double *value = t->column[c].value;
    fputs(c == 0 ? "{" : ",\n", out);
    put_json_text(out, t->column[c].name);
    fputs(": [", out);
    for (size_t r = 0; r < t->rows; r++) {
      fputs(r == 0 ? "" : ", ", out);
      if (value == NULL) {
        put_json_text(out, rote_text_list_get(&t->name, t->row[r]));
      } else {
        const double x = value[t->row[r]];
        put_number(out, isfinite(x) ? x : (double)NAN, "null");
      }
    }
    putc(']', out);
  }
  fputs("}\n", out);
}

static void put_list(const rote_table *t, FILE *out)
{
  for (size_t r = 0; r < t->rows; r++) {
    fprintf(out, "%s\n", rote_text_list_get(&t->name, t->row[r]));
  }
}

rote_status rote_table_write(const rote_table *table, rote_table_form form, const char *path)
{
  rote_status status = ROTE_OK;
  text_file t = {.out = NULL};
  if (form == ROTE_TABLE_H5) {
    return rote_table_write_h5(table, path);
  }
  ROTE_TRY(begin(path, &t));
  if (form == ROTE_TABLE_CSV) {
    put_csv(table, t.out);
  } else if (form == ROTE_TABLE_JSON) {
    put_json(table, t.out);
  } else {
    put_list(table, t.out);
  }
done:
  return end(status, &t);
}

/* A score at an epoch, a row an image. The first three fields are the same but for the index. */
static void put_long(const rote_table *t, const rote_table_column *c, size_t v, const double *value,
                     FILE *out)
{
  const rote_variant *variant = c->variant;
  const char *variant_name = variant == NULL ? "" : variant->name;
  const size_t skip = variant == NULL ? 0 : strlen(variant_name) + 1; /* of the column's name */
  char epoch[32] = "";
  if (variant != NULL) {
    snprintf(epoch, sizeof epoch, "%zu",
             c->epochs > 0 ? rote_evaluation_epoch(&variant->options, v)
                           : variant->options.training.epochs);
  }
  for (size_t r = 0; r < t->rows; r++) {
    put_csv_text(out, variant_name);
    fprintf(out, ",%s,%zu,", epoch, t->row[r]);
    put_csv_text(out, c->name + skip);
    putc(',', out);
    put_number(out, value[t->row[r]], "");
    putc('\n', out);
  }
}

rote_status rote_table_write_long(const rote_table *table, rote_study_reader *reader,
                                  const char *path)
{
  rote_status status = ROTE_OK;
  text_file t = {.out = NULL};
  double *value = NULL;
  ROTE_TRY(rote_alloc(table->images, sizeof *value, &value));
  ROTE_TRY(begin(path, &t));
  fputs("variant,epoch,index,score,value\n", t.out);
  for (size_t i = table->columns - table->scores; i < table->columns; i++) {
    const rote_table_column *c = &table->column[i];
    for (size_t v = 0; v < (c->epochs > 0 ? c->epochs : 1); v++) {
      ROTE_TRY(rote_table_column_read(table, reader, c, v, value));
      put_long(table, c, v, value, t.out);
    }
  }
done:
  rote_free(&value);
  return end(status, &t);
}
