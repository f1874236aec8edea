// SPDX-License-Identifier: MIT
// Help, generated from the tables of commands, options and exit codes.
#include <stdio.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/cli/cli.h"
#include "screens/cli/exit_codes.h"

static void print_options(FILE *to, unsigned bits)
{
    size_t n = 0;
    const struct option_row *rows = option_rows(&n);
    for (size_t i = 0; i < n; i++) {
        if (!(bits & rows[i].bit))
            continue;
        AUTO_FREE char *name = mem_printf("--%s%s%s", rows[i].name, rows[i].value ? " " : "",
                                          rows[i].value ? rows[i].value : "");
        if (rows[i].letter)
            fprintf(to, "  -%c, %-20s %s\n", rows[i].letter, name, rows[i].text);
        else
            fprintf(to, "      %-20s %s\n", name, rows[i].text);
    }
}

static void print_command(FILE *to, const struct command *c)
{
    fprintf(to, "forest-setup %s: %s\n\n", c->name, c->summary);
    fprintf(to, "Usage: forest-setup %s%s%s [options]\n\n%s\n\nOptions\n", c->name,
            *c->operand ? " " : "", c->operand, c->about);
    print_options(to, c->options);
    if (c->example)
        fprintf(to, "\nExample\n  %s\n", c->example);
    fprintf(to, "\nExit codes: forest-setup --help\n");
}

static void print_program(FILE *to)
{
    fprintf(to, "forest-setup: a private Forest Admin backend on AWS, from two secrets to a URL\n\n"
                "Usage: forest-setup [command] [options]\n\nCommands\n");
    size_t n = 0;
    const struct command *all = commands(&n);
    for (size_t i = 0; i < n; i++) {
        AUTO_FREE char *left = mem_printf("%s %s", all[i].name, all[i].operand);
        fprintf(to, "  %-16s %s\n", left, all[i].summary);
    }
    fprintf(to,
            "\nWithout a command: the wizard, which asks, shows what it would do, does it and ends "
            "with the URL.\n-c FILE opens it filled in. Without a terminal: the setups of this "
            "machine.\nEach command has its own --help.\n\nOptions\n");
    print_options(to, OPTIONS_WIZARD);
    fprintf(to, "\nSecrets are never given on the command line. The answer file refers to them:\n"
                "  \"env:NAME\"  \"file:PATH\"  \"stdin\"  and for the auth secret "
                "\"generate\"\n\nExit codes\n");
    const struct exit_meaning *codes = exit_meanings(&n);
    for (size_t i = 0; i < n; i++)
        fprintf(to, "  %3d  %s\n", (int)codes[i].code, codes[i].text);
    fprintf(to, "\nEnvironment\n"
                "  AWS_*              as the AWS CLI reads them, AWS_ENDPOINT_URL too\n"
                "  FOREST_SERVER_URL  another Forest than https://api.forestadmin.com\n"
                "  NO_COLOR           no colours\n"
                "  ACCESSIBLE         the wizard as numbered prompts, for a screen reader\n"
                "  XDG_STATE_HOME     where the journals are (~/.local/state)\n"
                "  XDG_CACHE_HOME     where images are built (~/.cache)\n");
}

void help_print(const struct cli *cli)
{
    if (cli->command)
        print_command(cli->out.to, cli->command);
    else
        print_program(cli->out.to);
}
