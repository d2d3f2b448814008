#include "rote/snapshot.h"

size_t rote_snapshot_count(const rote_options *o)
{
  return rote_options_recovered(o) ? 1 : rote_evaluation_count(o);
}

size_t rote_snapshot_epoch(const rote_options *o, size_t v)
{
  return rote_options_autoencoder(o) ? o->training.epochs : rote_evaluation_epoch(o, v);
}

static size_t shards_of(size_t images)
{
  return (images + ROTE_RECOVERY_SHARD - 1) / ROTE_RECOVERY_SHARD;
}

size_t rote_recovery_shard_count(const rote_options *o, size_t images, rote_unit unit)
{
  return rote_options_recovered(o)
             ? shards_of(images) + (unit.full ? shards_of(o->recovery.control) : 0)
             : 0;
}

rote_recovery_shard rote_recovery_shard_at(const rote_options *o, size_t images, size_t shard)
{
  const bool control = shard >= shards_of(images);
  const size_t all = control ? o->recovery.control : images;
  const size_t first = (control ? shard - shards_of(images) : shard) * ROTE_RECOVERY_SHARD;
  const size_t left = all - first;
  return (rote_recovery_shard){
      .control = control,
      .first = first,
      .count = left < ROTE_RECOVERY_SHARD ? left : ROTE_RECOVERY_SHARD,
  };
}
