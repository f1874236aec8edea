// SPDX-License-Identifier: MIT
// Opening a session: the records, the secrets, the stack, the lock, in the order that its purpose
// needs; and closing it.
#include <stdlib.h>

#include "backend/aws/secrets.h"
#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/steps/documents.h"
#include "backend/steps/session_private.h"

// By name: the records come first, for they hold the answers. The lock is taken later, when the
// account is known.
static bool open_records_by_name(struct session *s, const char *name, struct err *err)
{
    return journal_look(&s->journal, s->state_dir, name, err) && session_read_answers(s, err);
}

static bool step_done(const struct journal *journal, const char *id)
{
    const struct journal_step *j = journal ? journal_step(journal, id) : NULL;
    return j && j->state == JOURNAL_DONE;
}

static bool none_given(const struct answers *a)
{
    return secret_empty(&a->forest.env_secret.value) && secret_empty(&a->database.url.value);
}

// Secrets are asked for only if they are still needed: a resume whose secret is stored goes on
// without them.
static bool resolve_secrets(struct session *s, const struct session_options *o, struct err *err)
{
    if (s->purpose == SESSION_DESTROY || s->purpose == SESSION_LOOK || s->address_only)
        return true;
    ERR_AUTO e = {0};
    if (answers_resolve_secrets(s->answers, &e)) {
        s->secrets_known = true;
        return true;
    }
    bool may = !o->answers || (o->secrets_stored && none_given(s->answers));
    if (may && e.kind == ERR_INPUT && step_done(s->journal, "secret"))
        return true;
    err_move(err, &e);
    return false;
}

// "stored" in the answers: the values that lie on AWS are this run's, wherever it runs.
static bool stored_secrets(struct session *s, struct err *err)
{
    if (!s->secrets_known || !answers_stored(s->answers))
        return true;
    SECRET_AUTO value = {0};
    ERR_AUTO e = {0};
    if (secrets_get_value(s->stack->aws, s->stack->names.secret, &value, &e))
        return secret_answers_fill(s->answers, &value, err);
    if (e.kind != ERR_NOT_FOUND) {
        err_move(err, &e);
        return err_wrap(err, "reading the stored secrets");
    }
    err_set(err, ERR_INPUT, "the secrets are to stay as stored, but there is no secret %s",
            s->stack->names.secret);
    return err_remedy(err, "Name where they come from, for example \"env:FOREST_ENV_SECRET\", for "
                           "the first run.");
}

static bool open_stack(struct session *s, const struct session_options *o, struct err *err)
{
    // What was recorded wins over the environment: a resume goes to the same account and region.
    if (s->journal && !o->answers) {
        str_replace(&s->answers->aws.region, journal_region(s->journal));
        str_replace(&s->answers->aws.account, journal_account(s->journal));
    }
    struct stack_options stack = {
        .answers = s->answers, .profile = o->profile, .region = o->region, .cancel = o->cancel};
    if (!stack_open(&s->stack, &stack, err))
        return false;
    if (s->login)
        login_wait_begin(s->login, s->stack);
    s->stack->secrets_known = s->secrets_known;
    return stored_secrets(s, err);
}

static bool open_for_writing(struct session *s, struct err *err)
{
    journal_close(s->journal);
    s->journal = NULL;
    struct journal_identity identity = {.name = s->answers->name,
                                        .account = s->stack->account,
                                        .region = s->stack->region,
                                        .stack = s->stack->names.stack};
    if (!fs_mkdirs(s->state_dir, err) || !journal_open(&s->journal, s->state_dir, &identity, err))
        return false;
    // The first answers are kept at once, so that a resume finds them. Later ones replace them only
    // when they are acted on (session_apply()): a refused change must not mislead a destroy.
    return s->purpose != SESSION_APPLY || journal_answers(s->journal) ||
           session_keep_answers(s, err);
}

// A plan for a setup that exists looks at its records; one for a new setup finds none.
static bool open_for_reading(struct session *s, struct err *err)
{
    if (s->journal)
        return true;
    ERR_AUTO e = {0};
    if (journal_look(&s->journal, s->state_dir, s->answers->name, &e) || e.kind == ERR_NOT_FOUND)
        return true;
    err_move(err, &e);
    return false;
}

