// SPDX-License-Identifier: MIT
// Looking without changing: status, logs, networks, profiles.
#include <string.h>

#include "backend/aws/ecs.h"
#include "backend/aws/iam.h"
#include "backend/aws/logs.h"
#include "backend/base/fs.h"
#include "backend/base/text.h"
#include "backend/forest/forest.h"
#include "backend/steps/common.h"
#include "backend/steps/discover.h"
#include "backend/steps/session_private.h"

// ---- status

static const char *state_word(const struct journal_step *j)
{
    if (!j)
        return "to do";
    switch (j->state) {
    case JOURNAL_NONE: return "to do";
    case JOURNAL_INTENT: return "interrupted";
    case JOURNAL_DONE: return "done";
    case JOURNAL_FAILED: return "failed";
    case JOURNAL_UNDO_INTENT: return "being removed";
    case JOURNAL_GONE: return "gone";
    }
    return "unknown";
}

bool session_concerns(const struct session *s, const struct step *step)
{
    if (step->flags & STEP_EXISTING)
        return false;
    struct stack only_answers = {.answers = s->answers};
    const struct journal_step *j = journal_step(s->journal, step->id);
    return (j && j->state != JOURNAL_GONE) || !step->wanted || step->wanted(&only_answers);
}

static void add_steps(const struct session *s, struct json *out)
{
    struct json *list = json_put(out, "steps", json_array());
    int done = 0;
    int total = 0;
    size_t count = 0;
    const struct step *const *steps = stack_steps(&count);
    for (size_t i = 0; i < count; i++) {
        const struct journal_step *j = journal_step(s->journal, steps[i]->id);
        if (!session_concerns(s, steps[i]))
            continue;
        struct json *o =
            json_push(list, json_strings("id", steps[i]->id, "title", steps[i]->title, "group",
                                         steps[i]->group, "state", state_word(j), NULL));
        if (j && j->state == JOURNAL_FAILED)
            json_put_str(o, "error", j->error);
        done += j && j->state == JOURNAL_DONE;
        total++;
    }
    json_put_int(out, "done", done);
    json_put_int(out, "total", total);
}

static void add_outcome(const struct session *s, struct json *out)
{
    const struct json *outcome = journal_outcome(s->journal);
    const char *result = json_str(outcome, "result");
    const char *command = json_str(outcome, "command");
    bool apply = str_eq(command, "apply") || str_eq(command, "recover");
    json_put_str(out, "state",
                 str_eq(result, "done") && apply ? "running"
                 : str_eq(result, "stopped")     ? "stopped"
                                                 : "interrupted");
    json_put_str(out, "text", json_str(outcome, "text"));
    json_put_str(out, "remedy", json_str(outcome, "remedy"));
    json_put_str(out, "command", json_str(outcome, "command"));
    json_put_str(out, "at", json_str(outcome, "at"));
}

typedef bool check_function(const struct backend_check *check, bool *out_retry, struct err *err);

static void add_check(struct json *list, const char *id, check_function *run,
                      const struct backend_check *check)
{
    bool retry = false;
    ERR_AUTO e = {0};
    bool ok = run(check, &retry, &e);
    struct json *o = json_push(list, json_strings("id", id, "text", ok ? NULL : e.message, NULL));
    json_put_bool(o, "ok", ok);
}

static bool add_live(struct session *s, struct json *out, struct err *err)
{
    if (!session_need_stack(s, err))
        return false;
    struct json *live = json_put(out, "live", json_object());
    const char *cluster = facts_get(s->facts, "cluster.arn");
    JSON_AUTO *service = NULL;
    ERR_AUTO e = {0};
    if (cluster && ecs_get_service(s->stack->aws, cluster, s->stack->names.base, &service, &e)) {
        json_put_int(live, "running", json_int(service, "runningCount", 0));
        json_put_int(live, "desired", json_int(service, "desiredCount", 0));
        json_put_str(live, "rollout", json_str(service, "deployments.0.rolloutState"));
    } else if (e.kind != ERR_NONE && e.kind != ERR_NOT_FOUND) {
        err_move(err, &e);
        return false;
    }
    const char *url = session_url(s);
    struct json *checks = json_put(live, "checks", json_array());
    if (!url)
        return true;
    struct backend_check check = {.http = s->stack->http, .url = url, .cancel = s->cancel};
    add_check(checks, "check-address", forest_check_answers, &check);
    add_check(checks, "check-agent", forest_check_agent, &check);
    add_check(checks, "check-cors", forest_check_cors, &check);
    add_check(checks, "check-wall", forest_check_wall, &check);
    return true;
}

