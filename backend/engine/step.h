// SPDX-License-Identifier: MIT
// The contract of a step: one resource or one check, a row of a table with an id that never
// changes.
//
// The engine calls, on one of its workers, straight-line and blocking:
//   plan:    wanted -> probe                                     (reads only)
//   apply:   (plan's probe) -> [intent fsynced] -> apply -> [result fsynced] -> wait -> verify
//   resume:  the same; a step whose intent has no result is probed until what it may have made must
//   be visible destroy: probe -> [intent] -> undo -> [result], in the opposite order of `needs`
// Rules for whoever writes one:
//   probe   finds the resource by tag or natural name and compares it; sets the facts of what it
//   found; never writes.
//           What cannot exist because a needed step is absent is PROBE_ABSENT without a call.
//   apply   creates it, or changes it when probe said DIFFERS; sets facts; every create carries its
//   tags. When the
//           outcome is unknown (err.outcome_unknown) the engine probes again before it calls apply
//           again.
//   wait    until dependants may use it. Rows that need the thing made, not ready, name it in
//   `needs_made`. verify  is it really as promised? Optional. undo    deletes exactly what is ours
//   and waits until it is gone; "not there" is success.
// A step talks to its table's world through `ctx->world`, to other steps only through facts.
#ifndef FOREST_ENGINE_STEP_H
#define FOREST_ENGINE_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/clock.h"
#include "backend/base/err.h"
#include "backend/engine/facts.h"

enum probe {
    PROBE_FAILED,  // err says why
    PROBE_ABSENT,  // not there: create it
    PROBE_SAME,    // there, ours (or the user's, for things we only use), as wanted
    PROBE_DIFFERS, // there, ours, but has to change; step_note() says what
    PROBE_FOREIGN, // something with that name that is not ours: never adopted, never deleted;
                   // step_note() says whose
};

enum step_flags {
    STEP_CHECK = 1,    // creates nothing: probe always says ABSENT, apply does the check
    STEP_EXISTING = 2, // the user's own thing: only looked at, never made, never undone
    STEP_COSTS = 4,    // billed by the hour
    STEP_KEPT = 8,     // destroy leaves it (or schedules it) and says so
    STEP_DROPPED = 16, // an apply undoes it when an earlier run made it and the answers no longer
                       // ask for it (wanted); others wait for destroy
    STEP_REPEATABLE = 32, // its create sent again makes no second one: AWS knows it by a client
                          // token or a name that is taken, and apply then takes what is there by
                          // its tag. So what an interrupted run has left is not looked for as long
};

enum { STEP_NEEDS_MAX = 16 };

struct step_ctx;

struct step {
    const char *id;    // stable, journalled: "vpc-link"
    const char *title; // for people: "VPC link"
    const char *group; // in the user's words: "network", "permissions", "secret", "container",
                       // "address", "checks"
    const char *kind;  // what it is on AWS, for plans: "ec2.vpc", "apigatewayv2.vpc-link"
    unsigned flags;
    unsigned usual_s; // how long it takes on AWS, for the first run on this machine
    unsigned limit_s; // wait gives up after this many seconds; 0: 60
    const char *needs[STEP_NEEDS_MAX];      // finished, waits included
    const char *needs_made[STEP_NEEDS_MAX]; // created is enough
    bool (*wanted)(const void *world);      // NULL: always
    enum probe (*probe)(struct step_ctx *ctx, struct err *err);
    bool (*apply)(struct step_ctx *ctx, struct err *err);
    bool (*wait)(struct step_ctx *ctx, struct err *err);   // may be NULL
    bool (*verify)(struct step_ctx *ctx, struct err *err); // may be NULL
    bool (*undo)(struct step_ctx *ctx, struct err *err);   // may be NULL: nothing of ours to remove
};

enum step_mode { STEP_MODE_PLAN, STEP_MODE_APPLY, STEP_MODE_DESTROY };

struct step_ctx {
    const struct step *step;
    void *world;
    struct facts *facts;
    struct cancel *cancel;
    enum step_mode mode;
    bool exists;         // in apply: probe said DIFFERS, so this is a change
    bool unsettled;      // an earlier try may have made it a moment ago: look more than once
    unsigned generation; // of the client token: goes up after a confirmed delete
    void *scratch;       // the step's own, for one call of one of its functions
    void *engine;        // private
};

// Own facts: step_set(ctx, "id", v) stores "<step>.id".
void step_set(struct step_ctx *ctx, const char *name, const char *value);
const char *step_own(const struct step_ctx *ctx, const char *name);
// Another step's fact, "vpc.id"; NULL when unknown. step_need() is ERR_INTERNAL when unknown (then
// returns NULL).
const char *step_fact(const struct step_ctx *ctx, const char *key);
const char *step_need(const struct step_ctx *ctx, const char *key, struct err *err);
// This step's own fact as the journal last recorded it, for what cannot be looked up again; NULL
// without a record. A hint: what can be looked up is confirmed before it is believed.
const char *step_recorded(const struct step_ctx *ctx, const char *name);
// One line about the resource: in plan and probe it is the plan's text, later the live status.
void step_note(struct step_ctx *ctx, const char *format, ...) __attribute__((format(printf, 2, 3)));
void step_log(struct step_ctx *ctx, const char *line);
void step_bytes(struct step_ctx *ctx, int64_t done, int64_t total);
void step_warn(struct step_ctx *ctx, const char *format, ...) __attribute__((format(printf, 2, 3)));
// The client token of this step: 32 hex digits from the setup's salt, the step id and the
// generation (or, for a change, from `variant` too). The caller owns it. The same call again gives
// the same token.
char *step_token(const struct step_ctx *ctx, const char *variant);

enum poll { POLL_AGAIN, POLL_DONE, POLL_FAILED };
// Calls `look` until it says DONE or FAILED, it is cancelled, or the step's limit_s has passed
// (then ERR_REMOTE with the last note). The pause grows with the time already waited (5 % of it,
// 0.15 to 4 s, with jitter), so that short waits end promptly and long ones stay polite.
bool step_poll(struct step_ctx *ctx, enum poll (*look)(struct step_ctx *ctx, struct err *err),
               struct err *err);
// Repeats `attempt` while `retryable` says its error passes by itself (new roles, lagging reads),
// for at most limit_s.
bool step_retry(struct step_ctx *ctx, unsigned limit_s,
                bool (*attempt)(struct step_ctx *ctx, struct err *err),
                bool (*retryable)(const struct err *err), struct err *err);

#endif
