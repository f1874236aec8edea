// SPDX-License-Identifier: MIT
// The setups of this machine as their journals tell them, without any call to AWS.
#ifndef FOREST_SCREENS_CLI_SETUPS_H
#define FOREST_SCREENS_CLI_SETUPS_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"
#include "backend/codec/json.h"

enum setup_state { SETUP_RUNNING, SETUP_STOPPED, SETUP_DAMAGED };

struct setup { // all owned
    char *name, *account, *region;
    char *url;            // NULL while there is none
    char *why;            // why it stopped, or what is damaged; NULL when running
    char *at;             // when it was last worked on, UTC; may be NULL
    unsigned done, total; // steps
    enum setup_state state;
    bool going; // stopped while it was being taken away
};

struct setups {
    struct setup *items;
    size_t count;
};

// In order of their names. A journal that cannot be read is a damaged item, not a failure.
bool setups_load(struct setups *out, struct err *err);
void setups_clear(struct setups *setups);
const char *setup_state_word(enum setup_state state); // "running", "stopped", "damaged"
struct json *setup_json(const struct setup *setup);   // the caller's

#endif
