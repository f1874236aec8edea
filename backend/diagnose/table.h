// SPDX-License-Identifier: MIT
// The rows behind diagnose(): what a failure looks like, what it means, what to do. Adding a known
// failure is adding a row (and its line in tests/unit/diagnose).
//
// A row fits a signal in one of two ways:
// - by word: the backend ("database-auth: text"), a check from outside ("gateway-error: text") or a
//   line of the backend's log ("... [database-auth]") names its cause, and the row has this `word`.
//   `only`, when set, must also occur. A signal that names a word of the table fits by word alone.
// - by text: the signal comes from one of `from` and each of `says` occurs, in any case. One entry
//   may list alternatives: "i/o timeout|dial tcp".
// Of all rows that fit, the lowest rank wins, then the first of the table.
//
// `cause` and `remedy` are templates: {name|what to say when it is not known}. Names are the
// members of struct diagnose_facts and {1}, {2}, {3}: what `captures` found in the signal. A {1}
// such as "10.0.0.1:5432" gives {2} its port.
#ifndef FOREST_DIAGNOSE_TABLE_H
#define FOREST_DIAGNOSE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    FROM_EVENT = 1 << 0, // bit = 1 << enum signal_from
    FROM_STOPPED = 1 << 1,
    FROM_LOG = 1 << 2,
    FROM_TARGET = 1 << 3,
    FROM_BACKEND = 1 << 4,
    FROM_GATEWAY = 1 << 5,
    FROM_AWS = 1 << 6,
    FROM_ECS = FROM_EVENT | FROM_STOPPED,
};

// How much a match explains. A container that could not start explains all that follows from it.
enum {
    RANK_START = 1,   // why the task did not start
    RANK_SAID = 2,    // what the application says of itself, what AWS refused
    RANK_HEALTH = 3,  // what the load balancer sees
    RANK_VAGUE = 4,   // something ended, nothing says why
    RANK_OUTSIDE = 5, // what is seen through the public URL
};

enum { DIAGNOSE_SAYS = 4, DIAGNOSE_CAPTURES = 4, DIAGNOSE_SLOTS = 3 };

// The text between `after` and the first character of `until`; the first capture of a slot that
// finds something counts.
struct diagnose_capture {
    int slot; // 1 to 3; 0 ends the list
    const char *after;
    const char *until;
    bool keep; // `after` belongs to it ("subnet-" of "subnet-0a1b")
};

struct diagnose_row {
    const char *id; // unique
    const char *word;
    const char *only;
    unsigned from;
    const char *says[DIAGNOSE_SAYS];
    int rank;
    const char *cause;
    const char *remedy;
    const char *fix;
    bool certain;
    struct diagnose_capture captures[DIAGNOSE_CAPTURES];
};

struct diagnose_section {
    const struct diagnose_row *rows;
    size_t count;
};

extern const struct diagnose_section diagnose_app;     // the backend: environment, database, Forest
extern const struct diagnose_section diagnose_task;    // ECS: image, secrets, logs, health
extern const struct diagnose_section diagnose_aws;     // what AWS refuses
extern const struct diagnose_section diagnose_outside; // gateway, browser, checks

// Row `index` of the whole table, NULL after the last.
const struct diagnose_row *diagnose_row(size_t index);

#endif
