// SPDX-License-Identifier: MIT
// A core for the tests of screens: canned answers instead of AWS, Forest and this machine.
//
// fake_core_use() in the setup of each test (answers as a healthy account would give them) ->
// change what the test is about -> the code under test calls core_get() -> fake_core_done(), which
// lets go of every held look and frees. Looks and runs may come from any thread; the functions here
// are the test's. A held look or step waits until it is released or its cancel is requested.
#ifndef FOREST_TESTS_FAKE_CORE_H
#define FOREST_TESTS_FAKE_CORE_H

#include "backend/core/core.h"

void fake_core_use(void);
void fake_core_done(void);

// What a look answers from now on. `what` NULL: whatever is asked for, unless a row for that
// `what` says otherwise. `json` must parse.
void fake_core_answer(enum core_look look, const char *what, const char *json);
void fake_core_fail(enum core_look look, const char *what, enum err_kind kind, const char *message,
                    const char *remedy);
void fake_core_hold(enum core_look look, bool hold); // answers only after it is let go
unsigned fake_core_asked(enum core_look look);       // how often since fake_core_use()
unsigned fake_core_held(void);                       // looks and runs that wait in a hold now
// A list of `count` VPCs for CORE_NETWORKS, every third unusable.
void fake_core_many_networks(size_t count);

// The run: every item of the CORE_PLAN answer that is not "blocked", in order: started, note, done.
void fake_core_run_fails(const char *step, enum err_kind kind, const char *message,
                         const char *remedy, const char *code); // NULL: it succeeds (again)
void fake_core_run_holds(const char *step); // waits before that step ends; NULL: lets go
// The run says there that it pauses until `work` is signed in, and with the step's end that it goes
// on. Hold the step too.
void fake_core_run_pauses(const char *step);
unsigned fake_core_runs(void);
enum core_run fake_core_last_run(void);
// The answers the last run was given, secrets included: a copy, valid until the next run.
const struct answers *fake_core_run_answers(void);
// What export_files() ("json in DIR, git") and forest_set_url() were given last; NULL when not
// called.
const char *fake_core_exported_to(void);
const char *fake_core_url_set(void);
void fake_core_set_url_fails(const char *message, const char *remedy); // NULL: it works
// sso_login() shows its code, then waits while CORE_IDENTITY is held; mfa() takes 123456 alone.
const char *fake_core_signed_in(void);             // the profile, or NULL
void fake_core_sign_in_fails(const char *message); // NULL: it works
// A look that fails with this code, for what can be helped ("sso-login").
void fake_core_fail_with(enum core_look look, const char *what, enum err_kind kind,
                         const char *code, const char *message);

#endif
