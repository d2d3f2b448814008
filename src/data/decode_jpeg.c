/* JPEG by libjpeg-turbo. The library reports errors by longjmp; what must survive the jump lies in
 * `decoder`, outside of the frame that is jumped to. */
#include "decoders.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

typedef struct {
  struct jpeg_error_mgr manager; /* first: the library hands back its address */
  jmp_buf escape;
  struct jpeg_decompress_struct jpeg;
  const rote_encoded *file;
  rote_image *image;
  rote_status status;
} decoder;

static decoder *decoder_of(j_common_ptr jpeg)
{
  return (decoder *)(void *)jpeg->err;
}

static void give_up(j_common_ptr jpeg)
{
  decoder *d = decoder_of(jpeg);
  char text[JMSG_LENGTH_MAX];
  d->manager.format_message(jpeg, text);
  d->status = d->manager.msg_code == JERR_OUT_OF_MEMORY
                  ? rote_fail(ROTE_NOMEM, "%s: out of memory", d->file->name)
                  : rote_fail(ROTE_DATA, "%s: is not a whole JPEG file: %s", d->file->name, text);
  longjmp(d->escape, 1);
}

/* Warnings of a file that is odd but whole; all others mean that the library makes up pixels.
 * JWRN_NOT_SEQUENTIAL: Ss, Se, Ah or Al of a baseline scan are not 0, 63, 0, 0; some phones write
 * zeros, and they have no meaning there. */
static bool changes_no_pixel(int code)
{
  return code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR ||
         code == JWRN_NOT_SEQUENTIAL;
}

static void take_message(j_common_ptr jpeg, int level)
{
  if (level < 0 && !changes_no_pixel(jpeg->err->msg_code)) {
    give_up(jpeg);
  }
}

/* No file can be shorter: a block of 8 x 8 has one bit at least, if it is coded by Huffman. */
static size_t least_bytes(const struct jpeg_decompress_struct *jpeg)
{
  size_t blocks = 0;
  for (int c = 0; c < jpeg->num_components; c++) {
    blocks += (size_t)jpeg->comp_info[c].width_in_blocks * jpeg->comp_info[c].height_in_blocks;
  }
  return jpeg->arith_code ? 0 : blocks / 8;
}

static rote_status check_colours(const decoder *d)
{
  const J_COLOR_SPACE space = d->jpeg.jpeg_color_space;
  if (space == JCS_CMYK || space == JCS_YCCK) {
    return rote_fail(ROTE_DATA, "%s: is a CMYK JPEG; convert it to RGB or grey first",
                     d->file->name);
  }
  if (space != JCS_GRAYSCALE && space != JCS_YCbCr && space != JCS_RGB) {
    return rote_fail(ROTE_DATA, "%s: is a JPEG of %d channels that is neither grey nor colour",
                     d->file->name, d->jpeg.num_components);
  }
  return ROTE_OK;
}

static rote_status decode(decoder *d)
{
  rote_status status = ROTE_OK;
  jpeg_create_decompress(&d->jpeg);
  jpeg_mem_src(&d->jpeg, d->file->bytes, d->file->count);
  jpeg_read_header(&d->jpeg, TRUE);
  ROTE_TRY(check_colours(d));
  d->jpeg.out_color_space = d->jpeg.jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
  d->image->channels = d->jpeg.out_color_space == JCS_GRAYSCALE ? 1 : 3;
  d->image->height = d->jpeg.image_height;
  d->image->width = d->jpeg.image_width;
  ROTE_TRY(rote_decoder_check(d->file, d->image, least_bytes(&d->jpeg)));
  ROTE_TRY(rote_decoder_allocate(d->file, d->image));
  if (!d->file->header_only) {
    jpeg_start_decompress(&d->jpeg);
    while (d->jpeg.output_scanline < d->jpeg.output_height) {
      JSAMPROW row =
          d->image->pixel + d->jpeg.output_scanline * d->image->width * d->image->channels;
      jpeg_read_scanlines(&d->jpeg, &row, 1);
    }
    jpeg_finish_decompress(&d->jpeg);
  }
done:
  return status;
}

/* The frame that setjmp returns to; it has no variables of its own. */
static void try_to_decode(decoder *d)
{
  if (setjmp(d->escape) == 0) {
    d->status = decode(d);
  }
}

rote_status rote_jpeg_decode(const rote_encoded *file, rote_image *image)
{
  decoder d = {.file = file, .image = image};
  d.jpeg.err = jpeg_std_error(&d.manager);
  d.manager.error_exit = give_up;
  d.manager.emit_message = take_message;
  try_to_decode(&d);
  jpeg_destroy_decompress(&d.jpeg); /* harmless before jpeg_create_decompress() */
  return d.status;
}
