// SPDX-License-Identifier: MIT
// What can be said about answers without asking anybody: each field by its rule, fields together,
// what is missing. Pure. Paths are those of the answer file ("aws.region"), so that a message names
// the same thing everywhere.
#ifndef FOREST_SETUP_VALIDATE_H
#define FOREST_SETUP_VALIDATE_H

#include <stdbool.h>

#include "backend/base/err.h"
#include "backend/setup/answers.h"
#include "backend/setup/problems.h"

// One typed value, for a field of a screen: ERR_INPUT with reason and remedy. Fields without a rule
// accept all.
bool validate_text(const char *path, const char *text, struct err *err);
// Fields that do not go together (size, network, autoscaling). True when none.
bool validate_together(const struct answers *a, struct problems *problems);
// What a run needs and nobody answered; the remedy says where to put it. True when nothing is
// missing.
bool validate_complete(const struct answers *a, struct problems *problems);

#endif
