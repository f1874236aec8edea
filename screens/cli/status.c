// SPDX-License-Identifier: MIT
// forest-setup status [NAME]: the setups of this machine, or one of them as it is now.
#include "screens/cli/status.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/steps/session.h"
#include "screens/cli/exit_codes.h"
#include "screens/cli/print_json.h"

enum { WHY_CHARS = 160 };

static char *progress_of(const struct setup *s)
{
    if (s->state == SETUP_DAMAGED)
        return mem_strdup("its journal is damaged");
    if (s->state == SETUP_RUNNING)
        return mem_printf("running  %s", s->url ? s->url : "");
    if (s->going)
        return mem_printf("not all of it is taken away yet  %s", s->at ? s->at : "");
    if (!s->total)
        return mem_strdup("not begun");
    return mem_printf("stopped at %u of %u  %s", s->done, s->total, s->at ? s->at : "");
}

// A list shows what is wrong in one row; status NAME shows all of it.
static char *first_line(const char *text)
{
    AUTO_FREE char *line = mem_strndup(text, strcspn(text, "\n"));
    return text_safe(line, WHY_CHARS);
}

static void print_setup(struct cli *cli, const struct setup *s)
{
    static const enum glyph glyphs[] = {GLYPH_DONE, GLYPH_HERE, GLYPH_FAILED};
    AUTO_FREE char *progress = progress_of(s);
    plain_line(&cli->out, " %s %-20s %-15s %s", plain_glyph(&cli->out, glyphs[s->state]), s->name,
               s->region ? s->region : "", progress);
    AUTO_FREE char *why = s->why ? first_line(s->why) : NULL;
    if (why)
        plain_line(&cli->out, "   %-20s %-15s %s", "", "", why);
}

void status_print(struct cli *cli, const struct setups *setups)
{
    if (setups->count == 0)
        plain_line(&cli->out, "There is no setup on this machine yet.");
    for (size_t i = 0; i < setups->count; i++)
        print_setup(cli, &setups->items[i]);
}

void status_print_json(struct cli *cli, const struct setups *setups)
{
    for (size_t i = 0; i < setups->count; i++) {
        JSON_AUTO *o = setup_json(&setups->items[i]);
        jsonl_print(cli->out.to, o);
    }
    JSON_AUTO *summary = jsonl_summary(cli->command ? "status" : "welcome", EXIT_DONE);
    json_put_int(summary, "count", (int64_t)setups->count);
    jsonl_print(cli->out.to, summary);
}

static int unknown_setup(struct cli *cli)
{
    ERR_AUTO err = {0};
    err_set(&err, ERR_NOT_FOUND, "there is no setup called %s on this machine", cli->setup);
    err_remedy(&err, "forest-setup status lists them");
    return cli_fail(cli, &err);
}

// What the journal alone says of one setup.
static int offline(struct cli *cli)
{
    ERR_AUTO err = {0};
    struct setups all = {0};
    if (!setups_load(&all, &err))
        return cli_fail(cli, &err);
    struct setups one = {0};
    for (size_t i = 0; i < all.count; i++)
        if (str_eq(all.items[i].name, cli->setup))
            one = (struct setups){&all.items[i], 1};
    int code = EXIT_DONE;
    if (one.count == 0)
        code = unknown_setup(cli);
    else if (cli->json)
        status_print_json(cli, &one);
    else
        status_print(cli, &one);
    if (one.count && one.items[0].state == SETUP_DAMAGED)
        code = EXIT_JOURNAL;
    setups_clear(&all);
    return code;
}

static enum glyph glyph_of(const char *state)
{
    if (str_eq(state, "done"))
        return GLYPH_DONE;
    return str_eq(state, "failed") || str_eq(state, "interrupted") ? GLYPH_FAILED : GLYPH_WAITING;
}

