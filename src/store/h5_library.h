/* HDF5 itself, for the files of this directory. */
#ifndef ROTE_H5_LIBRARY_H
#define ROTE_H5_LIBRARY_H

#include "rote/h5.h"

#include <hdf5.h>

/** Record HDF5's reason why `what` did not work with the object `name`. @return ROTE_IO or
 * ROTE_DATA */
rote_status rote_h5_failed(const rote_h5 *h5, const char *what, const char *name);

/** The type in the file, always little-endian, or in memory. The caller releases it with
 * H5Tclose(). */
hid_t rote_h5_type_create(rote_h5_type type, bool in_file);

/** Release any HDF5 handle; a negative one is ignored. */
void rote_h5_release(hid_t id);

/* Jump to `done` with the file's status if an HDF5 call gave a negative result. Needs a local `h5`.
 */
#define ROTE_H5(call, what, name) ROTE_TRY((call) < 0 ? rote_h5_failed(h5, what, name) : ROTE_OK)

#endif
