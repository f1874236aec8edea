// SPDX-License-Identifier: MIT
// forest-setup manual: the manual page, from the same tables as the help.
#include <stdio.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/cli/cli.h"
#include "screens/cli/exit_codes.h"

// Text of ours into roff: a line must not begin with a dot, a minus must stay one that can be
// copied.
static void roff(FILE *to, const char *text)
{
    bool start = true;
    for (const char *p = text; *p; p++) {
        if (start && (*p == '.' || *p == '\''))
            fputs("\\&", to);
        if (*p == '-' || *p == '\\')
            fputs(*p == '-' ? "\\-" : "\\e", to);
        else
            fputc(*p, to);
        start = *p == '\n';
    }
}

static void options_of(FILE *to, unsigned bits)
{
    size_t n = 0;
    const struct option_row *rows = option_rows(&n);
    for (size_t i = 0; i < n; i++) {
        if (!(bits & rows[i].bit))
            continue;
        fputs(".TP\n.B ", to);
        if (rows[i].letter)
            fprintf(to, "\\-%c, ", rows[i].letter);
        fputs("\\-\\-", to);
        roff(to, rows[i].name);
        if (rows[i].value)
            fprintf(to, " \\fI%s\\fB", rows[i].value);
        fputc('\n', to);
        roff(to, rows[i].text);
        fputc('\n', to);
    }
}

static void commands_of(FILE *to)
{
    size_t n = 0;
    const struct command *all = commands(&n);
    for (size_t i = 0; i < n; i++) {
        fprintf(to, ".SS \"forest\\-setup %s%s%s\"\n", all[i].name, *all[i].operand ? " " : "",
                all[i].operand);
        roff(to, all[i].about);
        fputc('\n', to);
        options_of(to, all[i].options & ~(unsigned)OPTIONS_COMMON);
        if (!all[i].example)
            continue;
        fputs(".PP\n.EX\n", to);
        roff(to, all[i].example);
        fputs("\n.EE\n", to);
    }
}

static void exit_codes(FILE *to)
{
    size_t n = 0;
    const struct exit_meaning *codes = exit_meanings(&n);
    for (size_t i = 0; i < n; i++) {
        fprintf(to, ".TP\n.B %d\n", (int)codes[i].code);
        roff(to, codes[i].text);
        fputc('\n', to);
    }
}

int command_manual(struct cli *cli)
{
    FILE *to = cli->out.to;
    fputs(
        ".TH FOREST\\-SETUP 1 \"\" \"forest\\-setup " FOREST_VERSION "\"\n"
        ".SH NAME\nforest\\-setup \\- a private Forest Admin backend on AWS, from two secrets to "
        "a URL\n"
        ".SH SYNOPSIS\n.B forest\\-setup\n[\\fIcommand\\fR] [\\fIoptions\\fR]\n"
        ".SH DESCRIPTION\n"
        "Without a command: the wizard, which asks, shows what it would do, does it and ends with "
        "the URL.\nEverything it does is also a command.\n"
        ".SH COMMANDS\n",
        to);
    commands_of(to);
    fputs(".SH OPTIONS\n", to);
    options_of(to, OPTIONS_WIZARD);
    fputs(".SH \"EXIT STATUS\"\n", to);
    exit_codes(to);
    fputs(".SH ENVIRONMENT\n"
          ".B AWS_*\nas the AWS CLI reads them;\n.BR NO_COLOR ,\n.BR ACCESSIBLE ,\n"
          ".BR XDG_STATE_HOME ,\n.BR XDG_CACHE_HOME ,\n.BR FOREST_SERVER_URL .\n"
          ".SH FILES\n.TP\n.I ~/.local/state/forest\\-setup/NAME/journal\n"
          "the record of a setup; never a secret\n",
          to);
    return EXIT_DONE;
}
