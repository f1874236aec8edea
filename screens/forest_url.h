// SPDX-License-Identifier: MIT
// The environment's URL in Forest, from a screen: set it, or look whether the user has. Both on a
// worker, told when they have ended.
#ifndef FOREST_SCREENS_FOREST_URL_H
#define FOREST_SCREENS_FOREST_URL_H

#include "screens/wizard.h"

// Called on the UI thread; not when the wizard ends first. `result` as core.h tells it, NULL after
// a failure.
typedef void forest_url_ended(struct wizard *wizard, const struct json *result,
                              const struct err *err);

// core->forest_set_url(). `token` is copied; "": the one that Forest's own command line left on
// this machine, and err.code "no-token" when there is none.
void forest_url_set(struct wizard *wizard, const char *url, const char *token,
                    forest_url_ended *ended);
// core->forest_connect().
void forest_url_look(struct wizard *wizard, const char *url, forest_url_ended *ended);

#endif
