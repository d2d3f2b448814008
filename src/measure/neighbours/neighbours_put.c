/* Arrays of study.h5 below <variant>/neighbours/ and <variant>/extraction/. */
#include "neighbours_result.h"

#define SCALE(name_, dim_, long_name_)                                                             \
  {                                                                                                \
    .name = name_, .dims = dim_, .type = ROTE_H5_U32, .units = "1", .long_name = long_name_,       \
    .scale = true                                                                                  \
  }

static const rote_array scales[] = {
    SCALE("neighbours/model", "G", "model trained on all images, from 0"),
    SCALE("neighbours/sample/index", "S", "sample of the model, from 0"),
    SCALE("neighbours/held_out/index", "S", "test image of the data file, from 0"),
    SCALE("neighbours/cell/index", "P", "cell of the training images, from 0"),
    SCALE("extraction/model", "G", "model trained on all images, from 0"),
    SCALE("extraction/rank", "X", "place in the list, the closest pair first"),
    ROTE_ARRAY_END,
};

#define OF(name_, dims_, type_, units_, member_, long_name_)                                       \
  {                                                                                                \
    .name = name_, .dims = dims_, .type = type_, .units = units_, .long_name = long_name_,         \
    .chunks = ROTE_H5_ROWS, .member = offsetof(rote_neighbours_result, member_)                    \
  }
#define NUMBER(name_, member_, long_name_)                                                         \
  {                                                                                                \
    .name = name_, .dims = "G", .type = ROTE_H5_F64, .units = "1", .long_name = long_name_,        \
    .member = offsetof(rote_neighbours_result, member_)                                            \
  }

static const rote_array arrays[] = {
    OF("neighbours/nearest_held_out", "GN", ROTE_H5_U32, "1", nearest_held_out,
       "number of the test image that is nearest to the image"),
    OF("neighbours/distance_held_out", "GN", ROTE_H5_F64, "1", distance_held_out,
       "Euclidean distance to it, images at half size in [0,1]"),
    OF("neighbours/nearest_sample", "GN", ROTE_H5_U32, "1", nearest_sample,
       "number of the sample that is nearest to the image"),
    OF("neighbours/distance_sample", "GN", ROTE_H5_F64, "1", distance_sample, "distance to it"),
    OF("neighbours/ratio", "GN", ROTE_H5_F64, "1", ratio,
       "rho: distance_held_out by distance_sample; above 1 the samples come closer"),
    OF("neighbours/sample/nearest", "GS", ROTE_H5_U32, "1", sample_nearest,
       "index of the training image that is nearest to the sample"),
    OF("neighbours/sample/distance", "GS", ROTE_H5_F64, "1", sample_distance, "distance to it"),
    OF("neighbours/sample/neighbour_distance", "GS", ROTE_H5_F64, "1", sample_neighbour,
       "distance from that training image to the nearest other one"),
    OF("neighbours/sample/mean_distance", "GS", ROTE_H5_F64, "1", sample_mean,
       "mean distance from the sample to the 50 closest training images, or to all"),
    OF("neighbours/sample/cell", "GS", ROTE_H5_U32, "1", sample_cell, "cell of the sample"),
    {.name = "neighbours/sample/authentic",
     .dims = "GS",
     .type = ROTE_H5_U8,
     .units = "1",
     .long_name = "whether the nearest training image is nearer to another one than to the sample",
     .flags = "no yes missing",
     .chunks = ROTE_H5_ROWS,
     .member = offsetof(rote_neighbours_result, authentic)},
    OF("neighbours/held_out/nearest", "GS", ROTE_H5_U32, "1", held_out_nearest,
       "index of the training image that is nearest to the test image"),
    OF("neighbours/held_out/distance", "GS", ROTE_H5_F64, "1", held_out_distance, "distance to it"),
    OF("neighbours/held_out/cell", "GS", ROTE_H5_U32, "1", held_out_cell, "cell of the test image"),
    OF("neighbours/cell/z", "GP", ROTE_H5_F64, "1", z,
       "standardised rank sum of samples against test images; NaN: the cell does not count"),
    OF("neighbours/cell/samples", "GP", ROTE_H5_U32, "1", cell_samples, "samples in the cell"),
    OF("neighbours/cell/held_out", "GP", ROTE_H5_U32, "1", cell_held_out,
       "test images in the cell"),
    NUMBER("neighbours/data_copying", copying,
           "C_T: mean of z weighted by test images; below 0 samples are closer to training images "
           "than test images are"),
    NUMBER("neighbours/authentic", authentic_share, "share of the samples that are authentic"),
    NUMBER("neighbours/mean_ratio", mean_ratio, "mean of ratio over all training images"),
    NUMBER("neighbours/relabelling/data_copying", value[ROTE_RELABEL_COPYING],
           "C_T of the pooled images, in cells of these"),
    NUMBER("neighbours/relabelling/data_copying_p", p[ROTE_RELABEL_COPYING],
           "exact p-value: the samples are not closer to images for being trained on"),
    NUMBER("neighbours/relabelling/ratio", value[ROTE_RELABEL_RATIO],
           "mean of ratio over the pooled training images, against pooled test images"),
    NUMBER("neighbours/relabelling/ratio_p", p[ROTE_RELABEL_RATIO], "exact p-value of it"),
    NUMBER("neighbours/relabelling/near_duplicates", value[ROTE_RELABEL_NEAR_DUPLICATES],
           "pairs of a sample and a pooled training image that are closer than any two different "
           "ones of these"),
    NUMBER("neighbours/relabelling/near_duplicates_p", p[ROTE_RELABEL_NEAR_DUPLICATES],
           "exact p-value of it"),
    OF("extraction/sample", "GX", ROTE_H5_U32, "1", pair_sample, "number of the sample"),
    OF("extraction/image", "GX", ROTE_H5_U32, "1", pair_image, "index of the training image"),
    OF("extraction/distance", "GX", ROTE_H5_F64, "1", pair_distance, "distance between them"),
    OF("extraction/ratio", "GX", ROTE_H5_F64, "1", pair_ratio,
       "distance by half the mean distance from the sample to the 50 closest training images"),
    ROTE_ARRAY_END,
};

rote_status rote_neighbours_put_scales(const rote_neighbours_result *r, size_t models,
                                       rote_sink *sink)
{
  rote_status status = ROTE_OK;
  rote_sink_size(sink, 'G', models);
  rote_sink_size(sink, 'S', r->held_out);
  rote_sink_size(sink, 'P', r->cells);
  rote_sink_size(sink, 'X', r->pairs);
  for (const rote_array *scale = scales; scale->name != NULL; scale++) {
    ROTE_TRY(rote_sink_count(sink, scale, 0));
  }
done:
  return status;
}

rote_status rote_neighbours_put(const rote_neighbours_result *r, size_t model, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  for (const rote_array *a = arrays; a->name != NULL; a++) {
    const bool single = a->dims[1] == '\0';
    const rote_range range = single ? (rote_range){.first = model, .count = 1}
                                    : (rote_range){.inner = true,
                                                   .row = model,
                                                   .count = rote_sink_length(sink, a->dims[1])};
    ROTE_TRY(rote_sink_put(sink, a, range, rote_array_values(a, r)));
  }
done:
  return status;
}
