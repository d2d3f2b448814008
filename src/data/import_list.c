#include "importers.h"

#include <string.h>

static const rote_importer *const importers[] = {
    &rote_importer_mnist,
    &rote_importer_cifar10,
    &rote_importer_images,
    &rote_importer_celeba,
};

const rote_importer *const *rote_importer_list(size_t *count)
{
  *count = sizeof importers / sizeof *importers;
  return importers;
}

const rote_importer *rote_importer_find(const char *name)
{
  for (size_t i = 0; i < sizeof importers / sizeof *importers; i++) {
    if (strcmp(importers[i]->name, name) == 0) {
      return importers[i];
    }
  }
  return NULL;
}
