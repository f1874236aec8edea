// SPDX-License-Identifier: MIT
// Signal -> cause -> remedy, one table (facts aws.md 5, forest.md 4). Pure: no call is made here.
#ifndef FOREST_DIAGNOSE_DIAGNOSE_H
#define FOREST_DIAGNOSE_DIAGNOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"

// Where a text was seen. A row of the table may ask for one of them.
enum signal_from {
    SIGNAL_SERVICE_EVENT, // ECS service events
    SIGNAL_STOPPED_TASK,  // stoppedReason, containers[].reason
    SIGNAL_LOG,           // container log lines
    SIGNAL_TARGET,        // target health reason and description
    SIGNAL_BACKEND,       // the backend's own 503: "cause: text"
    SIGNAL_GATEWAY,       // what the public URL answered
    SIGNAL_AWS,           // an AWS error: "Code: message"
};

struct signal {
    enum signal_from from;
    const char *text;
};

// Values for the remedies' {placeholders}; any may be NULL. Borrowed.
struct diagnose_facts {
    const char *subnets, *task_group, *database_group, *repository, *digest, *architecture,
        *secret_name, *log_group, *role, *port, *memory_mib, *next_memory_mib, *url, *region,
        *setup;
};

struct diagnosis {
    const char *id;  // stable word: "no-route-to-ecr", "database-auth"
    char *cause;     // owned, one sentence
    char *remedy;    // owned, one sentence
    const char *fix; // which screen or answer holds the wrong value: "network", "database",
                     // "forest", "backend", NULL
    bool certain;    // deterministic: waiting longer cannot help
};

// The best row for these signals (first by rank, then by order); false when none fits.
bool diagnose(const struct signal *signals, size_t count, const struct diagnose_facts *facts,
              struct diagnosis *out);
// The screen of the row with this id (an err.code), or NULL. Static.
const char *diagnosis_fix(const char *id);
void diagnosis_clear(struct diagnosis *diagnosis);
// Puts cause and remedy into err (code = id).
bool diagnosis_to_err(const struct diagnosis *diagnosis, struct err *err);

#endif
