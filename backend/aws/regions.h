// SPDX-License-Identifier: MIT
// Every public region and where it is, for people. Source: AWS General Reference, "Regions and
// zones" (2026-11); a region that is missing here is still shown when the account has it.
#ifndef FOREST_AWS_REGIONS_H
#define FOREST_AWS_REGIONS_H

#include <stddef.h>

struct region {
    const char *name;  // "eu-west-3"
    const char *place; // "Paris"
};

const struct region *regions(size_t *out_count); // by continent, then name
const char *region_place(const char *name);      // NULL when not known

#endif
