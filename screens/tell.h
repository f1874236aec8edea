// SPDX-License-Identifier: MIT
// What lookups and errors look like under an answer: the same words on every screen. Pure.
#ifndef FOREST_SCREENS_TELL_H
#define FOREST_SCREENS_TELL_H

#include "screens/lookup.h"
#include "tui/view.h"

enum { TELL_BYTES = 400 };

struct tell { // the texts behind a status; as long as the frame that shows it
    char text[TELL_BYTES];
    char remedy[TELL_BYTES];
};

// The first line of the error's message, as a sentence: AWS explains a bad signature in twenty.
struct view_status tell_err(struct tell *tell, enum view_state state, const struct err *err);
struct view_status tell(struct tell *tell, enum view_state state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// Makes the first letter a capital, in place, unless the first word is a name, a value or a
// command.
void tell_capital(char *text);
// "2 h 10 min", "12 min", "40 s"
void tell_span(char *out, size_t bytes, int64_t ms);
// "arn:aws:sts::1234:assumed-role/Engineer/ann" -> "role Engineer as ann"
void tell_principal(char *out, size_t bytes, const char *arn);
// A lookup that failed: the reason, and an action "try again" with `again_id`.
void tell_failure(struct view *view, const struct err *err, const char *again_id);

#endif
