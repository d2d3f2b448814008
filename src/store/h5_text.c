/* Arrays of text from and to lists, a few thousand at a time: HDF5 wants a pointer to every text,
 * and makes a copy of every one it reads. */
#include "h5_library.h"
#include "rote/memory.h"

#define AT_ONCE 4096

rote_status rote_h5_texts_write(rote_h5 *h5, const char *name, size_t first, size_t count,
                                const rote_text_list *list)
{
  rote_status status = ROTE_OK;
  const char *text[AT_ONCE];
  for (size_t done = 0; done < count;) {
    const size_t n = count - done < AT_ONCE ? count - done : AT_ONCE;
    for (size_t i = 0; i < n; i++) {
      text[i] = rote_text_list_get(list, done + i);
    }
    ROTE_TRY(rote_h5_rows_write(h5, name, ROTE_H5_TEXT, first + done, n, text));
    done += n;
  }
done:
  return status;
}

rote_status rote_h5_texts_read(rote_h5 *h5, const char *name, rote_text_list *list)
{
  rote_status status = ROTE_OK;
  rote_h5_array array = {.rank = 0};
  char **text = NULL; /* HDF5's */
  size_t held = 0, row = 1;
  ROTE_TRY(rote_h5_array_describe(h5, name, &array));
  if (array.type != ROTE_H5_TEXT || array.rank == 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: %s is not a list of texts", h5->path, name));
  }
  for (size_t d = 1; d < array.rank; d++) {
    row *= array.shape[d];
  }
  const size_t count = row > 0 ? array.shape[0] : 0;
  const size_t most = row == 0 || row >= AT_ONCE ? 1 : AT_ONCE / row;
  ROTE_TRY(rote_alloc(most * row, sizeof *text, &text));
  for (size_t first = 0; first < count; first += held) {
    const size_t n = count - first < most ? count - first : most;
    ROTE_TRY(rote_h5_rows_read(h5, name, &array, first, n, text));
    held = n;
    for (size_t i = 0; i < n * row && status == ROTE_OK; i++) {
      status = rote_text_list_add(list, text[i] == NULL ? "" : text[i]);
    }
    for (size_t i = 0; i < n * row; i++) {
      H5free_memory(text[i]);
    }
    ROTE_TRY(status);
  }
done:
  rote_free(&text);
  return status;
}
