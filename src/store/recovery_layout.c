#include "recovery_layout.h"

#include <string.h>

#define OF_JOB(member_) .member = offsetof(rote_recovery_result, member_)
#define OF_ANSWER(member_) .member = offsetof(rote_recovery_answers, member_)
#define YES_NO "no yes missing"

const rote_recovery_array rote_recovery_arrays[] = {
    {.array = {.name = "degraded",
               .dims = "ICHW",
               .type = ROTE_H5_U8,
               .units = "1",
               .long_name =
                   "what the methods were given, as a grey level; beyond 0 and 255 cut off",
               .packed = true,
               OF_JOB(degraded)}},
    {.array = {.name = "mask",
               .dims = "IHW",
               .type = ROTE_H5_U8,
               .units = "1",
               .long_name = "whether the pixel was left",
               .flags = YES_NO,
               .packed = true,
               OF_JOB(mask)}},
    {.array = {.name = "degraded_psnr",
               .dims = "I",
               .type = ROTE_H5_F32,
               .units = "dB",
               .long_name = "peak signal-to-noise ratio of what the methods were given",
               OF_JOB(degraded_psnr)}},
    {.array = {.name = "found_mask",
               .dims = "IHW",
               .type = ROTE_H5_U8,
               .units = "1",
               .long_name = "whether the blind method takes the pixel for one that was left",
               .flags = YES_NO,
               .packed = true,
               OF_JOB(found_mask)},
     .of_model = true},
    {.array = {.name = "mask_accuracy",
               .dims = "I",
               .type = ROTE_H5_F32,
               .units = "1",
               .long_name = "share of the pixels at which found_mask is right",
               OF_JOB(mask_accuracy)},
     .of_model = true},
    {.array = {.name = "attractor_distance",
               .dims = "I",
               .type = ROTE_H5_F32,
               .units = "1",
               .long_name = "Euclidean distance from the image to the model's output for it",
               OF_JOB(attractor_distance)},
     .of_model = true},
    {.array = {.name = "attractor_radius",
               .dims = "I",
               .type = ROTE_H5_F32,
               .units = "1",
               .long_name = "spectral radius of the model's Jacobian at the image; below 1: an "
                            "attractor",
               OF_JOB(attractor_radius)},
     .of_model = true},
    {.array = {.name = "attractor_settled",
               .dims = "I",
               .type = ROTE_H5_U8,
               .units = "1",
               .long_name = "whether attractor_radius is within its tolerance",
               .flags = YES_NO,
               OF_JOB(attractor_settled)},
     .of_model = true},
    {.array = {.name = NULL}},
};

const rote_recovery_array rote_recovery_answer_arrays[] = {
    {.array = {.name = "psnr",
               .dims = "IT",
               .type = ROTE_H5_F32,
               .units = "dB",
               .long_name = "peak signal-to-noise ratio of the answer after each of the rounds",
               OF_ANSWER(psnr)},
     .of_model = true,
     .of_score = true},
    {.array = {.name = "image",
               .dims = "ICHW",
               .type = ROTE_H5_U8,
               .units = "1",
               .long_name = "the answer, as a grey level; beyond 0 and 255 cut off",
               .packed = true,
               OF_ANSWER(answer)},
     .of_model = true},
    {.array = {.name = "nearest",
               .dims = "I",
               .type = ROTE_H5_U32,
               .units = "1",
               .long_name =
                   "index of the training image that is nearest to the answer; 4294967295: missing",
               OF_ANSWER(nearest)},
     .of_model = true},
    {.array = {.name = "distance",
               .dims = "I",
               .type = ROTE_H5_F32,
               .units = "1",
               .long_name = "Euclidean distance from the answer to the nearest training image",
               OF_ANSWER(distance)},
     .of_model = true},
    {.array = {.name = "own_distance",
               .dims = "I",
               .type = ROTE_H5_F32,
               .units = "1",
               .long_name = "Euclidean distance from the answer to the image itself",
               OF_ANSWER(own_distance)},
     .of_model = true},
    {.array = {.name = "identified",
               .dims = "I",
               .type = ROTE_H5_U8,
               .units = "1",
               .long_name = "whether the answer is nearest to the right image",
               .flags = YES_NO,
               OF_ANSWER(identified)},
     .of_model = true,
     .of_score = true},
    {.array = {.name = "recovered",
               .dims = "I",
               .type = ROTE_H5_U8,
               .units = "1",
               .long_name = "whether the answer is nearest to the right image, at 30 dB or more",
               .flags = YES_NO,
               OF_ANSWER(recovered)},
     .of_model = true,
     .of_score = true},
    {.array = {.name = NULL}},
};

const char *const rote_recovery_groups[ROTE_INVERSE_COUNT] = {
    [ROTE_INVERSE_BLIND] = "blind",
    [ROTE_INVERSE_ORACLE] = "oracle",
    [ROTE_INVERSE_ITERATE] = "iteration",
};

void *rote_recovery_values(const rote_recovery_array *array, const void *owner)
{
  void *values;
  memcpy(&values, (const char *)owner + array->array.member, sizeof values);
  return values;
}

typedef rote_status (*visitor)(void *context, const char *group, const rote_recovery_array *array,
                               void *values);

static rote_status each_of(const rote_recovery_array *table, const void *owner, const char *group,
                           bool score_only, visitor visit, void *context)
{
  rote_status status = ROTE_OK;
  for (const rote_recovery_array *a = table; a->array.name != NULL; a++) {
    void *values = rote_recovery_values(a, owner);
    if (values != NULL && (a->of_score || !score_only)) {
      ROTE_TRY(visit(context, group, a, values));
    }
  }
done:
  return status;
}

rote_status rote_recovery_each(const rote_recovery_result *result, bool score_only, visitor visit,
                               void *context)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(each_of(rote_recovery_arrays, result, "", score_only, visit, context));
  for (int m = 0; m < ROTE_INVERSE_COUNT; m++) {
    ROTE_TRY(each_of(rote_recovery_answer_arrays, &result->by[m], rote_recovery_groups[m],
                     score_only, visit, context));
  }
done:
  return status;
}
