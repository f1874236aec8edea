// SPDX-License-Identifier: MIT
// One use of forest-setup on one setup, as the wizard and the commands make it: plan, apply,
// resume, destroy, look.
//
// session_open() -> session_plan() -> session_apply() or session_destroy() -> session_close().
// Everything blocks; events come through the sink while it does. What a session for SESSION_PLAN or
// SESSION_LOOK does writes nothing anywhere. Opening one for SESSION_APPLY or SESSION_DESTROY takes
// the setup's lock on this machine, and the setup's lease on AWS is taken before the first write at
// the latest (lease.h): with the opening when there may be something to create, so that nobody else
// works between plan and run; a finished setup that stays as it is costs no write. ERR_CONFLICT
// with the code "locked" says who works on it, where and since when.
#ifndef FOREST_STEPS_SESSION_H
#define FOREST_STEPS_SESSION_H

#include "backend/aws/call.h"
#include "backend/engine/engine.h"
#include "backend/setup/answers.h"

struct session;

// err.code when a first change in an account that this machine never used is not pinned by
// aws.account.
#define SESSION_NEW_ACCOUNT "new-account"

enum session_for { SESSION_PLAN, SESSION_APPLY, SESSION_DESTROY, SESSION_LOOK };

struct session_options {
    enum session_for purpose;
    // Borrowed. NULL: the setup `name` as its journal knows it (resume, destroy, status, logs).
    // Secrets are resolved by the session, only if they are still needed.
    struct answers *answers;
    const char *name; // needed when answers is NULL
    // Only the public address is made, before the secrets are known: Forest wants it first.
    bool address_only;
    // With answers: when none of their secrets is given and this setup's lie on AWS already, go on
    // with those.
    bool secrets_stored;
    bool wait; // for another forest-setup that works on it, instead of ERR_CONFLICT
    // When the credentials expire, pause until somebody has signed in again (login_wait.h) instead
    // of failing. For runs that somebody watches.
    bool wait_for_login;
    const char *profile; // overrides, may be NULL
    const char *region;
    struct cancel *cancel;
    struct event_sink sink;
};

bool session_open(struct session **out, const struct session_options *options, struct err *err);
void session_close(struct session *session);

const struct answers *session_answers(const struct session *session);
const char *session_name(const struct session *session);
const char *session_account(const struct session *session);
const char *session_region(const struct session *session);
const char *session_caller(const struct session *session);
// The public address, without a slash at the end; NULL while there is none. Borrowed.
const char *session_url(const struct session *session);
void session_counts(struct session *session, struct aws_counts *out); // aws_counts_clear()

bool session_plan(struct session *session, struct plan *out, struct err *err);
// Executes the plan and records the outcome in the journal. On failure err has cause (message),
// remedy and code.
bool session_apply(struct session *session, struct plan *plan, struct summary *out,
                   struct err *err);

struct leftovers { // what still carries this setup's tag after a destroy, with a word why
    char **items;
    size_t count;
};
// `left` is filled when all could be deleted and also when a delete failed, as far as AWS still
// answers then.
bool session_destroy(struct session *session, struct plan *plan, struct summary *out,
                     struct leftovers *left, struct err *err);
void leftovers_clear(struct leftovers *left);

// The setup as the journal and (when `live`) AWS and the URL tell it:
// {"name","account","region","stack","url","state":"running|stopped|planned","text":"...","steps":[{"id","title",
//  "state"}],"done":n,"total":n,"live":{"running":n,"desired":n,"rollout":"...","checks":[{"id","ok","text"}]}}
bool session_status(struct session *session, bool live, struct json **out, struct err *err);

// Starts the setup's containers anew, without changing anything; returns at once, ECS replaces them
// one by one.
bool session_restart(struct session *session, struct err *err);
// Have the new ones taken over?
bool session_restarted(struct session *session, bool *out_all_new, struct err *err);

// Lines of the container's log, oldest first. `follow` keeps waiting until cancelled. False from
// `line` stops.
bool session_logs(struct session *session, unsigned last, bool follow,
                  bool (*line)(void *context, const char *text), void *context, struct err *err);

// What the wizard's network screen and `forest-setup vpcs` show; *out is a JSON array, see
// steps/discover.h.
bool session_vpcs(const char *profile, const char *region, struct cancel *cancel, struct json **out,
                  struct err *err);

#endif
