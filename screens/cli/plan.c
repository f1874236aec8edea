// SPDX-License-Identifier: MIT
// forest-setup plan -c FILE: what apply would do; reads only.
#include "backend/steps/session.h"
#include "screens/cli/cli.h"
#include "screens/cli/exit_codes.h"
#include "screens/cli/print_json.h"

static int code_of(const struct cli *cli, const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->items[i].action == PLAN_BLOCKED)
            return exit_for(&plan->items[i].err);
    return cli->exit_code && plan->create + plan->change > 0 ? EXIT_WOULD_CHANGE : EXIT_DONE;
}

static void print_json(struct cli *cli, struct session *session, const struct plan *plan, int code)
{
    jsonl_plan(cli->out.to, plan);
    JSON_AUTO *summary = jsonl_summary("plan", code);
    json_put_str(summary, "name", session_name(session));
    json_put_str(summary, "account", session_account(session));
    json_put_str(summary, "region", session_region(session));
    json_put_str(summary, "url", session_url(session));
    jsonl_summary_plan(summary, plan);
    struct aws_counts counts = {0};
    session_counts(session, &counts);
    jsonl_summary_calls(summary, &counts);
    aws_counts_clear(&counts);
    jsonl_print(cli->out.to, summary);
}

static int plan_open(struct cli *cli, struct session *session)
{
    ERR_AUTO err = {0};
    struct plan plan = {0};
    if (!session_plan(session, &plan, &err)) {
        engine_plan_clear(&plan);
        return cli_fail(cli, &err);
    }
    int code = code_of(cli, &plan);
    if (cli->json) {
        print_json(cli, session, &plan, code);
    } else {
        plain_line(&cli->out, "Plan for %s, account %s, %s", session_name(session),
                   session_account(session), session_region(session));
        plain_plan(&cli->out, &plan, false);
    }
    engine_plan_clear(&plan);
    return code;
}

static int plan_answers(struct cli *cli, struct answers *answers)
{
    struct session_options options = {
        .purpose = SESSION_PLAN,
        .answers = answers,
        .profile = cli->profile,
        .region = cli->region,
        .cancel = cli->cancel,
        .sink = cli->json ? (struct event_sink){jsonl_event, cli->out.to}
                          : (struct event_sink){plain_event, &cli->err},
    };
    ERR_AUTO err = {0};
    struct session *session = NULL;
    if (!session_open(&session, &options, &err))
        return cli_fail(cli, &err);
    int code = plan_open(cli, session);
    session_close(session);
    return code;
}

int command_plan(struct cli *cli)
{
    struct answers answers = {0};
    int code = 0;
    if (cli_answers(cli, &answers, &code))
        code = plan_answers(cli, &answers);
    answers_clear(&answers);
    return code;
}
