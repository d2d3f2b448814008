/* Every importer of src/data, for the list. */
#ifndef ROTE_IMPORTERS_H
#define ROTE_IMPORTERS_H

#include "rote/import.h"

extern const rote_importer rote_importer_mnist, rote_importer_cifar10, rote_importer_images,
    rote_importer_celeba;

#endif
