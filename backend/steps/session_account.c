// SPDX-License-Identifier: MIT
// The first change in an account that this machine never used is somebody's decision: the wizard
// asks for digits of the account, a run that nobody watches has it in its answers.
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/steps/session_private.h"

static bool is_of(const char *state_dir, const char *name, const char *account)
{
    struct journal *journal = NULL;
    // Records that cannot be read speak for no account.
    bool same =
        journal_look(&journal, state_dir, name, NULL) && str_eq(journal_account(journal), account);
    journal_close(journal);
    return same;
}

static bool used_before(const struct session *s)
{
    char **names = NULL;
    size_t count = 0;
    bool used = false;
    if (!journal_list(s->state_dir, &names, &count, NULL))
        return false;
    for (size_t i = 0; i < count; i++) {
        used = used || is_of(s->state_dir, names[i], s->stack->account);
        mem_free(names[i]);
    }
    mem_free(names);
    return used;
}

static bool meant(const struct session *s, struct err *err)
{
    const char *account = s->stack->account;
    // A pin that differs was refused when the stack was opened.
    if (s->answers->aws.account || used_before(s))
        return true;
    err_set(err, ERR_INPUT,
            "no backend was made in account %s from this machine yet, and nothing says that it is "
            "the right one",
            account);
    err_code(err, SESSION_NEW_ACCOUNT);
    return err_remedy(err,
                      "If it is, put \"account\": \"%s\" into \"aws\" of the answer file, or give "
                      "--account %s. You are %s there.",
                      account, account, s->stack->caller);
}

bool session_may_begin(const struct session *s, struct err *err)
{
    ERR_AUTO e = {0};
    if (!s->stack || s->purpose == SESSION_DESTROY || meant(s, &e))
        return true;
    if (s->purpose == SESSION_APPLY) {
        err_move(err, &e);
        return false;
    }
    // A plan changes nothing: it says what an apply will ask for.
    AUTO_FREE char *text = mem_printf("apply will refuse this: %s. %s", e.message, e.remedy);
    if (s->purpose == SESSION_PLAN && s->sink.emit)
        s->sink.emit(
            s->sink.context,
            &(struct event){.type = EVENT_WARNING, .wall_ms = clock_wall_ms(), .text = text});
    return true;
}
