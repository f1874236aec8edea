// SPDX-License-Identifier: MIT
// How long each step usually takes on this machine, by region: <state dir>/history.json.
//
// eta_open() (a missing or broken file is an empty history) -> eta_usual_ms() / eta_add() ->
// eta_save() -> eta_free(). Only a hint: losing it costs an estimate, so failures to save may be
// ignored. One thread at a time.
#ifndef FOREST_ENGINE_ETA_H
#define FOREST_ENGINE_ETA_H

#include <stdint.h>

#include "backend/base/err.h"

struct eta;

struct eta *eta_open(const char *path,
                     const char *region); // NULL path: knows nothing, saves nothing
void eta_free(struct eta *eta);
// The median of the last runs, where each older run weighs less; `fallback` when there was none.
int64_t eta_usual_ms(const struct eta *eta, const char *step, int64_t fallback);
void eta_add(struct eta *eta, const char *step, int64_t ms);
bool eta_save(struct eta *eta, struct err *err);

#endif
