// SPDX-License-Identifier: MIT
// A toy cloud for the engine's tests: it counts what is created, shows things late, forgets to
// answer, and notices by itself when something is used before it is ready or deleted while it is
// used. It lies in shared memory, so that it outlives a process that is killed in the middle.
//
// lab_init() -> script the things -> lab_open() -> lab_plan() / lab_apply() / lab_destroy() ->
// lab_close() (-> lab_open() again, as a later process would) -> lab_clear().
#ifndef FOREST_TESTS_ENGINE_TOY_H
#define FOREST_TESTS_ENGINE_TOY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/engine/engine.h"

enum { TOY_THINGS = 16, TOY_EVENTS = 512, TOY_EXIT = 99 };

struct thing {
    char id[24];
    // the script
    int make_ms;
    int wait_ms; // from made to ready
    int lag_ms;  // from made to visible
    bool token;  // the same token again gives the same thing
    bool foreign;
    atomic_int lose_before; // so many calls never arrive, and the caller cannot know
    atomic_int lose_after;  // so many answers are lost after the effect
    atomic_int deny;        // so many applies are refused
    atomic_int deny_probe;
    atomic_int deny_undo;
    atomic_int fail_wait;
    atomic_int differs;
    // what happened
    atomic_int live;
    atomic_int creations;
    atomic_int changes;
    atomic_int deletions;
    atomic_int applies;
    atomic_int probes;
    atomic_int waits;
    atomic_ullong token_seen;
    atomic_llong visible_at;
    atomic_llong ready_at;
};

struct cloud {
    struct thing things[TOY_THINGS];
    size_t count;
    atomic_int calls;
    atomic_int violations; // used before ready, deleted while used, created twice
    int kill_at;           // the process ends at this call
    bool kill_after;       // after its effect
    void (*dying)(void);   // called before, may be NULL
};

struct told {
    enum event_type type;
    char step[24];
    char word[16];
    char text[256];
};

struct lab {
    struct cloud *cloud;
    const struct step *const *steps;
    size_t step_count;
    char *dir; // the state dir
    struct journal *journal;
    struct facts *facts;
    struct cancel cancel;
    struct engine_options options;
    struct told *told;
    size_t told_count;
    bool poll;             // things wait by step_poll(), which other failures interrupt
    const char *cancel_at; // the user stops when this step starts
};

void lab_init(struct lab *lab, const struct step *const *steps, size_t count);
void lab_clear(struct lab *lab);
bool lab_open(struct lab *lab, struct err *err);
void lab_close(struct lab *lab);
bool lab_plan(struct lab *lab, enum step_mode mode, struct plan *plan, struct err *err);
// Plan and apply, plan and destroy: in one go, everything freed.
bool lab_apply(struct lab *lab, struct err *err);
bool lab_destroy(struct lab *lab, struct err *err);
struct thing *lab_thing(struct lab *lab, const char *id);
size_t lab_told(const struct lab *lab, enum event_type type, const char *step);
const struct told *lab_find(const struct lab *lab, enum event_type type, const char *step);
// The whole file; the caller's.
char *lab_journal_text(const struct lab *lab, size_t *length);

// The functions of every toy step.
enum probe toy_probe(struct step_ctx *ctx, struct err *err);
bool toy_apply(struct step_ctx *ctx, struct err *err);
bool toy_wait(struct step_ctx *ctx, struct err *err);
bool toy_undo(struct step_ctx *ctx, struct err *err);

#define TOY(name)                                                                                  \
    .id = name, .title = name, .probe = toy_probe, .apply = toy_apply, .undo = toy_undo

#endif
