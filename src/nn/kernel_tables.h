/* The tables of kernels, one per instruction set (cmake/RoteVectorKernels.cmake). */
#ifndef ROTE_KERNEL_TABLES_H
#define ROTE_KERNEL_TABLES_H

#include "rote/kernels.h"
#include "rote/study.h"

/* The activations by kind: name, from_output, forward, backward. One line here and a pair of
 * functions in either file. */
#define ROTE_ACTIVATION_TABLE                                                                      \
  {                                                                                                \
    [ROTE_ACTIVATION_RELU] = {"relu", true, NULL, NULL},                                           \
    [ROTE_ACTIVATION_LEAKY_RELU] = {"leaky_relu", true, NULL, NULL},                               \
    [ROTE_ACTIVATION_PRELU] = {"prelu", false, NULL, NULL},                                        \
    [ROTE_ACTIVATION_ELU] = {"elu", true, elu_forward, elu_backward},                              \
    [ROTE_ACTIVATION_SOFTPLUS] = {"softplus", true, softplus_forward, softplus_backward},          \
    [ROTE_ACTIVATION_SWISH] = {"swish", false, swish_forward, swish_backward},                     \
    [ROTE_ACTIVATION_SINE] = {"sine", false, sine_forward, sine_backward},                         \
    [ROTE_ACTIVATION_COSID] = {"cosid", false, cosid_forward, cosid_backward},                     \
    [ROTE_ACTIVATION_TANH] = {"tanh", true, hyperbolic_forward, hyperbolic_backward},              \
    [ROTE_ACTIVATION_SIGMOID] = {"sigmoid", true, sigmoid_forward, sigmoid_backward},              \
    [ROTE_ACTIVATION_LINEAR] = {"linear", true, linear_forward, linear_backward},                  \
  }

/* By rote_activation_kind, one table per instruction set (kernel_activation.c), and in plain loops
 * (activation_reference.c). */
extern const rote_activation rote_activations_base[];
extern const rote_activation rote_activations_v3[];
extern const rote_activation rote_activations_v4[];
extern const rote_activation rote_activations_reference[];

/* The same for inverse_step() of rote_kernels (kernel_inverse.c). */
#define ROTE_INVERSE_STEP(isa)                                                                     \
  void rote_inverse_step_##isa(size_t channels, size_t pixels, size_t columns, float weight,       \
                               const float *v, const rote_inverse_arrays *arrays, bool update)
ROTE_INVERSE_STEP(base);
ROTE_INVERSE_STEP(v3);
ROTE_INVERSE_STEP(v4);

/* The same for differences() (kernel_differences.c). */
#define ROTE_DIFFERENCE_OUTPUTS(isa)                                                               \
  void rote_difference_outputs_##isa(const rote_differences *d, double *dot)
ROTE_DIFFERENCE_OUTPUTS(base);
ROTE_DIFFERENCE_OUTPUTS(v3);
ROTE_DIFFERENCE_OUTPUTS(v4);

/* By rote_winograd_kind (kernel_winograd.c, winograd_reference.c). */
extern rote_winograd_transform *const rote_winograd_transforms_base[];
extern rote_winograd_transform *const rote_winograd_transforms_v3[];
extern rote_winograd_transform *const rote_winograd_transforms_v4[];
extern rote_winograd_transform *const rote_winograd_transforms_reference[];

extern const rote_kernels rote_kernels_base;
extern const rote_kernels rote_kernels_v3;
extern const rote_kernels rote_kernels_v4;

#endif
