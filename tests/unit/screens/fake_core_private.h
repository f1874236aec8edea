// SPDX-License-Identifier: MIT
// What the files of the fake core share: fake_core.c has the looks and what tests call,
// fake_core_run.c plays the runs and the rest of the table, fake_core_canned.c has the answers.
// Private.
#ifndef FOREST_TESTS_FAKE_CORE_PRIVATE_H
#define FOREST_TESTS_FAKE_CORE_PRIVATE_H

#include <pthread.h>

#include "tests/unit/screens/fake_core.h"

enum { FAKE_ROWS_MAX = 64 };

struct fake_row { // newest wins
    enum core_look look;
    char *what;        // NULL: any
    struct json *json; // or
    struct err err;
};

struct fake_core {
    pthread_mutex_t lock;
    struct fake_row rows[FAKE_ROWS_MAX];
    size_t count;
    bool hold[CORE_LOOKS];
    unsigned asked[CORE_LOOKS];
    unsigned held;
    char *hold_step, *fail_step, *pause_step;
    struct err fail;
    unsigned runs;
    enum core_run last_run;
    struct answers run_answers;
    char *exported, *url_set;
    struct err set_url, sign_in;
    char *signed_in;
};
extern struct fake_core fake;

extern const char *const fake_canned[CORE_LOOKS];
extern const char fake_canned_result[];

void fake_lock(void);
void fake_unlock(void);
bool fake_copy_err(struct err *to, const struct err *from); // false
struct fake_row *fake_row_of(enum core_look look, const char *what);
// Called and returns locked. False when cancelled.
bool fake_wait_while(bool (*held)(const void *), const void *arg, struct cancel *cancel);
bool fake_look_held(const void *look);

bool fake_run(const struct core_run_options *o, struct json **out, struct err *err);
const char *fake_fix_of(const char *code);
bool fake_export(const struct answers *answers, const struct core_export *what, struct json **out,
                 struct err *err);
bool fake_set_url(const struct answers *answers, const struct secret *token, const char *url,
                  struct cancel *cancel, struct json **out, struct err *err);
bool fake_connect(const struct answers *answers, const char *url, struct cancel *cancel,
                  struct json **out, struct err *err);
bool fake_sso_login(const char *profile, void (*show)(void *context, const struct json *told),
                    void *context, struct cancel *cancel, struct err *err);
bool fake_mfa(const char *profile, const struct secret *code, struct cancel *cancel,
              struct err *err);
bool fake_recover(const struct answers *where, const char *name, struct cancel *cancel,
                  struct json **out, struct err *err);

#endif
