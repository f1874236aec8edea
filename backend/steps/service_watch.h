// SPDX-License-Identifier: MIT
// Watching a deployment: is it stable, and if it cannot become so, why (facts aws.md 4, 5).
#ifndef FOREST_STEPS_SERVICE_WATCH_H
#define FOREST_STEPS_SERVICE_WATCH_H

#include "backend/engine/step.h"

#define CONTAINER_NAME    "backend"
#define LOG_STREAM_PREFIX "forest"

// Until the deployment of our task definition is COMPLETED. Shows the log of the starting
// container. Gives up at the first deterministic failure with one cause and one remedy, and stops
// the service from trying further.
bool service_wait(struct step_ctx *ctx, struct err *err);

// Replaces err by the best diagnosis of everything that can be seen now: events, stopped tasks,
// targets, log lines, and `seen` (what a check saw from outside, NULL for none). Keeps err when
// nothing fits. Always false.
bool service_explain(struct step_ctx *ctx, const char *seen, struct err *err);

#endif
