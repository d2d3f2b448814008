/* Comparison with arrays from an independent oracle (fixtures/README.md).
 *
 * One kind of fixture is one file parity_<kind>.c with its check, and one line in the list of
 * parity.c. Arrays are read as doubles whatever their type in the file: exact for all that is
 * stored. */
#ifndef ROTE_PARITY_H
#define ROTE_PARITY_H

#include "rote/autoencoder.h"
#include "rote/status.h"
#include "rote/vae.h"

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

/* Of the largest entry of an array. */
#define PARITY_FLOAT 1e-4   /* what was computed in float32 */
#define PARITY_DOUBLE 1e-10 /* in float64 */

enum { PARITY_GROUPS = 8, PARITY_NAME = 128, PARITY_RANK = 8 };

/* The largest error of arrays that are reported together. */
typedef struct {
  const char *name;
  double tolerance, error;
  char where[PARITY_NAME]; /* the array with that error */
} parity_group;

/* What a check found. */
typedef struct {
  size_t groups;
  parity_group group[PARITY_GROUPS];
  const char *not_checked;     /* groups of the file that were left out; NULL: none */
  char not_built[PARITY_NAME]; /* why the file cannot be checked; "": it was */
} parity_result;

typedef struct {
  size_t rank, shape[PARITY_RANK], count;
  double *value; /* [count], row-major */
} parity_array;

/** Check an open file. @return ROTE_OK, also if errors are too large; ROTE_DATA if something is
 * missing or has the wrong shape; ROTE_NOMEM */
typedef rote_status parity_check(hid_t file, parity_result *result);

parity_check parity_vae, parity_statistics, parity_resize, parity_activations, parity_fc_ae,
    parity_recovery, parity_posterior, parity_classical, parity_neighbours;

/** Put the error of `got` against `want` into a group: the largest difference, divided by the
 * largest entry of `want`. A number that is not finite makes the error infinite. */
void parity_compare(parity_result *result, const char *group, double tolerance, const char *where,
                    size_t n, const double *got, const double *want);

/** Put an error of any other kind into a group. */
void parity_report(parity_result *result, const char *group, double tolerance, const char *where,
                   double error);

/** Read an array of any shape; released with rote_free(&array->value). The name is printf-style. */
rote_status parity_read(hid_t file, parity_array *array, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Read an array that must have this shape. */
rote_status parity_read_shaped(hid_t file, size_t rank, const size_t *shape, parity_array *array,
                               const char *format, ...) __attribute__((format(printf, 5, 6)));

/** Number of objects in a group. */
rote_status parity_members(hid_t file, const char *group, size_t *count);

bool parity_has(hid_t file, const char *name);

/** Numbers of a root attribute. @param[out] value [room] @param[out] n how many there are */
rote_status parity_numbers(hid_t file, const char *attribute, size_t room, double *value,
                           size_t *n);

/** One number of a root attribute. */
rote_status parity_number(hid_t file, const char *attribute, double *value);

/** Text of a root attribute. @param[out] text [size] */
rote_status parity_text(hid_t file, const char *attribute, char *text, size_t size);

/** Options and image shape of the VAE that a file's attributes describe; result->not_built if there
 * is no such VAE. */
rote_status parity_vae_options(hid_t file, rote_options *options, rote_data_info *info,
                               parity_result *result);

/** Every parameter of it, and none besides, from a group of the file. Running statistics may be
 * missing (they are 0 then); PyTorch's count of batches is not ours. @param[out] w [table->total]
 */
rote_status parity_vae_parameters(hid_t file, const char *group, const rote_parameters *table,
                                  rote_real *w);

/** Fixture [B, features...] to ours [features, ld]. */
void parity_to_columns(const parity_array *rows, size_t ld, rote_real *out);

/** Running statistics are in the weights, but have neither gradient nor moments. */
bool parity_is_running(const rote_parameter *parameter);

/** Options of the fully connected autoencoder that a file's attributes describe. */
rote_status parity_fc_options(hid_t file, rote_options *options);

/** Its parameters, from a group of the file. @param[out] w [model->table.total] */
rote_status parity_autoencoder_parameters(hid_t file, const char *group,
                                          const rote_autoencoder *model, rote_real *w);

#endif
