// SPDX-License-Identifier: MIT
// forest-setup vpcs: the networks of a region with a verdict for each, as the wizard's network
// screen shows them.
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/steps/session.h"
#include "screens/cli/cli.h"
#include "screens/cli/exit_codes.h"
#include "screens/cli/print_json.h"

static void print_subnet(struct cli *cli, const struct json *subnet)
{
    plain_line(&cli->out, "     %-26s %-9s %-10s %-28s %4lld free%s", json_str_or(subnet, "id", ""),
               json_str_or(subnet, "kind", ""), json_str_or(subnet, "zone_id", ""),
               json_str_or(subnet, "way_out", ""), (long long)json_int(subnet, "free_addresses", 0),
               json_bool(subnet, "vpc_link", true) ? "" : "  VPC links do not work in this zone");
}

static void print_vpc(struct cli *cli, const struct json *vpc)
{
    bool usable = json_bool(vpc, "usable", false);
    const char *name = json_str_or(vpc, "name", "");
    const char *called = *name                              ? name
                         : json_bool(vpc, "default", false) ? "(default)"
                                                            : "(no name)";
    AUTO_FREE char *padded = plain_pad(called, 18);
    plain_line(&cli->out, " %s %s  %-22s  %-16s  %s",
               plain_glyph(&cli->out, usable ? GLYPH_DONE : GLYPH_FAILED), padded,
               json_str_or(vpc, "id", ""), json_str_or(vpc, "cidr", ""),
               json_str_or(vpc, "verdict", ""));
    if (!usable && json_str(vpc, "remedy"))
        plain_line(&cli->out, "     Remedy  %s", json_str(vpc, "remedy"));
    for (const struct json *s = json_first(json_get(vpc, "subnets")); s; s = json_next(s))
        print_subnet(cli, s);
}

static void print_json(struct cli *cli, const struct json *vpcs)
{
    for (const struct json *v = json_first(vpcs); v; v = json_next(v)) {
        JSON_AUTO *o = json_strings("type", "vpc", NULL);
        for (const struct json *c = json_first(v); c; c = json_next(c))
            json_put(o, json_key(c), json_copy(c));
        jsonl_print(cli->out.to, o);
    }
    JSON_AUTO *summary = jsonl_summary("vpcs", EXIT_DONE);
    json_put_int(summary, "count", (int64_t)json_count(vpcs));
    jsonl_print(cli->out.to, summary);
}

int command_vpcs(struct cli *cli)
{
    ERR_AUTO err = {0};
    struct json *found = NULL;
    if (!session_vpcs(cli->profile, cli->region, cli->cancel, &found, &err))
        return cli_fail(cli, &err);
    JSON_AUTO *vpcs = found;
    if (cli->json) {
        print_json(cli, vpcs);
        return EXIT_DONE;
    }
    if (json_count(vpcs) == 0)
        plain_line(&cli->out, "There is no VPC in this region.");
    for (const struct json *v = json_first(vpcs); v; v = json_next(v))
        print_vpc(cli, v);
    return EXIT_DONE;
}
