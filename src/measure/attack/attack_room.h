/* What the files of this room share. */
#ifndef ROTE_ATTACK_ROOM_H
#define ROTE_ATTACK_ROOM_H

#include "rote/attack.h"
#include "rote/measure.h"

/* The measure itself. */
extern const rote_measure rote_measure_attack;

/* Names of the arrays of the rates, in their order: "auc". */
extern const char *const rote_attack_rate_name[ROTE_ATTACK_RATES];

rote_status rote_attack_combine(const rote_pieces *pieces, rote_sink *sink);
rote_status rote_attack_tell(const rote_told *told, rote_lines *lines);
rote_status rote_attack_show(const rote_told *told, rote_page *page);

/* Images that an attack finds at more than half of the models trained with them, at the last
 * evaluated epoch. */
rote_status rote_attack_count_found(const rote_told *told, const rote_variant *variant,
                                    const char *attack, size_t *count);

/* Images that a model is trained without, about; and which of the rates are too fine for so few:
 * "0.1 %", NULL: none. */
size_t rote_attack_others(const rote_told *told, const rote_variant *variant);
const char *rote_attack_coarse(const rote_told *told, const rote_variant *variant);

/* Its sections of rote-study(5). */
extern const rote_manual rote_attack_manual[];

#endif
