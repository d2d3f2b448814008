/* Gradients of single images, in double: against those that the ordinary backward pass gives one by
 * one, and against differences of the loss. */
#include "check.h"

#include "rote/memory.h"
#include "rote/per_image.h"
#include "rote/random.h"

#include <math.h>
#include <string.h>

_Static_assert(sizeof(rote_real) == sizeof(double), "this test needs the double build");

enum { IMAGES = 5, ROOM = 16 }; /* in use, and that there is room for */

typedef struct {
  rote_model *model;
  rote_per_image *per_image;
  rote_model_workspace *work; /* of one image */
  size_t draws, total;
  double *w, *moved, *x, *eps;       /* x [D, ld], eps [L, wide] */
  double *one_x, *one_eps, *scratch; /* of one image and one draw; [total] */
  double *single;                    /* [IMAGES, total] one by one */
  double *kept;                      /* [IMAGES, total] */
} setup;

static void fill(double *a, size_t rows, size_t ld, size_t used, uint32_t item, bool normal)
{
  const rote_stream stream = {.seed = 8, .purpose = ROTE_PURPOSE_WEIGHTS};
  float *number = NULL;
  CHECK_OK(rote_alloc(rows * ld, sizeof *number, &number));
  if (normal) {
    rote_random_normal(stream, item, rows * ld, number);
  } else {
    rote_random_uniform(stream, item, rows * ld, number);
  }
  for (size_t i = 0; i < rows * ld; i++) {
    a[i] = i % ld < used ? (double)number[i] : 0;
  }
  rote_free(&number);
}

/* Running statistics that are not those of a fresh model. */
static void set_weights(setup *s)
{
  rote_parameters_initialise(s->model->table, 2, 0, s->w);
  for (size_t p = 0; p < s->model->table->count; p++) {
    const rote_parameter *array = &s->model->table->parameter[p];
    const bool norm = strstr(array->name, ".bn.") != NULL || strstr(array->name, ".running_");
    for (size_t i = 0; i < array->count; i++) {
      s->w[array->offset + i] += norm ? 0.3 * sin((double)(i + 3 * p)) : 0;
    }
  }
}

static void set_up(setup *s, const char *const *set, size_t count, const rote_data_info *info,
                   size_t draws)
{
  rote_study *study = NULL;
  CHECK_OK(rote_study_parse("s.yaml", "folds: { count: 0 }\n", count, set, &study));
  CHECK_OK(rote_model_create(&study->base, info, &s->model));
  rote_study_destroy(&study);
  CHECK_OK(rote_per_image_create(s->model, draws, ROOM, &s->per_image));
  CHECK_OK(rote_model_workspace_create(s->model, 1, &s->work));
  s->draws = s->per_image->draws;
  s->total = s->model->table->total;
  const size_t D = s->model->pixels, L = s->model->latent + 1;
  double **of_model[] = {&s->w, &s->moved, &s->scratch};
  for (size_t i = 0; i < sizeof of_model / sizeof *of_model; i++) {
    CHECK_OK(rote_alloc(s->total, sizeof(double), of_model[i]));
  }
  CHECK_OK(rote_alloc(IMAGES * s->total, sizeof(double), &s->single));
  CHECK_OK(rote_alloc(IMAGES * s->total, sizeof(double), &s->kept));
  CHECK_OK(rote_alloc(D * s->per_image->ld, sizeof(double), &s->x));
  CHECK_OK(rote_alloc(L * s->per_image->wide, sizeof(double), &s->eps));
  CHECK_OK(rote_alloc(D * ROOM, sizeof(double), &s->one_x));
  CHECK_OK(rote_alloc(L * ROOM, sizeof(double), &s->one_eps));
  set_weights(s);
  fill(s->x, D, s->per_image->ld, IMAGES, 1, false);
  fill(s->eps, L, s->per_image->wide, IMAGES * s->draws, 2, true);
}

static void tear_down(setup *s)
{
  double **arrays[] = {&s->w,       &s->moved,   &s->x,      &s->eps, &s->one_x,
                       &s->one_eps, &s->scratch, &s->single, &s->kept};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
    rote_free(arrays[i]);
  }
  rote_per_image_destroy(&s->per_image);
  rote_model_workspace_destroy(&s->work);
  rote_model_destroy(&s->model);
}

static void choose(setup *s, size_t image, size_t draw)
{
  for (size_t d = 0; d < s->model->pixels; d++) {
    s->one_x[d * ROOM] = s->x[d * s->per_image->ld + image];
  }
  for (size_t l = 0; l < s->model->latent; l++) {
    s->one_eps[l * ROOM] = s->eps[l * s->per_image->wide + image * s->draws + draw];
  }
}

/* By the ordinary backward pass: one image, one draw, evaluation mode. */
static void one_gradient(setup *s)
{
  const rote_gradient flat = {.flat = s->scratch};
  memset(s->scratch, 0, s->total * sizeof *s->scratch);
  if (s->model->vae != NULL) {
    s->work->vae->encoder->training = s->work->vae->decoder->training = false;
    rote_vae_step(s->model->vae, s->w, s->one_x, s->one_eps, 1, s->work->vae, &flat);
  } else {
    rote_autoencoder_step(s->model->autoencoder, s->w, s->one_x, 1, s->work->autoencoder, &flat);
  }
}

