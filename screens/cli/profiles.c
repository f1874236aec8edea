// SPDX-License-Identifier: MIT
// forest-setup profiles: the AWS profiles of this machine and who each is; with --offline only what
// the files say.
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/steps/profiles.h"
#include "screens/cli/cli.h"
#include "screens/cli/exit_codes.h"
#include "screens/cli/print_json.h"

// Who it is, or why that could not be found out: the first line, for AWS explains a bad signature
// in twenty.
static char *who(const struct json *p)
{
    const char *account = json_str(p, "account");
    const char *alias = json_str(p, "alias");
    if (json_str(p, "principal"))
        return mem_printf("%s%s%s%s as %s%s%.16s", account, alias ? " (" : "", alias ? alias : "",
                          alias ? ")" : "", json_str(p, "principal"),
                          json_str(p, "expires") ? ", until " : "", json_str_or(p, "expires", ""));
    if (!json_str(p, "error"))
        return mem_printf("%s%s%s", account ? account : "", json_str(p, "role") ? " role " : "",
                          json_str_or(p, "role", ""));
    const char *error = json_str_or(p, "error", "");
    return mem_strndup(error, strcspn(error, "\n"));
}

static void print_profile(struct cli *cli, const struct json *p)
{
    const char *called = json_str_or(p, "name", "");
    AUTO_FREE char *name = plain_pad(*called ? called : "(no profile)", 22);
    AUTO_FREE char *is = who(p);
    plain_line(&cli->out, " %s  %-12s  %-14s  %s", name, json_str_or(p, "kind", ""),
               json_str_or(p, "region", ""), is);
}

int command_profiles(struct cli *cli)
{
    ERR_AUTO err = {0};
    struct json *found = NULL;
    if (!session_profiles(!cli->offline, cli->cancel, &found, &err))
        return cli_fail(cli, &err);
    JSON_AUTO *profiles = found;
    for (const struct json *p = json_first(profiles); p; p = json_next(p)) {
        if (!cli->json) {
            print_profile(cli, p);
            continue;
        }
        JSON_AUTO *o = json_strings("type", "profile", NULL);
        for (const struct json *c = json_first(p); c; c = json_next(c))
            json_put(o, json_key(c), json_copy(c));
        jsonl_print(cli->out.to, o);
    }
    if (cli->json) {
        JSON_AUTO *summary = jsonl_summary("profiles", EXIT_DONE);
        json_put_int(summary, "count", (int64_t)json_count(profiles));
        jsonl_print(cli->out.to, summary);
    } else if (json_count(profiles) == 0) {
        plain_line(&cli->out, "There is no AWS profile on this machine. Run aws configure, or set "
                              "AWS_ACCESS_KEY_ID.");
    }
    return EXIT_DONE;
}
