#include "recovery_room.h"

#define OF(member_) .member = offsetof(rote_recovery_result, member_)
#define YES_NO "no yes missing"

/* What a method answered. */
#define PSNR(group_, method_)                                                                      \
  {                                                                                                \
    .name = group_ "/psnr", .dims = "IT", .type = ROTE_H5_F32, .units = "dB",                      \
    .long_name = "peak signal-to-noise ratio of the answer after each of the rounds",              \
    OF(by[method_].psnr)                                                                           \
  }
#define IMAGE(group_, method_)                                                                     \
  {                                                                                                \
    .name = group_ "/image", .dims = "ICHW", .type = ROTE_H5_U8, .units = "1",                     \
    .long_name = "the answer, as a grey level; beyond 0 and 255 cut off", .packed = true,          \
    OF(by[method_].answer)                                                                         \
  }
#define NEAREST(group_, method_)                                                                   \
  {                                                                                                \
    .name = group_ "/nearest", .dims = "I", .type = ROTE_H5_U32, .units = "1",                     \
    .long_name = "index of the training image that is nearest to the answer; 4294967295: missing", \
    OF(by[method_].nearest)                                                                        \
  }
#define DISTANCE(group_, method_)                                                                  \
  {                                                                                                \
    .name = group_ "/distance", .dims = "I", .type = ROTE_H5_F32, .units = "1",                    \
    .long_name = "Euclidean distance from the answer to the nearest training image",               \
    OF(by[method_].distance)                                                                       \
  }
#define OWN_DISTANCE(group_, method_)                                                              \
  {                                                                                                \
    .name = group_ "/own_distance", .dims = "I", .type = ROTE_H5_F32, .units = "1",                \
    .long_name = "Euclidean distance from the answer to the image itself",                         \
    OF(by[method_].own_distance)                                                                   \
  }
#define IDENTIFIED(group_, method_)                                                                \
  {                                                                                                \
    .name = group_ "/identified", .dims = "I", .type = ROTE_H5_U8, .units = "1",                   \
    .long_name = "whether the answer is nearest to the right image", .flags = YES_NO,              \
    OF(by[method_].identified)                                                                     \
  }
#define RECOVERED(group_, method_)                                                                 \
  {                                                                                                \
    .name = group_ "/recovered", .dims = "I", .type = ROTE_H5_U8, .units = "1",                    \
    .long_name = "whether the answer is nearest to the right image, at 30 dB or more",             \
    .flags = YES_NO, OF(by[method_].recovered)                                                     \
  }
#define ANSWER(group_, method_)                                                                    \
  PSNR(group_, method_), IMAGE(group_, method_), NEAREST(group_, method_),                         \
      DISTANCE(group_, method_), OWN_DISTANCE(group_, method_), IDENTIFIED(group_, method_),       \
      RECOVERED(group_, method_)

#define BLIND "blind"
#define ORACLE "oracle"
#define ITERATION "iteration"

const char *const rote_recovery_groups[ROTE_INVERSE_COUNT] = {
    [ROTE_INVERSE_BLIND] = BLIND,
    [ROTE_INVERSE_ORACLE] = ORACLE,
    [ROTE_INVERSE_ITERATE] = ITERATION,
};

const rote_array rote_recovery_rows[] = {
    {.name = "degraded",
     .dims = "ICHW",
     .type = ROTE_H5_U8,
     .units = "1",
     .long_name = "what the methods were given, as a grey level; beyond 0 and 255 cut off",
     .packed = true,
     OF(degraded)},
    {.name = "mask",
     .dims = "IHW",
     .type = ROTE_H5_U8,
     .units = "1",
     .long_name = "whether the pixel was left",
     .flags = YES_NO,
     .packed = true,
     OF(mask)},
    {.name = "degraded_psnr",
     .dims = "I",
     .type = ROTE_H5_F32,
     .units = "dB",
     .long_name = "peak signal-to-noise ratio of what the methods were given",
     OF(degraded_psnr)},
    {.name = "found_mask",
     .dims = "IHW",
     .type = ROTE_H5_U8,
     .units = "1",
     .long_name = "whether the blind method takes the pixel for one that was left",
     .flags = YES_NO,
     .packed = true,
     OF(found_mask)},
    {.name = "mask_accuracy",
     .dims = "I",
     .type = ROTE_H5_F32,
     .units = "1",
     .long_name = "share of the pixels at which found_mask is right",
     OF(mask_accuracy)},
    {.name = "attractor_distance",
     .dims = "I",
     .type = ROTE_H5_F32,
     .units = "1",
     .long_name = "Euclidean distance from the image to the model's output for it",
     OF(attractor_distance)},
    {.name = "attractor_radius",
     .dims = "I",
     .type = ROTE_H5_F32,
     .units = "1",
     .long_name = "spectral radius of the model's Jacobian at the image; below 1: an attractor",
     OF(attractor_radius)},
    {.name = "attractor_settled",
     .dims = "I",
     .type = ROTE_H5_U8,
     .units = "1",
     .long_name = "whether attractor_radius is within its tolerance",
     .flags = YES_NO,
     OF(attractor_settled)},
    ANSWER(BLIND, ROTE_INVERSE_BLIND),
    ANSWER(ORACLE, ROTE_INVERSE_ORACLE),
    ANSWER(ITERATION, ROTE_INVERSE_ITERATE),
    ROTE_ARRAY_END,
};

const rote_array rote_recovery_left_out_rows[] = {
    PSNR(BLIND, ROTE_INVERSE_BLIND),
    IDENTIFIED(BLIND, ROTE_INVERSE_BLIND),
    RECOVERED(BLIND, ROTE_INVERSE_BLIND),
    ROTE_ARRAY_END,
};
