// SPDX-License-Identifier: MIT
// What the files of the session share.
#ifndef FOREST_STEPS_SESSION_PRIVATE_H
#define FOREST_STEPS_SESSION_PRIVATE_H

#include "backend/steps/lease.h"
#include "backend/steps/login_wait.h"
#include "backend/steps/session.h"
#include "backend/steps/stack.h"

struct session {
    enum session_for purpose;
    struct cancel *cancel; // borrowed
    struct event_sink sink;
    char *profile, *region; // overrides
    char *state_dir;
    struct answers *answers; // the caller's, or own_answers
    struct answers own_answers;
    bool address_only;
    bool answers_lost; // the records hold none
    bool secrets_known;
    bool records_only; // opened to look: no login until it is needed
    struct stack *stack;
    struct journal *journal;
    struct facts *facts;
    struct lease *lease;      // NULL: not taken
    struct login_wait *login; // NULL: expired credentials end the run
};

// Is this row about this setup: wanted by its answers, or with a trace in its records?
bool session_concerns(const struct session *session, const struct step *step);
// session_open.c
bool session_need_stack(struct session *session, struct err *err);

// session_answers.c. From the records; without any in them, a session that only looks or destroys
// goes on with the name, and session_find_answers() asks AWS for the rest.
bool session_read_answers(struct session *session, struct err *err);
bool session_find_answers(struct session *session, struct err *err);
bool session_keep_answers(struct session *session, struct err *err); // writes them if they changed
void session_learn_tags(struct session *session);                    // needs journal and stack
bool session_take_server(struct answers *answers, struct err *err);  // FOREST_SERVER_URL

// session_account.c. May a first change be made in this account? ERR_INPUT.
bool session_may_begin(const struct session *session, struct err *err);

// session_lease.c. At the opening: takes the lease, or only looks whether somebody has it.
bool session_claim(struct session *session, struct err *err);
bool session_need_lease(struct session *session, struct err *err); // takes it unless it is held
bool session_release(struct session *session, struct err *err);    // gives it back; twice is fine
void session_give_back(struct session *session);                   // the same, told when it failed

#endif