// For looking, the records are all there is. Plans look everything up anew; what a step cannot look
// up it recalls itself (step_recorded()).
static void load_facts(struct session *s)
{
    for (size_t i = 0; s->journal && i < journal_step_count(s->journal); i++) {
        const struct journal_step *j = journal_step_at(s->journal, i);
        if (j->facts && s->purpose == SESSION_LOOK)
            facts_load_step(s->facts, j->id, j->facts);
    }
}

static bool open_parts(struct session *s, const struct session_options *o, struct err *err)
{
    s->state_dir = fs_state_dir(err);
    if (!s->state_dir)
        return false;
    if (o->answers) {
        s->answers = o->answers;
        if (!session_take_server(s->answers, err))
            return false;
        if (o->secrets_stored) // a new setup has no records
            journal_look(&s->journal, s->state_dir, s->answers->name, NULL);
    } else if (!open_records_by_name(s, o->name, err)) {
        return false;
    }
    if (!o->answers && s->purpose == SESSION_LOOK) {
        s->records_only = true;
    } else if (!resolve_secrets(s, o, err) || !open_stack(s, o, err)) {
        return false;
    }
    if (!session_may_begin(s, err) || (s->stack && !session_find_answers(s, err)))
        return false;
    bool writes = s->purpose == SESSION_APPLY || s->purpose == SESSION_DESTROY;
    if (!(writes ? open_for_writing(s, err) : open_for_reading(s, err)))
        return false;
    if (s->journal && s->stack) {
        stack_use_records(s->stack, journal_dir(s->journal));
        session_learn_tags(s);
    }
    load_facts(s);
    return !writes || session_claim(s, err);
}

static bool open_once(struct session **out, const struct session_options *options, struct err *err)
{
    struct session *s = mem_calloc(1, sizeof *s);
    s->purpose = options->purpose;
    s->cancel = options->cancel;
    s->address_only = options->address_only;
    s->sink = options->sink;
    if (options->wait_for_login) {
        s->login = login_wait_new(options->sink);
        s->sink = login_wait_sink(s->login);
    }
    s->profile = options->profile ? mem_strdup(options->profile) : NULL;
    s->region = options->region ? mem_strdup(options->region) : NULL;
    s->facts = facts_new();
    if (!open_parts(s, options, err)) {
        session_close(s);
        return false;
    }
    *out = s;
    return true;
}

enum { WAIT_MS = 2000 };

static void tell_waiting(const struct session_options *o, const struct err *why)
{
    AUTO_FREE char *text = mem_printf("%s; waiting for it", why->message);
    if (o->sink.emit)
        o->sink.emit(
            o->sink.context,
            &(struct event){.type = EVENT_WARNING, .wall_ms = clock_wall_ms(), .text = text});
}

bool session_open(struct session **out, const struct session_options *options, struct err *err)
{
    for (bool told = false;; told = true) {
        ERR_AUTO e = {0};
        if (open_once(out, options, &e))
            return true;
        if (!options->wait || !err_is(&e, LEASE_HELD)) {
            err_move(err, &e);
            return false;
        }
        if (!told)
            tell_waiting(options, &e);
        if (!cancel_sleep(options->cancel, WAIT_MS))
            return err_set(err, ERR_CANCELLED, "stopped while waiting for another forest-setup");
    }
}

void session_close(struct session *s)
{
    if (!s)
        return;
    session_give_back(s);
    lease_free(s->lease);
    stack_close(s->stack);
    login_wait_free(s->login);
    journal_close(s->journal);
    facts_free(s->facts);
    answers_clear(&s->own_answers);
    mem_free(s->state_dir);
    mem_free(s->profile);
    mem_free(s->region);
    mem_free(s);
}

// For looking live, the stack is opened only when somebody asks: the records alone need no login.
bool session_need_stack(struct session *s, struct err *err)
{
    if (s->stack)
        return true;
    struct session_options o = {.profile = s->profile, .region = s->region, .cancel = s->cancel};
    return open_stack(s, &o, err);
}