bool session_status(struct session *s, bool live, struct json **out, struct err *err)
{
    if (!s->journal)
        return err_set(err, ERR_NOT_FOUND, "there are no records of %s on this machine",
                       session_name(s));
    JSON_AUTO *o = json_strings("name", session_name(s), "account", session_account(s), "region",
                                session_region(s), "stack", journal_stack(s->journal), "url",
                                session_url(s), NULL);
    add_outcome(s, o);
    add_steps(s, o);
    if (live && !add_live(s, o, err))
        return false;
    *out = mem_steal(o);
    return true;
}

// ---- logs

struct log_reader {
    struct logs_cursor cursor;
    bool (*line)(void *context, const char *text);
    void *context;
    bool stopped;
    char **kept; // the last lines while collecting
    size_t kept_count, keep;
};

static void keep_line(struct log_reader *r, const char *text)
{
    if (r->kept_count == r->keep) {
        mem_free(r->kept[0]);
        memmove(r->kept, r->kept + 1, (r->keep - 1) * sizeof *r->kept);
        r->kept_count--;
    }
    r->kept[r->kept_count++] = mem_strdup(text);
}

static bool take_event(void *context, int64_t at_ms, const char *id, const char *message)
{
    struct log_reader *r = context;
    if (!logs_cursor_new(&r->cursor, at_ms, id))
        return true;
    AUTO_FREE char *when = clock_format(at_ms);
    AUTO_FREE char *safe = text_safe(message, 2000);
    AUTO_FREE char *text = mem_printf("%.19s  %s", when, safe);
    if (r->keep)
        keep_line(r, text);
    else
        r->stopped = !r->line(r->context, text);
    return !r->stopped;
}

static void show_kept(struct log_reader *r)
{
    for (size_t i = 0; i < r->kept_count; i++) {
        if (!r->stopped)
            r->stopped = !r->line(r->context, r->kept[i]);
        mem_free(r->kept[i]);
    }
    mem_free(r->kept);
    r->kept = NULL;
    r->kept_count = 0;
    r->keep = 0;
}

bool session_logs(struct session *s, unsigned last, bool follow,
                  bool (*line)(void *context, const char *text), void *context, struct err *err)
{
    if (!session_need_stack(s, err))
        return false;
    struct log_reader r = {.line = line, .context = context, .keep = last ? last : 1};
    r.kept = mem_calloc(r.keep, sizeof *r.kept);
    int64_t day_ms = (int64_t)24 * 3600 * 1000;
    int64_t from = clock_wall_ms() - day_ms;
    bool ok = logs_since(s->stack->aws, s->stack->names.log_group, from, take_event, &r, err);
    show_kept(&r);
    while (ok && follow && !r.stopped && cancel_sleep(s->cancel, 1000))
        ok = logs_since(s->stack->aws, s->stack->names.log_group,
                        r.cursor.newest_ms ? r.cursor.newest_ms : from, take_event, &r, err);
    logs_cursor_clear(&r.cursor);
    return ok || (follow && cancel_requested(s->cancel));
}

// ---- networks, without a setup

bool session_vpcs(const char *profile, const char *region, struct cancel *cancel, struct json **out,
                  struct err *err)
{
    struct answers none;
    answers_init(&none);
    struct stack_options o = {
        .answers = &none, .profile = profile, .region = region, .cancel = cancel};
    struct stack *stack = NULL;
    struct network *network = NULL;
    if (stack_open(&stack, &o, err))
        network = network_load(stack->aws, err);
    if (network) {
        network_load_endpoints(stack->aws, network);
        *out = network_json(network);
    }
    bool ok = network != NULL;
    network_free(network);
    stack_close(stack);
    answers_clear(&none);
    return ok;
}
