// SPDX-License-Identifier: MIT
// When a session takes the setup's lease on AWS, and when it gives it back.
#include "backend/steps/common.h"
#include "backend/steps/session_private.h"

// Was the last run of this machine brought to its end, its lease given back? Then most likely
// nothing is to be created.
static bool finished(const struct session *s)
{
    if (lease_remembered(journal_dir(s->journal)))
        return false;
    const struct json *outcome = journal_outcome(s->journal);
    const char *command = json_str(outcome, "command");
    return str_eq(json_str(outcome, "result"), "done") &&
           (str_eq(command, "apply") || str_eq(command, "recover"));
}

static struct lease_options options_of(const struct session *s)
{
    return (struct lease_options){
        .stack = s->stack, .records_dir = journal_dir(s->journal), .cancel = s->cancel};
}

bool session_need_lease(struct session *s, struct err *err)
{
    if (s->lease)
        return true;
    struct lease_options options = options_of(s);
    if (!lease_take(&s->lease, &options, err))
        return false;
    aws_client_guard(s->stack->aws, lease_permit, s->lease);
    return true;
}

bool session_claim(struct session *s, struct err *err)
{
    if (s->purpose == SESSION_APPLY)
        return finished(s) || session_need_lease(s, err);
    // A destroy shows first what goes and asks; it is told before that when somebody is at work.
    struct lease_options options = options_of(s);
    return lease_look(&options, err);
}

bool session_release(struct session *s, struct err *err)
{
    if (!s->lease)
        return true;
    aws_client_guard(s->stack->aws, NULL, NULL);
    return lease_release(s->lease, err) ||
           err_wrap(err, "the claim of this run could not be given back");
}

void session_give_back(struct session *s)
{
    ERR_AUTO e = {0};
    if (!session_release(s, &e) && s->sink.emit) {
        AUTO_FREE char *text = mem_printf(
            "%s; it ends by itself within a minute, and the next run takes it away", e.message);
        s->sink.emit(
            s->sink.context,
            &(struct event){.type = EVENT_WARNING, .wall_ms = clock_wall_ms(), .text = text});
    }
}