// A check is a step too: its title says what it is when there is nothing else to say.
static const char *title_of(const struct json *status, const char *id)
{
    for (const struct json *s = json_first(json_get(status, "steps")); s; s = json_next(s))
        if (str_eq(json_str(s, "id"), id))
            return json_str_or(s, "title", id);
    return id;
}

static void print_live(struct cli *cli, const struct json *status)
{
    const struct json *live = json_get(status, "live");
    if (!live)
        return;
    plain_line(&cli->out, "Now: %lld of %lld tasks running  %s",
               (long long)json_int(live, "running", 0), (long long)json_int(live, "desired", 0),
               json_str_or(live, "rollout", ""));
    for (const struct json *c = json_first(json_get(live, "checks")); c; c = json_next(c))
        plain_line(&cli->out, " %s %-32s  %s",
                   plain_glyph(&cli->out, json_bool(c, "ok", false) ? GLYPH_DONE : GLYPH_FAILED),
                   title_of(status, json_str_or(c, "id", "")), json_str_or(c, "text", ""));
}

static void print_status(struct cli *cli, const struct json *s)
{
    plain_line(&cli->out, "%s, account %s, %s: %s", json_str_or(s, "name", ""),
               json_str_or(s, "account", "?"), json_str_or(s, "region", "?"),
               json_str_or(s, "state", ""));
    if (json_str(s, "text"))
        plain_line(&cli->out, "%s", json_str(s, "text"));
    for (const struct json *step = json_first(json_get(s, "steps")); step; step = json_next(step)) {
        const char *state = json_str_or(step, "state", "");
        const char *error = json_str(step, "error");
        plain_line(&cli->out, " %s %-32s  %s%s%s", plain_glyph(&cli->out, glyph_of(state)),
                   json_str_or(step, "title", ""), state, error ? ": " : "", error ? error : "");
    }
    print_live(cli, s);
    if (json_str(s, "url"))
        plain_line(&cli->out, "%s", json_str(s, "url"));
}

static void show_one(struct cli *cli, const struct json *status, int code)
{
    if (!cli->json) {
        print_status(cli, status);
        return;
    }
    JSON_AUTO *summary = jsonl_summary("status", code);
    for (const struct json *c = json_first(status); c; c = json_next(c))
        json_put(summary, str_eq(json_key(c), "command") ? "last_command" : json_key(c),
                 json_copy(c));
    jsonl_print(cli->out.to, summary);
}

// How it runs now; when AWS cannot be asked, what is recorded, and then why it could not.
static int status_open(struct cli *cli, struct session *session)
{
    ERR_AUTO err = {0};
    struct json *found = NULL;
    bool ok = session_status(session, true, &found, &err);
    ERR_AUTO second = {0};
    if (!ok && !session_status(session, false, &found, &second))
        return cli_fail(cli, &err);
    JSON_AUTO *status = found;
    int code = ok ? EXIT_DONE : exit_for(&err);
    if (!ok && cli->json)
        json_put(found, "error", jsonl_error(&err));
    show_one(cli, status, code);
    if (!ok)
        plain_error(&cli->err, &err);
    return code;
}

static int live(struct cli *cli)
{
    struct session_options options = {.purpose = SESSION_LOOK,
                                      .name = cli->setup,
                                      .profile = cli->profile,
                                      .region = cli->region,
                                      .cancel = cli->cancel};
    ERR_AUTO err = {0};
    struct session *session = NULL;
    if (!session_open(&session, &options, &err))
        return cli_fail(cli, &err);
    int code = status_open(cli, session);
    session_close(session);
    return code;
}

int command_status(struct cli *cli)
{
    if (cli->setup)
        return cli->offline ? offline(cli) : live(cli);
    ERR_AUTO err = {0};
    struct setups setups = {0};
    if (!setups_load(&setups, &err))
        return cli_fail(cli, &err);
    if (cli->json)
        status_print_json(cli, &setups);
    else
        status_print(cli, &setups);
    setups_clear(&setups);
    return EXIT_DONE;
}
