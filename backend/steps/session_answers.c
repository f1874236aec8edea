// SPDX-License-Identifier: MIT
// The answers of a session: those of the records, those that AWS tells, and what is kept of them.
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/setup/config.h"
#include "backend/setup/validate.h"
#include "backend/steps/recover.h"
#include "backend/steps/session_private.h"

// Records whose run was killed before it wrote its answers. To look or to destroy, the name is
// enough: the rest is read from AWS.
static bool no_answers(struct session *s, struct err *err)
{
    const char *name = journal_name(s->journal);
    if (s->purpose != SESSION_APPLY) {
        str_replace(&s->answers->name, name);
        s->answers_lost = true;
        return true;
    }
    err_set(err, ERR_NOT_FOUND, "the records of %s hold no answers", name);
    return err_remedy(err,
                      "Give them: forest-setup apply -c FILE. Or let AWS tell them: forest-setup "
                      "recover %s.",
                      name);
}

bool session_read_answers(struct session *s, struct err *err)
{
    const struct json *kept = journal_answers(s->journal);
    answers_init(&s->own_answers);
    s->answers = &s->own_answers;
    if (!kept)
        return no_answers(s, err);
    return config_read(kept, &s->own_answers, err) ||
           err_wrap(err, "the recorded answers of %s", journal_name(s->journal));
}

// For a destroy of records without answers.
bool session_find_answers(struct session *s, struct err *err)
{
    if (!s->answers_lost)
        return true;
    struct recovered told = {0};
    bool ok = recover_answers(s->stack, s->answers->name, &told, err);
    if (ok) {
        answers_clear(&s->own_answers);
        answers_copy(&s->own_answers, &told.answers);
    }
    stack_take(s->stack, &s->own_answers);
    recovered_clear(&told);
    return ok;
}

bool session_keep_answers(struct session *s, struct err *err)
{
    JSON_AUTO *kept = config_write(s->answers);
    AUTO_FREE char *now = json_print(kept);
    AUTO_FREE char *before =
        journal_answers(s->journal) ? json_print(journal_answers(s->journal)) : NULL;
    return str_eq(now, before) || journal_write_answers(s->journal, kept, err);
}

// Which tags the things may carry from earlier runs: as the step recorded it, or by the answers
// that were acted on last.
void session_learn_tags(struct session *s)
{
    const struct journal_step *j = journal_step(s->journal, "tags");
    const char *recorded = j ? json_str(j->facts, "keys") : NULL;
    const struct json *given = json_path(journal_answers(s->journal), "options.tags");
    STR_AUTO keys = {0};
    str_init(&keys, STR_BODY);
    for (const struct json *t = json_first(given); t; t = json_next(t))
        str_addf(&keys, "%s%s", keys.len ? "," : "", json_key(t));
    str_replace(&s->stack->tag_keys, recorded ? recorded : keys.len ? keys.data : NULL);
}

// Forest's own tools and its agent read FOREST_SERVER_URL; an answer comes first. Recorded with the
// answers, so that a resume and the container use the same.
bool session_take_server(struct answers *answers, struct err *err)
{
    const char *override = getenv("FOREST_SERVER_URL");
    if (answers->forest.server_url || str_empty(override))
        return true;
    if (!validate_text("forest.server_url", override, err))
        return err_wrap(err, "FOREST_SERVER_URL");
    str_replace(&answers->forest.server_url, override);
    return true;
}
