// SPDX-License-Identifier: MIT
// A run (apply, resume, destroy, reserve) as the screens see it: started on a job, its events
// folded into a small model on the UI thread. Pure but for the job itself: run_event() and
// run_planned() can be fed by tests.
//
// run_start() -> run_stop() -> the model says RUN_DONE, RUN_FAILED or RUN_STOPPED -> run_free().
#ifndef FOREST_SCREENS_RUN_H
#define FOREST_SCREENS_RUN_H

#include "backend/core/core.h"

struct wizard;

enum run_state { RUN_PLANNING, RUN_RUNNING, RUN_STOPPING, RUN_DONE, RUN_FAILED, RUN_STOPPED };
enum run_step_state { RUN_STEP_TODO, RUN_STEP_BUSY, RUN_STEP_OK, RUN_STEP_BAD, RUN_STEP_NOT_RUN };

struct run_step { // all owned
    char *id, *title, *group, *note;
    char *action; // the plan's word: "create", "reuse", "change", "check", "delete", "keep"
    enum run_step_state state;
    int64_t started_ms, ended_ms; // on the wizard's clock; 0: not yet
    int64_t bytes_done, bytes_total;
    unsigned usual_s;
    bool changes;               // it is created, changed or deleted; else only looked at
    size_t *needs, *needs_made; // indices; for the time left
    size_t need_count, made_count;
};

// The run waits until somebody signs in again; `text` NULL: it does not.
struct run_pause { // all owned
    char *text, *remedy, *code, *profile;
    unsigned count; // pauses so far
};

enum { RUN_LOG_LINES = 500, RUN_TOLD_LINES = 1000 };

struct run {
    enum core_run what;
    enum run_state state;
    char *name, *account, *region; // of the setup, from the plan; NULL before
    struct run_step *steps;
    size_t step_count;
    unsigned finished, of;
    unsigned looked, to_look; // RUN_PLANNING: steps looked at, of how many
    char *looking;            // RUN_PLANNING: why one is looked for longer; NULL: none is
    int64_t started_ms, ended_ms;
    char **log; // the starting container's last lines, oldest first
    size_t log_count;
    char **told; // one line a change, oldest first: "done: VPC link, 2:12"; for plain mode
    size_t told_count;
    char *warning;
    struct run_pause pause;
    struct json *result; // of core->run(), when ended
    struct err err;      // RUN_FAILED
    size_t failed;       // index of the failing step; step_count: none
    unsigned serial;     // private: events of an earlier run are not this one's
    struct job *job;     // private
};

// One run at a time: any earlier one is freed. Answers are copied.
void run_start(struct wizard *wizard, enum core_run what, const char *name);
void run_stop(struct wizard *wizard);         // finishes what is running, then ends; twice: leaves
bool run_active(const struct wizard *wizard); // a job is at work
// The same again, as it was started: after a failure or a stop.
void run_again(struct wizard *wizard);
void run_free(struct run *run);

// The model alone.
struct run *run_new(enum core_run what, int64_t now_ms);
void run_planned(struct run *run, const struct json *plan, int64_t now_ms);
void run_event(struct run *run, const struct event *event, int64_t now_ms);
void run_ended(struct run *run, bool ok, struct json *result, struct err *err, int64_t now_ms);
// Milliseconds to the end along the longest chain of what is left, by usual times and what has
// passed; -1 when it cannot be told yet.
int64_t run_left_ms(const struct run *run, int64_t now_ms);
// The groups in the order of the work, in the user's words: "Network", "Permissions"...
size_t run_group_count(const struct run *run);
const char *run_group(const struct run *run, size_t index);
// "Public address" for the tables' "address"; static, or `group` itself.
const char *run_group_words(const char *group);
// "0:41", "1:02:03"; the caller's.
char *run_time(int64_t ms);

#endif