static void one_by_one(setup *s)
{
  for (size_t i = 0; i < IMAGES; i++) {
    for (size_t d = 0; d < s->draws; d++) {
      choose(s, i, d);
      one_gradient(s);
      for (size_t g = 0; g < s->total; g++) {
        s->single[i * s->total + g] += s->scratch[g] / (double)s->draws;
      }
    }
  }
}

/* The loss of an image, averaged over its draws. */
static double loss_of(setup *s, const double *w, size_t image)
{
  double sum = 0;
  for (size_t d = 0; d < s->draws; d++) {
    choose(s, image, d);
    sum += rote_model_loss(s->model, w, s->one_x, s->one_eps, 1, s->work);
  }
  return sum / (double)s->draws;
}

/* By how much the loss of an image changes along the gradient of another one. */
static double slope_along(setup *s, size_t image, size_t target)
{
  const double *along = s->single + target * s->total;
  double norm = 0;
  for (size_t g = 0; g < s->total; g++) {
    norm += along[g] * along[g];
  }
  const double h = 1e-5 / sqrt(norm);
  double side[2];
  for (int k = 0; k < 2; k++) {
    for (size_t g = 0; g < s->total; g++) {
      s->moved[g] = s->w[g] + (k == 0 ? -h : h) * along[g];
    }
    side[k] = loss_of(s, s->moved, image);
  }
  return (side[1] - side[0]) / (2 * h);
}

static double product(const setup *s, size_t i, size_t j)
{
  double sum = 0;
  for (size_t g = 0; g < s->total; g++) {
    sum += s->single[i * s->total + g] * s->single[j * s->total + g];
  }
  return sum;
}

static void near(double got, double want, double scale, double tolerance, const char *what)
{
  if (!(fabs(got - want) <= tolerance * scale)) {
    fail_msg("%s: %.12g, expected %.12g", what, got, want);
  }
}

static void check_kept(const setup *s)
{
  double largest = 0;
  for (size_t g = 0; g < IMAGES * s->total; g++) {
    largest = fmax(largest, fabs(s->single[g]));
  }
  assert_true(largest > 1e-6);
  for (size_t g = 0; g < IMAGES * s->total; g++) {
    near(s->kept[g], s->single[g], largest, 1e-12, "an entry of a gradient");
  }
}

/* The gradient of a weight as a matrix: first dimension by the others, of a convolution in the
 * order ky, kx, channel where the weight has channel, ky, kx. */
static double entry(const double *g, const rote_parameter *weight, size_t row, size_t column)
{
  if (weight->rank == 2) {
    return g[weight->offset + row * weight->shape[1] + column];
  }
  const size_t channels = weight->shape[1], taps = weight->shape[2] * weight->shape[3];
  return g[weight->offset + (row * channels + column % channels) * taps + column / channels];
}

static void check_projection(const setup *s, const rote_projection *p, const rote_parameter *weight,
                             size_t image, const double *phi)
{
  const double *g = s->single + image * s->total;
  double scale = 0;
  for (size_t i = 0; i < weight->count; i++) {
    scale += g[weight->offset + i] * g[weight->offset + i];
  }
  assert_int_equal(p->rows, weight->shape[0]);
  assert_int_equal(p->rows * p->columns, weight->count);
  for (size_t a = 0; a < p->kept_rows; a++) {
    for (size_t b = 0; b < p->kept_columns; b++) {
      double want = 0;
      for (size_t r = 0; r < p->rows; r++) {
        for (size_t c = 0; c < p->columns; c++) {
          want += p->row[a * p->rows + r] * entry(g, weight, r, c) * p->column[b * p->columns + c];
        }
      }
      near(phi[p->offset + a * p->kept_columns + b], want, sqrt(scale), 1e-12,
           "a number of a projected gradient");
    }
  }
}

static void check_orthonormal(size_t kept, size_t n, const double *p)
{
  assert_int_equal(kept, n < 16 ? n : 16);
  for (size_t a = 0; a < kept; a++) {
    for (size_t b = 0; b <= a; b++) {
      double dot = 0;
      for (size_t i = 0; i < n; i++) {
        dot += p[a * n + i] * p[b * n + i];
      }
      near(dot, a == b, 1, 1e-14, "a product of rows of a projection");
    }
  }
}

