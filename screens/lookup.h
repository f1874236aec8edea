// SPDX-License-Identifier: MIT
// What AWS, Forest and this machine know, asked for when a screen shows it and kept as long as the
// answers it depends on stay the same.
//
// A screen's build calls lookup() for each frame and shows what is there: asking, an answer, or why
// not. The first call for a key starts a job; a changed answer makes another key, so that only what
// depends on it is asked anew. Answers that came for an older key are kept (going back is instant)
// and never shown for another. One table: a row a kind, with the function that makes its key from
// the answers. Secrets are never in a key: their edits carry a number that changes.
#ifndef FOREST_SCREENS_LOOKUP_H
#define FOREST_SCREENS_LOOKUP_H

#include "backend/core/core.h"

struct wizard;

enum lookup_state { LOOKUP_ASKING, LOOKUP_KNOWN, LOOKUP_FAILED };

struct lookup {
    enum lookup_state state;
    int64_t since_ms;         // when it was asked
    const struct json *value; // KNOWN; borrowed until the next drain
    const struct err *err;    // FAILED
};

// `what`: as core->look() takes it (a profile, a VPC, a setup), or NULL.
struct lookup lookup(struct wizard *wizard, enum core_look kind, const char *what);
// The same without starting it: state ASKING with since_ms 0 when nobody asked.
struct lookup lookup_peek(struct wizard *wizard, enum core_look kind, const char *what);
// Forget a failure or an old answer, so that the next lookup() asks again ("try again", Ctrl-L).
void lookup_again(struct wizard *wizard, enum core_look kind, const char *what);
// "as of 14:03": when the value came; -1 when it has not.
int64_t lookup_age_ms(struct wizard *wizard, enum core_look kind, const char *what);

#endif
