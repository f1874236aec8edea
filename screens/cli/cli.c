// SPDX-License-Identifier: MIT
// From argv to a command, and what all commands share: usage errors, answers, failures, questions.
#include "screens/cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/lend.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/core/core.h"
#include "backend/setup/config.h"
#include "backend/setup/rules.h"
#include "backend/setup/suggest.h"
#include "backend/setup/validate.h"
#include "screens/cli/exit_codes.h"
#include "screens/cli/print_json.h"

static const char *command_name(const struct cli *cli)
{
    return cli->command ? cli->command->name : "welcome";
}

int cli_usage(struct cli *cli, const char *remedy, const char *format, ...)
{
    ERR_AUTO err = {0};
    va_list args;
    va_start(args, format);
    err_setv(&err, ERR_INPUT, format, args);
    va_end(args);
    err_remedy(&err, "%s", remedy);
    plain_error(&cli->err, &err);
    return EXIT_USAGE;
}

static int report(struct cli *cli, const struct err *err, int code)
{
    if (cli->json) {
        JSON_AUTO *summary = jsonl_summary(command_name(cli), code);
        json_put(summary, "error", jsonl_error(err));
        jsonl_print(cli->out.to, summary);
    }
    plain_error(&cli->err, err);
    return code;
}

int cli_fail(struct cli *cli, const struct err *err)
{
    return report(cli, err, exit_for(err));
}

static void show_problems(struct cli *cli, const char *file, const struct problems *problems)
{
    if (cli->json)
        jsonl_problems(cli->out.to, file, problems);
    plain_problems(&cli->err, file, problems);
}

// What -c FILE and the command line say together; the command line wins.
static bool override(const char *path, char **slot, const char *value, struct err *err)
{
    if (!value)
        return true;
    if (!validate_text(path, value, err))
        return false;
    str_replace(slot, value);
    return true;
}

static bool overrides(struct cli *cli, struct answers *a, struct err *err)
{
    if (!override("name", &a->name, cli->name, err))
        return err_wrap(err, "--name");
    return override("aws.account", &a->aws.account, cli->account, err) ||
           err_wrap(err, "--account");
}

bool cli_answers(struct cli *cli, struct answers *out, int *out_code)
{
    const char *file = !cli->config ? "answers" : str_eq(cli->config, "-") ? "stdin" : cli->config;
    struct problems problems = {0};
    ERR_AUTO err = {0};
    *out_code = EXIT_ANSWERS;
    answers_init(out);
    bool ok = !cli->config || config_load(cli->config, out, &problems, &err);
    if (!ok && err.kind == ERR_CANCELLED)
        *out_code = EXIT_INTERRUPTED;
    if (ok && !overrides(cli, out, &err)) {
        *out_code = EXIT_USAGE;
        ok = false;
    }
    bool complete = ok && validate_complete(out, &problems);
    if (ok && !complete) {
        err_set(&err, ERR_INPUT, "%zu %s missing%s", problems.count,
                problems.count == 1 ? "answer is" : "answers are",
                cli->config ? "" : ": there is no answer file");
        err_remedy(&err, "%s",
                   !cli->config ? "write an answer file and give it with -c FILE"
                   : out->ask   ? "add to the file what is listed above, or answer the questions "
                                  "it asks in a terminal: forest-setup -c FILE"
                                : "add to the file what is listed above");
    }
    // A single wrong answer is the failure itself: once is enough.
    bool told_below = !ok && problems.count == 1 && !cli->json;
    if (problems.count && !told_below)
        show_problems(cli, file, &problems);
    problems_clear(&problems);
    if (!complete)
        report(cli, &err, *out_code);
    return complete;
}

bool cli_confirm(struct cli *cli, const char *question, const char *word)
{
    if (!cli->in_terminal)
        return false;
    fprintf(cli->err.to, "%s ", question);
    fflush(cli->err.to);
    char line[128] = {0};
    ssize_t n =
        read(STDIN_FILENO, line, sizeof line - 1); // a signal ends it: then the answer is no
    if (n <= 0 || cancel_requested(cli->cancel))
        return false;
    line[strcspn(line, "\r\n")] = '\0';
    return strcmp(line, word) == 0;
}

static int unknown_command(struct cli *cli, const char *word)
{
    size_t n = 0;
    const struct command *all = commands(&n);
    const char *names[32];
    for (size_t i = 0; i < n && i < ARRAY_LEN(names); i++)
        names[i] = all[i].name;
    const char *near = suggest(word, names, n);
    AUTO_FREE char *shown = rule_looks_secret(word) ? mem_strdup("(hidden)") : text_safe(word, 40);
    AUTO_FREE char *maybe = near ? mem_printf("did you mean %s?", near) : NULL;
    return cli_usage(cli, maybe ? maybe : "forest-setup --help lists the commands",
                     "\"%s\" is not a command", shown);
}

int cli_run(struct cli *cli, const char *name)
{
    AUTO_FREE char *symbol = mem_printf("command_%s", name);
    ERR_AUTO err = {0};
    core_function *found = core_symbol(symbol, &err);
    if (!found)
        return cli_fail(cli, &err);
    return ((command_function *)found)(cli);
}

static int run(struct cli *cli)
{
    if (cli->help) {
        help_print(cli);
        return EXIT_DONE;
    }
    if (cli->version) {
        plain_line(&cli->out, "forest-setup %s", FOREST_VERSION);
        return EXIT_DONE;
    }
    ERR_AUTO err = {0};
    if (cli->log && !log_open(cli->log, &err))
        return cli_usage(cli, "choose a file that can be written", "--log: %s", err.message);
    log_line("cli", "forest-setup %s %s", FOREST_VERSION, command_name(cli));
    ERR_AUTO where = {0};
    if (cli->region && !rule_region(cli->region, &where))
        return cli_usage(cli, where.remedy, "--region: %s", where.message);
    if (cli->profile && !rule_profile(cli->profile, &where))
        return cli_usage(cli, where.remedy, "--profile: %s", where.message);
    return cli->command ? cli_run(cli, cli->command->name) : cli_wizard(cli);
}

// `practice` hands everything behind it on, but for its own --help.
static bool takes_the_rest(struct cli *cli, int argc, char **argv)
{
    if (!cli->command || !str_ends(cli->command->operand, "...]") ||
        (argc == 3 && (str_eq(argv[2], "--help") || str_eq(argv[2], "-h"))))
        return false;
    cli->rest = argv + 2;
    return true;
}

int cli_main(int argc, char **argv, struct cancel *cancel)
{
    struct cli cli = {.cancel = cancel, .in_terminal = isatty(STDIN_FILENO) == 1};
    lend_offer(&(struct lender){0}); // the wizard, which has a screen, makes its own offer
    plain_init(&cli.out, stdout);
    plain_init(&cli.err, stderr);
    cli.out_terminal = cli.out.terminal;
    int code = EXIT_DONE;
    bool named = argc > 1 && argv[1][0] != '-' && argv[1][0] != '\0';
    if (named)
        cli.command = command_find(argv[1]);
    if (named && !cli.command)
        code = unknown_command(&cli, argv[1]);
    else if (takes_the_rest(&cli, argc, argv) ||
             options_parse(&cli, argc - (named ? 1 : 0), argv + (named ? 1 : 0), &code))
        code = run(&cli);
    plain_clear(&cli.out);
    plain_clear(&cli.err);
    return code;
}
