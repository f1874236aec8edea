// SPDX-License-Identifier: MIT
// A run for the wizard: open, plan, tell the plan, do it, tell how it ended.
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/core/parts.h"

struct work {
    const struct core_run_options *options;
    struct session *session;
    struct plan plan;
    struct summary summary;
    struct leftovers left;
};

static struct json *result_of(struct work *w)
{
    struct json *o =
        json_strings("name", session_name(w->session), "account", session_account(w->session),
                     "region", session_region(w->session), "url", session_url(w->session), NULL);
    json_put_int(o, "done", w->summary.done);
    json_put_int(o, "total", w->summary.total);
    json_put_int(o, "duration_ms", w->summary.makespan_ms);
    if (w->summary.failed)
        json_put(o, "failed",
                 json_strings("id", w->summary.failed->id, "title", w->summary.failed->title,
                              "group", w->summary.failed->group, NULL));
    struct json *left = json_put(o, "left", json_array());
    for (size_t i = 0; i < w->left.count; i++)
        json_push_str(left, w->left.items[i]);
    struct aws_counts counts = {0};
    session_counts(w->session, &counts);
    int64_t calls = 0;
    for (size_t i = 0; i < counts.count; i++)
        calls += counts.items[i].calls;
    json_put_int(o, "calls", calls);
    aws_counts_clear(&counts);
    return o;
}

static void tell_plan(struct work *w)
{
    if (!w->options->planned)
        return;
    JSON_AUTO *plan = core_plan_json(w->session, &w->plan, w->options->what == CORE_DESTROY);
    w->options->planned(w->options->context, plan);
}

static bool work(struct work *w, struct err *err)
{
    bool destroy = w->options->what == CORE_DESTROY;
    bool planned = session_plan(w->session, &w->plan, err);
    tell_plan(w);
    if (!planned)
        return false;
    if (destroy)
        return session_destroy(w->session, &w->plan, &w->summary, &w->left, err);
    return !engine_blocked(&w->plan, err) && session_apply(w->session, &w->plan, &w->summary, err);
}

bool core_run_setup(const struct core_run_options *options, struct json **out, struct err *err)
{
    struct work w = {.options = options};
    struct answers copy = {0};
    bool by_answers = options->answers && options->what != CORE_DESTROY;
    if (by_answers) {
        answers_copy(&copy, options->answers);
        if (options->what == CORE_RESUME)
            core_refer_to_secrets(&copy);
    }
    struct session_options open = {.purpose = options->what == CORE_DESTROY ? SESSION_DESTROY
                                                                            : SESSION_APPLY,
                                   .answers = by_answers ? &copy : NULL,
                                   .name = by_answers ? NULL : options->name,
                                   .address_only = options->what == CORE_RESERVE,
                                   .secrets_stored = options->what == CORE_RESUME,
                                   .wait_for_login = true,
                                   .cancel = options->cancel,
                                   .sink = options->sink};
    bool ok = session_open(&w.session, &open, err);
    if (ok) {
        ok = work(&w, err);
        *out = result_of(&w);
    }
    leftovers_clear(&w.left);
    engine_summary_clear(&w.summary);
    engine_plan_clear(&w.plan);
    session_close(w.session);
    answers_clear(&copy);
    return ok;
}
