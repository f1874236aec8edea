// SPDX-License-Identifier: MIT
// forest-setup destroy NAME: shows what goes and what stays, asks, deletes, and looks whether
// something is left.
#include "backend/base/mem.h"
#include "backend/steps/session.h"
#include "screens/cli/cli.h"
#include "screens/cli/exit_codes.h"
#include "screens/cli/print_json.h"
#include "screens/prices.h"

struct work {
    struct cli *cli;
    struct session *session;
    struct plan plan;
    struct summary summary;
    struct leftovers left;
    bool ran;
    bool refused; // --yes is missing
};

static bool goes(const struct plan_item *item)
{
    bool ours = item->action == PLAN_REUSE || item->action == PLAN_CHANGE;
    return ours && item->step->undo &&
           !(item->step->flags & (STEP_EXISTING | STEP_KEPT | STEP_CHECK));
}

static bool stays(const struct plan_item *item)
{
    bool there = item->action == PLAN_REUSE || item->action == PLAN_CHANGE;
    return there && (item->step->flags & (STEP_EXISTING | STEP_KEPT));
}

static size_t print_items(struct cli *cli, const struct plan *plan, const char *heading,
                          bool (*chosen)(const struct plan_item *item))
{
    size_t n = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_item *item = &plan->items[i];
        if (!chosen(item))
            continue;
        if (n++ == 0)
            plain_line(&cli->out, "%s", heading);
        plain_line(&cli->out, " - %-32s  %s", item->step->title, item->text ? item->text : "");
    }
    return n;
}

static void show_json(struct cli *cli, const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_item *item = &plan->items[i];
        const char *word = goes(item) ? "delete" : stays(item) ? "keep" : NULL;
        if (!word)
            continue;
        JSON_AUTO *o = json_strings("type", "plan_item", "step", item->step->id, "title",
                                    item->step->title, "group", item->step->group, "kind",
                                    item->step->kind, "word", word, "text", item->text, NULL);
        jsonl_print(cli->out.to, o);
    }
}

static void show(struct work *w)
{
    if (w->cli->json) {
        show_json(w->cli, &w->plan);
        return;
    }
    plain_line(&w->cli->out, "%s, account %s, %s", session_name(w->session),
               session_account(w->session), session_region(w->session));
    if (print_items(w->cli, &w->plan, "Goes", goes) == 0)
        plain_line(&w->cli->out, "Nothing of this setup is left on AWS.");
    print_items(w->cli, &w->plan, "Stays", stays);
}

static bool agreed(struct work *w, struct err *err)
{
    struct cli *cli = w->cli;
    if (cli->yes)
        return true;
    if (!cli->in_terminal) {
        w->refused = true;
        err_set(err, ERR_INPUT, "destroy asks first, and there is no terminal to ask on");
        return err_remedy(err, "give --yes to delete without being asked");
    }
    const char *name = session_name(w->session);
    AUTO_FREE char *question = mem_printf("Type %s to delete all of it from account %s:", name,
                                          session_account(w->session));
    return cli_confirm(cli, question, name) ||
           err_set(err, ERR_CANCELLED, "its name was not typed, so nothing was deleted");
}

static bool work(struct work *w, struct err *err)
{
    if (!session_plan(w->session, &w->plan, err))
        return false;
    show(w);
    if (!agreed(w, err))
        return false;
    w->ran = true;
    return session_destroy(w->session, &w->plan, &w->summary, &w->left, err);
}

// What is left, what each costs a month, and the sum.
static void tell_left(struct work *w)
{
    struct plain *to = &w->cli->err;
    double sum = 0;
    for (size_t i = 0; i < w->left.count; i++) {
        double month = 0;
        bool known = prices_left(w->left.items[i], session_answers(w->session), &month);
        AUTO_FREE char *price = prices_text(month);
        plain_line(to, "left: %s  %s", w->left.items[i],
                   !known      ? "cost unknown"
                   : month > 0 ? price
                               : "costs nothing");
        sum += month;
    }
    if (!w->left.count)
        return;
    AUTO_FREE char *price = prices_text(sum);
    AUTO_FREE char *basis = prices_basis(session_region(w->session));
    plain_line(to, "What is left costs %s a month. %s", price, basis);
}

static void tell(struct work *w, const struct err *err, int code)
{
    struct cli *cli = w->cli;
    tell_left(w);
    if (code == EXIT_DONE) {
        AUTO_FREE char *price = prices_text(prices_month(session_answers(w->session)));
        plain_line(&cli->out, "Left behind, all of it would cost %s a month.", price);
        plain_line(&cli->out, "%s is gone. Nothing that carries its tag is left.",
                   session_name(w->session));
    } else {
        plain_error(&cli->err, err);
    }
    if (code != EXIT_DONE && w->ran)
        plain_line(&cli->err, "  Go on: forest-setup destroy %s", session_name(w->session));
}

static void put_left(struct work *w, struct json *o)
{
    struct json *left = json_put(o, "left", json_array());
    struct json *costs = json_put(o, "left_costs", json_array());
    double sum = 0;
    for (size_t i = 0; i < w->left.count; i++) {
        double month = 0;
        (void)prices_left(w->left.items[i], session_answers(w->session), &month);
        json_push_str(left, w->left.items[i]);
        struct json *one = json_push(costs, json_strings("what", w->left.items[i], NULL));
        json_put_num(one, "usd_month", month);
        sum += month;
    }
    json_put_num(o, "left_usd_month", sum);
}

static void tell_json(struct work *w, const struct err *err, int code)
{
    JSON_AUTO *o = jsonl_summary("destroy", code);
    json_put_str(o, "name", session_name(w->session));
    json_put_str(o, "account", session_account(w->session));
    json_put_str(o, "region", session_region(w->session));
    if (w->ran)
        jsonl_summary_run(o, &w->summary);
    struct aws_counts counts = {0};
    session_counts(w->session, &counts);
    jsonl_summary_calls(o, &counts);
    aws_counts_clear(&counts);
    put_left(w, o);
    if (code != EXIT_DONE)
        json_put(o, "error", jsonl_error(err));
    jsonl_print(w->cli->out.to, o);
}

static int destroy_open(struct work *w)
{
    ERR_AUTO err = {0};
    int code = EXIT_DONE;
    if (!work(w, &err))
        code = w->ran ? exit_for_run(&err) : w->refused ? EXIT_USAGE : exit_for(&err);
    if (w->cli->json)
        tell_json(w, &err, code);
    if (!w->cli->json || code != EXIT_DONE)
        tell(w, &err, code);
    return code;
}

int command_destroy(struct cli *cli)
{
    struct work w = {.cli = cli};
    struct session_options options = {
        .purpose = SESSION_DESTROY,
        .name = cli->setup,
        .profile = cli->profile,
        .region = cli->region,
        .cancel = cli->cancel,
        .wait = cli->wait,
        // Who sits there can sign in again; in a pipeline an expired login ends the run.
        .wait_for_login = cli->in_terminal,
        .sink = cli->json ? (struct event_sink){jsonl_event, cli->out.to}
                          : (struct event_sink){plain_event, &cli->out},
    };
    ERR_AUTO err = {0};
    if (!session_open(&w.session, &options, &err))
        return cli_fail(cli, &err);
    int code = destroy_open(&w);
    leftovers_clear(&w.left);
    engine_summary_clear(&w.summary);
    engine_plan_clear(&w.plan);
    session_close(w.session);
    return code;
}
