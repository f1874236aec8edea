// SPDX-License-Identifier: MIT
// Setting the environment's URL in Forest from a screen: on a worker, told when it has ended.
#ifndef FOREST_SCREENS_FOREST_URL_H
#define FOREST_SCREENS_FOREST_URL_H

#include "screens/wizard.h"

// `ended` is called on the UI thread, not when the wizard ends first. `result` as of
// core->forest_set_url(), NULL after a failure. `token` is copied; "": the one that Forest's own
// command line left on this machine, and err.code "no-token" when there is none.
void forest_url_start(struct wizard *wizard, const char *url, const char *token,
                      void (*ended)(struct wizard *wizard, const struct json *result,
                                    const struct err *err));

#endif
