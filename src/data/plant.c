#include "rote/plant.h"

#include "rote/memory.h"
#include "rote/random.h"

#include <stdio.h>

enum { PLACES, FOREIGN_IMAGES }; /* items of ROTE_PURPOSE_PLANT */

/* The next originals and their copies. */
static size_t put_duplicates(size_t originals, size_t copies, const uint32_t *place, size_t at,
                             rote_plants *p)
{
  for (size_t d = 0; d < originals; d++) {
    const uint32_t original = place[at];
    for (size_t c = 0; c < copies; c++, at++) {
      p->kind[place[at]] = ROTE_PLANT_DUPLICATE;
      p->copies[place[at]] = (uint16_t)copies;
      p->original[place[at]] = original;
    }
  }
  return at;
}

static rote_status enter(size_t images, rote_plants *p)
{
  rote_status status = ROTE_OK;
  *p = (rote_plants){.images = images};
  ROTE_TRY(rote_alloc(images, sizeof *p->kind, &p->kind));
  ROTE_TRY(rote_alloc(images, sizeof *p->copies, &p->copies));
  ROTE_TRY(rote_alloc(images, sizeof *p->original, &p->original));
  ROTE_TRY(rote_alloc(images, sizeof *p->foreign, &p->foreign));
  for (size_t i = 0; i < images; i++) {
    p->kind[i] = ROTE_PLANT_NONE;
    p->copies[i] = 1;
    p->original[i] = (uint32_t)i;
    p->foreign[i] = 0;
  }
done:
  return status;
}

rote_status rote_plant_choose(const rote_options *o, size_t images, size_t foreign_count,
                              rote_plants *p)
{
  rote_status status = ROTE_OK;
  const rote_stream stream = {.seed = o->seed, .purpose = ROTE_PURPOSE_PLANT};
  uint32_t *place = NULL, *foreign = NULL;
  size_t at = 0;
  ROTE_TRY(enter(images, p));
  if (rote_options_planted(o) > images || o->plant.foreign > foreign_count) {
    ROTE_TRY(rote_fail(ROTE_DATA, "plant: %zu images, %zu of them foreign, among %zu and from %zu",
                       rote_options_planted(o), o->plant.foreign, images, foreign_count));
  }
  if (rote_options_planted(o) == 0) {
    goto done;
  }
  ROTE_TRY(rote_alloc(images, sizeof *place, &place));
  rote_random_permutation(stream, PLACES, (uint32_t)images, place);
  for (size_t i = 0; i < o->plant.copies.n; i++) {
    at = put_duplicates(o->plant.duplicates, o->plant.copies.value[i], place, at, p);
  }
  if (o->plant.foreign > 0) {
    ROTE_TRY(rote_alloc(foreign_count, sizeof *foreign, &foreign));
    rote_random_permutation(stream, FOREIGN_IMAGES, (uint32_t)foreign_count, foreign);
  }
  for (size_t i = 0; i < o->plant.foreign; i++, at++) {
    p->kind[place[at]] = ROTE_PLANT_FOREIGN;
    p->foreign[place[at]] = foreign[i];
  }
  for (size_t i = 0; i < o->plant.noise; i++, at++) {
    p->kind[place[at]] = ROTE_PLANT_NOISE;
  }
done:
  rote_free(&place);
  rote_free(&foreign);
  if (status != ROTE_OK) {
    rote_plant_free(p);
  }
  return status;
}

void rote_plant_free(rote_plants *p)
{
  if (p != NULL) {
    rote_free(&p->kind);
    rote_free(&p->copies);
    rote_free(&p->original);
    rote_free(&p->foreign);
    p->images = 0;
  }
}

void rote_plant_name(const rote_plants *p, size_t image, char *name, size_t size)
{
  switch ((rote_plant_kind)p->kind[image]) {
  case ROTE_PLANT_FOREIGN:
    snprintf(name, size, "plant/foreign-%05u", p->foreign[image]);
    break;
  case ROTE_PLANT_NOISE:
    snprintf(name, size, "plant/noise-%05zu", image);
    break;
  default:
    name[0] = '\0';
    if (p->original[image] != image) {
      snprintf(name, size, "plant/copy-of-%05u", p->original[image]);
    }
  }
}
