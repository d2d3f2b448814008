/* What the files of this room share. */
#ifndef ROTE_PLANTS_ROOM_H
#define ROTE_PLANTS_ROOM_H

#include "rote/measure.h"
#include "rote/plant.h"

rote_status rote_plants_combine(const rote_pieces *pieces, rote_sink *sink);
rote_status rote_plants_tell(const rote_told *told, rote_lines *lines);
rote_status rote_plants_show(const rote_told *told, rote_page *page);

/* What there is of a variant at the last evaluated epoch. Letters as in plants_combine.c. */
typedef struct {
  const rote_told *told;
  const rote_variant *variant;
  rote_text_list title; /* of the S scores; none: there is nothing */
  size_t kinds, doses;  /* P, G; G 0 without copies */
  double kind[ROTE_PLANT_KINDS], images[ROTE_PLANT_KINDS]; /* [P] */
  double copies[ROTE_COUNTS_MAX];                          /* [G] */
  double *area, *low, *high;                               /* [S, P] */
  double *place, *error;                                   /* [S, G] */
} rote_plants_view;

/* @param[out] view  released with rote_plants_view_free(), also on error */
rote_status rote_plants_view_read(const rote_told *told, const rote_variant *variant,
                                  rote_plants_view *view);
void rote_plants_view_free(rote_plants_view *view);

/* "copies". */
const char *rote_plants_word(double kind);

/* Its sections of rote-study(5). */
extern const rote_manual rote_plants_manual[];

#endif