/* Of the gradients that were formed one by one, each weight's by its projections. */
static void check_projected(setup *s)
{
  double *phi = NULL, *fewer = NULL;
  size_t layer = 0;
  CHECK_OK(rote_per_image_prepare(s->per_image, 7));
  const rote_projections *all = s->per_image->projections;
  assert_int_equal(all->total, rote_per_image_projected_numbers(s->model));
  CHECK_OK(rote_alloc(IMAGES * all->total, sizeof *phi, &phi));
  CHECK_OK(rote_alloc(IMAGES * all->total, sizeof *fewer, &fewer));
  rote_per_image_project(s->per_image, s->w, s->x, s->eps, IMAGES, phi);
  for (size_t p = 0; p < s->model->table->count; p++) {
    const rote_parameter *weight = &s->model->table->parameter[p];
    if (weight->rank > 1) {
      assert_true(layer < all->count);
      const rote_projection *projection = &all->projection[layer++];
      check_orthonormal(projection->kept_rows, projection->rows, projection->row);
      check_orthonormal(projection->kept_columns, projection->columns, projection->column);
      for (size_t i = 0; i < IMAGES; i++) {
        check_projection(s, projection, weight, i, phi + i * all->total);
      }
    }
  }
  assert_int_equal(layer, all->count);
  rote_per_image_project(s->per_image, s->w, s->x, s->eps, 2, fewer);
  assert_memory_equal(fewer, phi, 2 * all->total * sizeof *phi);
  rote_free(&phi);
  rote_free(&fewer);
}

static void check(const char *const *set, size_t count, const rote_data_info *info, size_t draws)
{
  setup s = {0};
  double square[ROOM], again[ROOM], dot[ROOM * IMAGES];
  set_up(&s, set, count, info, draws);
  one_by_one(&s);
  rote_per_image_squares(s.per_image, s.w, s.x, s.eps, IMAGES, square);
  rote_per_image_keep(s.per_image, s.w, s.x, s.eps, IMAGES, s.kept);
  rote_per_image_dots(s.per_image, s.w, s.x, s.eps, IMAGES, s.kept, IMAGES, again, dot);
  check_kept(&s);
  for (size_t i = 0; i < IMAGES; i++) {
    const double want = product(&s, i, i);
    near(square[i], want, want, 1e-11, "a squared norm");
    near(again[i], want, want, 1e-11, "a squared norm of what is formed");
    near(slope_along(&s, i, i), want, want, 1e-5, "the slope of a loss along its gradient");
    for (size_t t = 0; t < IMAGES; t++) {
      const double scale = sqrt(want * product(&s, t, t));
      near(dot[i * IMAGES + t], product(&s, i, t), scale, 1e-11, "a dot product");
    }
  }
  near(slope_along(&s, 0, 1), dot[1], sqrt(square[0] * square[1]), 1e-5,
       "the slope of a loss along another gradient");
  /* fewer images at once: the same bits */
  double fewer[ROOM];
  rote_per_image_squares(s.per_image, s.w, s.x, s.eps, 2, fewer);
  assert_memory_equal(fewer, square, 2 * sizeof *square);
  check_projected(&s);
  tear_down(&s);
}

#define CHECK_MODEL(channels_, side_, draws_, ...)                                                 \
  do {                                                                                             \
    const char *const set_[] = {__VA_ARGS__};                                                      \
    const rote_data_info info_ = {.channels = channels_, .height = side_, .width = side_};         \
    check(set_, sizeof set_ / sizeof *set_, &info_, draws_);                                       \
  } while (0)

#define MLP "model.hidden=[7, 5]", "model.latent=3"
#define CONV "model.kind=conv_vae", "model.features=2", "model.latent=3"
#define LOGIT "data.transform=logit"

static void dense_models(void **state)
{
  (void)state;
  CHECK_MODEL(1, 4, 16, MLP);
  CHECK_MODEL(1, 4, 1, MLP, "model.beta=4");
  CHECK_MODEL(1, 4, 3, MLP);
  CHECK_MODEL(1, 4, 20, MLP, "model.likelihood=gaussian_diagonal", LOGIT);
  CHECK_MODEL(3, 4, 3, MLP, "model.likelihood=gaussian_constant", LOGIT);
  CHECK_MODEL(3, 4, 16, MLP, "model.likelihood=mix_logistic", "model.mixtures=2",
              "data.transform=scale");
}

static void convolutional_models(void **state)
{
  (void)state;
  CHECK_MODEL(1, 8, 16, CONV);
  CHECK_MODEL(3, 8, 3, CONV, "model.likelihood=gaussian_constant", "model.beta=2.5", LOGIT);
  CHECK_MODEL(2, 8, 2, CONV, "model.likelihood=gaussian_diagonal", LOGIT);
  CHECK_MODEL(3, 16, 16, CONV, "model.likelihood=mix_logistic", "model.mixtures=2",
              "data.transform=scale");
}

static void autoencoders(void **state)
{
  (void)state;
  CHECK_MODEL(1, 4, 1, "model.kind=fc_ae", "model.width=6", "model.depth=3",
              "model.activation=prelu", "data.transform=scale");
  CHECK_MODEL(1, 4, 1, "model.kind=fc_ae", "model.width=6", "model.depth=4",
              "model.activation=cosid", "data.transform=scale");
  CHECK_MODEL(2, 8, 1, "model.kind=unet_ae", "model.channels=[3, 4]", "model.activation=prelu",
              "data.transform=scale");
  CHECK_MODEL(2, 8, 1, "model.kind=unet_ae", "model.channels=[3, 4]", "model.activation=tanh",
              "data.transform=scale");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(dense_models),
      cmocka_unit_test(convolutional_models),
      cmocka_unit_test(autoencoders),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
