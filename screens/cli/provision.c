// SPDX-License-Identifier: MIT
#include "screens/cli/provision.h"

#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/steps/session.h"
#include "screens/cli/exit_codes.h"
#include "screens/cli/print_json.h"

struct work {
    struct cli *cli;
    struct plain *progress; // stdout on a terminal, stderr in a pipe
    struct session *session;
    struct plan plan;
    struct summary summary;
    bool ran;
};

static bool something_to_do(const struct plan *plan)
{
    return plan->create + plan->change > 0;
}

static bool work(struct work *w, struct err *err)
{
    struct cli *cli = w->cli;
    if (!cli->json)
        plain_line(w->progress, "%s, account %s, %s", session_name(w->session),
                   session_account(w->session), session_region(w->session));
    if (!session_plan(w->session, &w->plan, err))
        return false;
    if (cli->json)
        jsonl_plan(cli->out.to, &w->plan);
    else if (something_to_do(&w->plan))
        plain_plan(w->progress, &w->plan, true);
    if (engine_blocked(&w->plan, err))
        return false;
    w->ran = true;
    return session_apply(w->session, &w->plan, &w->summary, err);
}

static struct json *summary_of(struct work *w, int code, const struct err *err)
{
    struct json *o = jsonl_summary(w->cli->command->name, code);
    json_put_str(o, "name", session_name(w->session));
    json_put_str(o, "account", session_account(w->session));
    json_put_str(o, "region", session_region(w->session));
    json_put_str(o, "url", session_url(w->session));
    jsonl_summary_plan(o, &w->plan);
    if (w->ran)
        jsonl_summary_run(o, &w->summary);
    struct aws_counts counts = {0};
    session_counts(w->session, &counts);
    jsonl_summary_calls(o, &counts);
    aws_counts_clear(&counts);
    if (code != EXIT_DONE) {
        struct json *e = json_put(o, "error", jsonl_error(err));
        json_put_str(e, "step", w->summary.failed ? w->summary.failed->id : NULL);
    }
    return o;
}

static void tell_numbers(struct work *w)
{
    struct aws_counts counts = {0};
    session_counts(w->session, &counts);
    plain_summary(w->progress, &w->summary, &counts);
    aws_counts_clear(&counts);
}

static void tell_failure(struct work *w, struct err *err)
{
    struct cli *cli = w->cli;
    if (w->ran)
        tell_numbers(w);
    if (w->summary.failed)
        err_wrap(err, "%s", w->summary.failed->title);
    plain_error(&cli->err, err);
    if (w->ran && err->kind != ERR_INTERNAL)
        plain_line(&cli->err, "  Everything made so far is kept. Go on: forest-setup resume %s",
                   session_name(w->session));
}

static void tell_success(struct work *w)
{
    tell_numbers(w);
    plain_line(w->progress,
               "%s is ready. In Forest: Settings > Environments > Backend URL, paste this:",
               session_name(w->session));
    const char *url = session_url(w->session);
    plain_line(&w->cli->out, "%s", url ? url : "");
}

static int provision_open(struct work *w)
{
    ERR_AUTO err = {0};
    bool ok = work(w, &err);
    int code = ok ? EXIT_DONE : w->ran ? exit_for_run(&err) : exit_for(&err);
    if (ok && !w->cli->json)
        tell_success(w);
    if (w->cli->json) {
        JSON_AUTO *summary = summary_of(w, code, &err);
        jsonl_print(w->cli->out.to, summary);
    }
    if (!ok)
        tell_failure(w, &err);
    return code;
}

// Such a library is part of this process before anything else and can read every secret in it.
static void tell_preloaded(struct cli *cli)
{
    const char *library = getenv("LD_PRELOAD");
    if (!str_empty(library))
        plain_line(&cli->err,
                   "Warning: LD_PRELOAD puts %s into this program, where it can read the "
                   "secrets. Unset it if you do not know it.",
                   library);
}

int provision(struct cli *cli, struct answers *answers)
{
    tell_preloaded(cli);
    struct work w = {.cli = cli, .progress = cli->out_terminal ? &cli->out : &cli->err};
    struct session_options options = {
        .purpose = SESSION_APPLY,
        .answers = answers,
        .name = answers ? NULL : cli->setup,
        .profile = cli->profile,
        .region = cli->region,
        .cancel = cli->cancel,
        .wait = cli->wait,
        // Who sits there can sign in again; in a pipeline an expired login ends the run.
        .wait_for_login = cli->in_terminal,
        .sink = cli->json ? (struct event_sink){jsonl_event, cli->out.to}
                          : (struct event_sink){plain_event, w.progress},
    };
    ERR_AUTO err = {0};
    if (!session_open(&w.session, &options, &err))
        return cli_fail(cli, &err);
    int code = provision_open(&w);
    engine_summary_clear(&w.summary);
    engine_plan_clear(&w.plan);
    session_close(w.session);
    return code;
}
