// SPDX-License-Identifier: MIT
// forest-setup recover [NAME]: the setups that AWS knows, and the records of one of them rebuilt.
#include "backend/steps/recover.h"

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/cli/cli.h"
#include "screens/cli/exit_codes.h"
#include "screens/cli/print_json.h"

static char *progress_of(const struct json *setup)
{
    const char *url = json_str_or(setup, "url", "");
    if (str_eq(json_str(setup, "state"), "running"))
        return mem_printf("running  %s", url);
    long long done = (long long)json_int(setup, "done", 0);
    if (!done)
        return mem_strdup("nothing of it is there");
    return mem_printf("%lld of %lld are there  %s", done, (long long)json_int(setup, "total", 0),
                      url);
}

static void print_list(struct cli *cli, const char *heading, const struct json *list)
{
    for (const struct json *n = json_first(list); n; n = json_next(n))
        plain_line(&cli->out, "     %s%s", n == json_first(list) ? heading : "", json_text(n));
}

static char *joined(const struct json *list)
{
    struct str text;
    str_init(&text, STR_LINE);
    for (const struct json *n = json_first(list); n; n = json_next(n))
        str_addf(&text, "%s%s", text.len ? ", " : "", json_text(n));
    char *out = mem_strdup(text.len ? text.data : "");
    str_clear(&text);
    return out;
}

static void print_setup(struct cli *cli, const struct json *s)
{
    bool running = str_eq(json_str(s, "state"), "running");
    AUTO_FREE char *progress = progress_of(s);
    AUTO_FREE char *missing = joined(json_get(s, "missing"));
    plain_line(&cli->out, " %s %-20s %s", plain_glyph(&cli->out, running ? GLYPH_DONE : GLYPH_HERE),
               json_str_or(s, "name", ""), progress);
    if (json_str(s, "created"))
        plain_line(&cli->out, "     begun   %s", json_str(s, "created"));
    if (json_str(s, "owner"))
        plain_line(&cli->out, "     by      %s", json_str(s, "owner"));
    if (*missing && json_int(s, "done", 0))
        plain_line(&cli->out, "     missing %s", missing);
    print_list(cli, "not ours: ", json_get(s, "foreign"));
}

static void print_all(struct cli *cli, const struct json *found)
{
    const struct json *setups = json_get(found, "setups");
    plain_line(&cli->out, "Account %s, %s", json_str_or(found, "account", "?"),
               json_str_or(found, "region", "?"));
    if (json_count(setups) == 0)
        plain_line(&cli->out, "AWS knows no setup here.");
    bool unknown = false;
    for (const struct json *s = json_first(setups); s; s = json_next(s)) {
        print_setup(cli, s);
        if (json_bool(s, "known", false))
            plain_line(&cli->out, "     this machine knows it: forest-setup status %s",
                       json_str_or(s, "name", ""));
        unknown = unknown || !json_bool(s, "known", false);
    }
    for (const struct json *n = json_first(json_get(found, "foreign")); n; n = json_next(n))
        plain_line(&cli->err, "not ours: %s", json_text(n));
    for (const struct json *n = json_first(json_get(found, "warnings")); n; n = json_next(n))
        plain_line(&cli->err, "warning: %s", json_text(n));
    if (unknown)
        plain_line(&cli->out, "Rebuild the records of one: forest-setup recover NAME");
}

static void print_all_json(struct cli *cli, const struct json *found)
{
    for (const struct json *s = json_first(json_get(found, "setups")); s; s = json_next(s)) {
        JSON_AUTO *o = json_strings("type", "setup", NULL);
        for (const struct json *c = json_first(s); c; c = json_next(c))
            json_put(o, json_key(c), json_copy(c));
        jsonl_print(cli->out.to, o);
    }
    JSON_AUTO *summary = jsonl_summary("recover", EXIT_DONE);
    json_put_int(summary, "count", (int64_t)json_count(json_get(found, "setups")));
    json_put_str(summary, "account", json_str(found, "account"));
    json_put_str(summary, "region", json_str(found, "region"));
    json_put(summary, "foreign", json_copy(json_get(found, "foreign")));
    json_put(summary, "warnings", json_copy(json_get(found, "warnings")));
    jsonl_print(cli->out.to, summary);
}

static void print_rebuilt(struct cli *cli, const struct json *s)
{
    const char *name = json_str_or(s, "name", "");
    bool running = str_eq(json_str(s, "state"), "running");
    AUTO_FREE char *unknown = joined(json_get(s, "unknown"));
    print_setup(cli, s);
    plain_line(&cli->out, "The records of %s are on this machine again.", name);
    if (*unknown)
        plain_line(&cli->out,
                   "AWS does not tell these answers: %s. What stands on them stays as it is; give "
                   "them with apply -c FILE to change it.",
                   unknown);
    plain_line(&cli->out,
               running ? "It runs: forest-setup status %s" : "Go on: forest-setup resume %s", name);
}

// Which call it was says nothing to who stopped it.
static int fail(struct cli *cli, struct err *err)
{
    if (err->kind == ERR_CANCELLED)
        err_set(err, ERR_CANCELLED, "stopped while looking at what there is");
    return cli_fail(cli, err);
}

static int recover_one(struct cli *cli, const struct recover_options *options)
{
    ERR_AUTO err = {0};
    struct json *found = NULL;
    if (!recover_setup(options, &found, &err))
        return fail(cli, &err);
    JSON_AUTO *setup = found;
    if (!cli->json) {
        print_rebuilt(cli, setup);
        return EXIT_DONE;
    }
    JSON_AUTO *summary = jsonl_summary("recover", EXIT_DONE);
    for (const struct json *c = json_first(setup); c; c = json_next(c))
        json_put(summary, json_key(c), json_copy(c));
    jsonl_print(cli->out.to, summary);
    return EXIT_DONE;
}

int command_recover(struct cli *cli)
{
    struct recover_options options = {
        .profile = cli->profile, .region = cli->region, .name = cli->setup, .cancel = cli->cancel};
    if (cli->setup)
        return recover_one(cli, &options);
    ERR_AUTO err = {0};
    struct json *found = NULL;
    if (!recover_list(&options, &found, &err))
        return fail(cli, &err);
    JSON_AUTO *all = found;
    if (cli->json)
        print_all_json(cli, all);
    else
        print_all(cli, all);
    return EXIT_DONE;
}
