// SPDX-License-Identifier: MIT
// Private to the rows: their tables and what is written in each.
#ifndef FOREST_EXPORT_ROWS_PRIVATE_H
#define FOREST_EXPORT_ROWS_PRIVATE_H

#include "backend/base/mem.h"
#include "backend/export/rows.h"

#define ATTRIBUTES(list) .attributes = (list), .count = ARRAY_LEN(list)
// Tags of the ec2 protocol carry the resource's type beside them.
#define EC2_TAGS                                                                                   \
    {                                                                                              \
        "TagSpecification/0", "tags", "Tags", AS_TAGS, NULL                                        \
    }

extern const struct resource network_rows[];
extern const size_t network_row_count;
extern const struct resource service_rows[];
extern const size_t service_row_count;
extern const struct resource address_rows[];
extern const size_t address_row_count;

#endif
