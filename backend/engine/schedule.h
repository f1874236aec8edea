// SPDX-License-Identifier: MIT
// Which step may start when: the table's needs as a graph over the items of one plan.
//
// schedule_init() -> schedule_first() -> schedule_made() / schedule_finished() as steps get on;
// the caller holds its own lock around the latter. Needs that are not in the plan count as met.
// Reversed, for a destroy, a step may start when all that need it in either way have finished.
#ifndef FOREST_ENGINE_SCHEDULE_H
#define FOREST_ENGINE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/engine/step.h"

struct schedule_edge {
    size_t from; // must come first
    size_t to;
    bool made; // being made is enough
};

struct schedule {
    size_t count;
    struct schedule_edge *edges;
    size_t edge_count;
    unsigned *unmet; // edges into each item not yet met
    int64_t *rest;   // usual ms from its start to the end of the last that hangs on it
};

// The indices of `steps` in an order that honours their needs, the table's order where it is free
// (`order` has room for `count`). False when there is a cycle.
bool schedule_order(const struct step *const *steps, size_t count, size_t *order);
void schedule_init(struct schedule *s, const struct step *const *steps, size_t count, bool reverse);
void schedule_clear(struct schedule *s);
// usual_ms by item: sets `rest`, which workers use to take the longest chain first.
void schedule_weigh(struct schedule *s, const int64_t *usual_ms);
void schedule_first(struct schedule *s, void (*ready)(void *context, size_t index), void *context);
void schedule_made(struct schedule *s, size_t index, void (*ready)(void *context, size_t index),
                   void *context);
void schedule_finished(struct schedule *s, size_t index, void (*ready)(void *context, size_t index),
                       void *context);

#endif
