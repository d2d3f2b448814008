/* Files and attributes. */
#include "h5_library.h"

#include "rote/fault.h"
#include "seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  char text[256];
  bool of_system; /* a system call failed, so nothing was read that could be wrong */
} h5_reason;

static herr_t take_reason(unsigned n, const H5E_error2_t *error, void *data)
{
  h5_reason *reason = data;
  if (n == 0 && error->desc != NULL) { /* the innermost */
    snprintf(reason->text, sizeof reason->text, "%s", error->desc);
  }
  reason->of_system = reason->of_system || (error->desc != NULL && strstr(error->desc, "errno = "));
  return 0;
}

rote_status rote_h5_failed(const rote_h5 *h5, const char *what, const char *name)
{
  h5_reason reason = {.text = "no reason given"};
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_reason, &reason);
  bool locking = strstr(reason.text, "lock") != NULL;
  return rote_fail(h5->writing || reason.of_system ? ROTE_IO : ROTE_DATA,
                   "%s: cannot %s %s: HDF5 says: %s%s", h5->path, what, name, reason.text,
                   locking ? " (setting HDF5_USE_FILE_LOCKING=FALSE may help)" : "");
}

void rote_h5_release(hid_t id)
{
  if (id >= 0) {
    H5Idec_ref(id);
  }
}

hid_t rote_h5_type_create(rote_h5_type type, bool in_file)
{
  switch (type) {
  case ROTE_H5_U8:
    return H5Tcopy(in_file ? H5T_STD_U8LE : H5T_NATIVE_UINT8);
  case ROTE_H5_U16:
    return H5Tcopy(in_file ? H5T_STD_U16LE : H5T_NATIVE_UINT16);
  case ROTE_H5_U32:
    return H5Tcopy(in_file ? H5T_STD_U32LE : H5T_NATIVE_UINT32);
  case ROTE_H5_U64:
    return H5Tcopy(in_file ? H5T_STD_U64LE : H5T_NATIVE_UINT64);
  case ROTE_H5_I32:
    return H5Tcopy(in_file ? H5T_STD_I32LE : H5T_NATIVE_INT32);
  case ROTE_H5_F32:
    return H5Tcopy(in_file ? H5T_IEEE_F32LE : H5T_NATIVE_FLOAT);
  case ROTE_H5_F64:
    return H5Tcopy(in_file ? H5T_IEEE_F64LE : H5T_NATIVE_DOUBLE);
  case ROTE_H5_TEXT:
    break;
  }
  hid_t text = H5Tcopy(H5T_C_S1);
  H5Tset_size(text, H5T_VARIABLE);
  H5Tset_cset(text, H5T_CSET_UTF8);
  return text;
}

/* Access properties shared by all files; negative on failure. HDF5's own locks are not wanted: a
 * file is whole before it gets its name and never changed after, and file systems have none or
 * refuse them. */
static hid_t access_properties(void)
{
  H5dont_atexit(); /* a file that could not be written would be tried again there, and crash */
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* reasons go into rote_fail(), not to stderr */
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  bool good = access >= 0 && H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18) >= 0 &&
              H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0; /* closed means written */
#if H5_VERSION_GE(1, 12, 1) || (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 12, 0))
  good = good && H5Pset_file_locking(access, 0, 1) >= 0;
#else
  setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0); /* read when a file is opened */
#endif
  if (!good) {
    rote_h5_release(access);
    return H5I_INVALID_HID;
  }
  return access;
}

rote_status rote_h5_create(const char *path, const char *kind, rote_h5_place place, rote_h5 *h5)
{
  rote_status status = ROTE_OK;
  hid_t access = access_properties(), creation = H5I_INVALID_HID;
  h5->writing = true;
  h5->place = place;
  ROTE_TRY(rote_path(h5->path, "%s", path));
  ROTE_TRY(rote_file_begin(path, &h5->file));
  ROTE_H5(access, "prepare", "the file");
  if (place == ROTE_H5_IN_MEMORY) {
    ROTE_H5(H5Pset_fapl_core(access, 1 << 20, 0), "prepare", "the file");
  }
  ROTE_H5(creation = H5Pcreate(H5P_FILE_CREATE), "prepare", "the file");
  ROTE_H5(H5Pset_obj_track_times(creation, 0), "prepare", "the file");
  ROTE_H5(H5Pset_attr_phase_change(creation, 64, 32), "prepare",
          "the file"); /* keep them in the header */
  ROTE_H5(h5->id = H5Fcreate(h5->file.path, H5F_ACC_TRUNC, creation, access), "create", "the file");
  ROTE_TRY(rote_h5_text_put(h5, ".", "kind", kind));
done:
  rote_h5_release(creation);
  rote_h5_release(access);
  if (status != ROTE_OK) {
    rote_h5_close(h5);
  }
  return status;
}

static rote_status write_memory(rote_h5 *h5)
{
  rote_status status = ROTE_OK;
  void **memory = NULL; /* HDF5's own */
  ssize_t bytes = 0;
  ROTE_H5(H5Fflush(h5->id, H5F_SCOPE_GLOBAL), "finish", "the file");
  ROTE_H5(bytes = H5Fget_file_image(h5->id, NULL, 0), "finish", "the file"); /* its size alone */
  ROTE_H5(H5Fget_vfd_handle(h5->id, H5P_DEFAULT, (void **)&memory), "finish", "the file");
  ROTE_FAULT(SEAL_WRITE, h5->path);
  ROTE_TRY(rote_seal_write(h5->file.path, *memory, (size_t)bytes, h5->label));
done:
  return status;
}

