/* Reading of fixtures. */
#include "parity.h"

#include "rote/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static rote_status read_array(hid_t file, const char *name, parity_array *array)
{
  rote_status status = ROTE_OK;
  hsize_t shape[PARITY_RANK] = {0};
  *array = (parity_array){.count = 1};
  const hid_t data = H5Dopen2(file, name, H5P_DEFAULT);
  const hid_t space = data < 0 ? H5I_INVALID_HID : H5Dget_space(data);
  const int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
  if (rank < 0 || rank > PARITY_RANK || H5Sget_simple_extent_dims(space, shape, NULL) < 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "there is no array %s", name));
  }
  array->rank = (size_t)rank;
  for (size_t i = 0; i < array->rank; i++) {
    array->shape[i] = (size_t)shape[i];
    array->count *= array->shape[i];
  }
  ROTE_TRY(rote_alloc(array->count, sizeof(double), &array->value));
  if (H5Dread(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, array->value) < 0) {
    rote_free(&array->value);
    ROTE_TRY(rote_fail(ROTE_DATA, "cannot read the array %s", name));
  }
done:
  if (space >= 0) {
    H5Sclose(space);
  }
  if (data >= 0) {
    H5Dclose(data);
  }
  return status;
}

rote_status parity_read(hid_t file, parity_array *array, const char *format, ...)
{
  char name[PARITY_NAME];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(name, sizeof name, format, arguments);
  va_end(arguments);
  return read_array(file, name, array);
}

rote_status parity_read_shaped(hid_t file, size_t rank, const size_t *shape, parity_array *array,
                               const char *format, ...)
{
  char name[PARITY_NAME];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(name, sizeof name, format, arguments);
  va_end(arguments);
  rote_status status = read_array(file, name, array);
  if (status == ROTE_OK && (array->rank != rank ||
                            (rank > 0 && memcmp(array->shape, shape, rank * sizeof *shape) != 0))) {
    rote_free(&array->value);
    status = rote_fail(ROTE_DATA, "the array %s has another shape than the attributes say", name);
  }
  return status;
}

rote_status parity_members(hid_t file, const char *group, size_t *count)
{
  H5G_info_t info;
  if (H5Gget_info_by_name(file, group, &info, H5P_DEFAULT) < 0) {
    return rote_fail(ROTE_DATA, "there is no group %s", group);
  }
  *count = (size_t)info.nlinks;
  return ROTE_OK;
}

bool parity_has(hid_t file, const char *name)
{
  return H5Lexists(file, name, H5P_DEFAULT) > 0;
}

rote_status parity_numbers(hid_t file, const char *attribute, size_t room, double *value, size_t *n)
{
  rote_status status = ROTE_OK;
  const hid_t a = H5Aopen(file, attribute, H5P_DEFAULT);
  const hid_t space = a < 0 ? H5I_INVALID_HID : H5Aget_space(a);
  const hssize_t count = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
  if (count < 1 || (size_t)count > room || H5Aread(a, H5T_NATIVE_DOUBLE, value) < 0) {
    status =
        rote_fail(ROTE_DATA, "the attribute %s is missing or not what it should be", attribute);
  } else {
    *n = (size_t)count;
  }
  if (space >= 0) {
    H5Sclose(space);
  }
  if (a >= 0) {
    H5Aclose(a);
  }
  return status;
}

rote_status parity_number(hid_t file, const char *attribute, double *value)
{
  size_t n = 0;
  return parity_numbers(file, attribute, 1, value, &n);
}

rote_status parity_text(hid_t file, const char *attribute, char *text, size_t size)
{
  bool good = false;
  const hid_t a = H5Aopen(file, attribute, H5P_DEFAULT);
  const hid_t type = a < 0 ? H5I_INVALID_HID : H5Aget_type(a);
  memset(text, 0, size);
  if (type >= 0 && H5Tis_variable_str(type) > 0) {
    char *value = NULL;
    if (H5Aread(a, type, &value) >= 0 && value != NULL) {
      good = (size_t)snprintf(text, size, "%s", value) < size;
      H5free_memory(value);
    }
  } else if (type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tget_size(type) < size) {
    good = H5Aread(a, type, text) >= 0;
  }
  if (type >= 0) {
    H5Tclose(type);
  }
  if (a >= 0) {
    H5Aclose(a);
  }
  return good ? ROTE_OK : rote_fail(ROTE_DATA, "the attribute %s is missing or no text", attribute);
}
