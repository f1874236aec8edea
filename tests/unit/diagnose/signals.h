// SPDX-License-Identifier: MIT
// Texts as AWS, the load balancer, the backend and its libraries write them, each with the row that
// must explain it. Every row of the table needs at least one (diagnose_table_test.c counts).
#ifndef TESTS_UNIT_DIAGNOSE_SIGNALS_H
#define TESTS_UNIT_DIAGNOSE_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/diagnose/diagnose.h"

struct sample {
    enum signal_from from;
    const char *text;
    const char *id;
    bool certain;
    const char *cause;  // words that the cause must hold; NULL for none in particular
    const char *remedy; // the same of the remedy
};

extern const struct sample samples[];
extern const size_t sample_count;

#endif