static rote_status close_and_seal(rote_h5 *h5)
{
  rote_status status = ROTE_OK;
  hid_t id = h5->id;
  h5->id = H5I_INVALID_HID;
  ROTE_H5(H5Fclose(id), "write", "the file");
  ROTE_FAULT(SEAL_WRITE, h5->path);
  ROTE_TRY(rote_seal_append(h5->file.path));
done:
  return status;
}

rote_status rote_h5_commit(rote_h5 *h5, const char *previous)
{
  rote_status status = ROTE_OK;
  const uint8_t complete = 1;
  ROTE_FAULT(H5_CLOSE, h5->path);
  ROTE_TRY(rote_h5_value_put(h5, ".", "complete", ROTE_H5_U8, 1, &complete));
  ROTE_TRY(h5->place == ROTE_H5_IN_MEMORY ? write_memory(h5) : close_and_seal(h5));
  ROTE_TRY(rote_file_commit_keeping(&h5->file, previous));
done:
  rote_h5_close(h5);
  return status;
}

rote_status rote_h5_open(const char *path, const char *kind, rote_h5 *h5)
{
  rote_status status = ROTE_OK;
  hid_t access = access_properties();
  char found[64];
  uint8_t complete = 0;
  h5->writing = false;
  ROTE_TRY(rote_path(h5->path, "%s", path));
  ROTE_TRY(rote_seal_check(path));
  ROTE_H5(access, "prepare", "the file");
  ROTE_H5(h5->id = H5Fopen(path, H5F_ACC_RDONLY, access), "open", "the file");
  ROTE_TRY(rote_h5_text_get(h5, ".", "kind", found, sizeof found));
  if (strcmp(found, kind) != 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is a \"%s\" file; a \"%s\" file is needed here", path, found,
                       kind));
  }
  ROTE_TRY(rote_h5_value_get(h5, ".", "complete", ROTE_H5_U8, &complete));
  if (complete != 1) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is not complete", path));
  }
done:
  rote_h5_release(access);
  if (status != ROTE_OK) {
    rote_h5_close(h5);
  }
  return status;
}

void rote_h5_close(rote_h5 *h5)
{
  rote_h5_release(h5->id);
  h5->id = H5I_INVALID_HID;
  if (h5->writing) {
    rote_file_abort(&h5->file);
  }
}

rote_status rote_h5_value_put(rote_h5 *h5, const char *name, const char *attribute,
                              rote_h5_type type, size_t count, const void *values)
{
  rote_status status = ROTE_OK;
  const hsize_t shape[1] = {count};
  hid_t file = rote_h5_type_create(type, true), memory = rote_h5_type_create(type, false);
  hid_t space = count == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, shape, NULL);
  hid_t id = H5I_INVALID_HID;
  ROTE_H5(id = H5Acreate_by_name(h5->id, name, attribute, file, space, H5P_DEFAULT, H5P_DEFAULT,
                                 H5P_DEFAULT),
          "create the attribute", attribute);
  ROTE_H5(H5Awrite(id, memory, values), "write the attribute", attribute);
done:
  rote_h5_release(id);
  rote_h5_release(space);
  rote_h5_release(memory);
  rote_h5_release(file);
  return status;
}

rote_status rote_h5_text_put(rote_h5 *h5, const char *name, const char *attribute, const char *text)
{
  return rote_h5_value_put(h5, name, attribute, ROTE_H5_TEXT, 1, &text);
}

rote_status rote_h5_value_get(rote_h5 *h5, const char *name, const char *attribute,
                              rote_h5_type type, void *value)
{
  rote_status status = ROTE_OK;
  hid_t file = rote_h5_type_create(type, true), memory = rote_h5_type_create(type, false);
  hid_t id = H5I_INVALID_HID, space = H5I_INVALID_HID, stored = H5I_INVALID_HID;
  ROTE_H5(id = H5Aopen_by_name(h5->id, name, attribute, H5P_DEFAULT, H5P_DEFAULT),
          "find the attribute", attribute);
  ROTE_H5(space = H5Aget_space(id), "read the attribute", attribute);
  ROTE_H5(stored = H5Aget_type(id), "read the attribute", attribute);
  if (H5Sget_simple_extent_type(space) != H5S_SCALAR || H5Tequal(stored, file) <= 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: the attribute %s has another type than Rote writes",
                       h5->path, attribute));
  }
  ROTE_H5(H5Aread(id, memory, value), "read the attribute", attribute);
done:
  rote_h5_release(stored);
  rote_h5_release(space);
  rote_h5_release(id);
  rote_h5_release(memory);
  rote_h5_release(file);
  return status;
}

rote_status rote_h5_text_get(rote_h5 *h5, const char *name, const char *attribute, char *text,
                             size_t size)
{
  rote_status status = ROTE_OK;
  char *value = NULL;
  ROTE_TRY(rote_h5_value_get(h5, name, attribute, ROTE_H5_TEXT, &value));
  size_t length = value == NULL ? 0 : strlen(value); /* HDF5 gives NULL for an empty text */
  if (length >= size) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: the attribute %s is longer than %zu bytes", h5->path,
                       attribute, size - 1));
  }
  memcpy(text, value == NULL ? "" : value, length + 1);
done:
  H5free_memory(value);
  return status;
}
