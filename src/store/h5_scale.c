/* Dimension scales, and second names. */
#include "h5_library.h"

#include <hdf5_hl.h>

rote_status rote_h5_scale_make(rote_h5 *h5, const char *name, const char *label)
{
  rote_status status = ROTE_OK;
  hid_t id = H5I_INVALID_HID;
  ROTE_H5(id = H5Dopen2(h5->id, name, H5P_DEFAULT), "find", name);
  ROTE_H5(H5DSset_scale(id, label), "make a scale of", name);
done:
  rote_h5_release(id);
  return status;
}

rote_status rote_h5_scale_attach(rote_h5 *h5, const char *name, size_t dimension, const char *scale)
{
  rote_status status = ROTE_OK;
  hid_t id = H5I_INVALID_HID, scale_id = H5I_INVALID_HID;
  ROTE_H5(id = H5Dopen2(h5->id, name, H5P_DEFAULT), "find", name);
  ROTE_H5(scale_id = H5Dopen2(h5->id, scale, H5P_DEFAULT), "find", scale);
  ROTE_H5(H5DSattach_scale(id, scale_id, (unsigned)dimension), "attach a scale to", name);
done:
  rote_h5_release(scale_id);
  rote_h5_release(id);
  return status;
}

rote_status rote_h5_link(rote_h5 *h5, const char *name, const char *second)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_h5_parents(h5, second));
  ROTE_H5(H5Lcreate_hard(h5->id, name, h5->id, second, H5P_DEFAULT, H5P_DEFAULT), "link", second);
done:
  return status;
}
