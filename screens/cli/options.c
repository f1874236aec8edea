// SPDX-License-Identifier: MIT
// The table of options, and reading argv by it. getopt_long gets its tables from ours.
#include <getopt.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/setup/rules.h"
#include "backend/setup/suggest.h"
#include "screens/cli/cli.h"
#include "screens/cli/exit_codes.h"

static const struct option_row table[] = {
    {OPTION_CONFIG, "config", 'c', "FILE", "the answer file; - reads it from stdin"},
    {OPTION_NAME, "name", 'n', "NAME", "name of the setup, instead of the file's"},
    {OPTION_PROFILE, "profile", 'p', "PROFILE", "AWS profile, instead of the file's"},
    {OPTION_REGION, "region", 'r', "REGION", "AWS region, instead of the file's"},
    {OPTION_ACCOUNT, "account", 0, "ACCOUNT",
     "the 12 digits of the AWS account that is meant; any other is refused"},
    {OPTION_JSON, "json", 0, NULL, "one typed event a line on stdout, and a summary at the end"},
    {OPTION_YES, "yes", 'y', NULL, "do not ask"},
    {OPTION_WAIT, "wait", 'w', NULL, "wait while another forest-setup works on the setup"},
    {OPTION_EXIT_CODE, "exit-code", 0, NULL,
     "exit with 9 when something would be created or changed"},
    {OPTION_FOLLOW, "follow", 'f', NULL, "keep printing new lines until Ctrl-C"},
    {OPTION_LAST, "last", 0, "LINES", "how many lines from the end; 200 unless told"},
    {OPTION_CHECK, "check", 0, NULL, "ask AWS who each profile is; so it does without --offline"},
    {OPTION_AS, "as", 0, "FORMS",
     "json, terraform, cloudformation, github-actions, policy: one, or several with commas; or "
     "all"},
    {OPTION_OUTPUT, "output", 'o', "DIR", "write into this folder instead of stdout"},
    {OPTION_GIT, "git", 0, NULL, "commit what was written, into the folder's git repository"},
    {OPTION_FORCE, "force", 0, NULL, "overwrite files that are not of an earlier export"},
    {OPTION_OFFLINE, "offline", 0, NULL, "only what this machine knows; no call to AWS"},
    {OPTION_PLAIN, "plain", 0, NULL, "the wizard as numbered prompts, line by line"},
    {OPTION_ASCII, "ascii", 0, NULL, "no signs and lines beyond ASCII"},
    {OPTION_NO_COLOR, "no-color", 0, NULL, "no colours, as NO_COLOR in the environment"},
    {OPTION_LOG, "log", 0, "FILE", "write a log without secrets, for a bug report"},
    {OPTION_HELP, "help", 'h', NULL, "this text"},
    {OPTION_VERSION, "version", 'V', NULL, "the version"},
};

enum { OPTIONS = ARRAY_LEN(table), FIRST_CODE = 1000 };

const struct option_row *option_rows(size_t *out_count)
{
    *out_count = OPTIONS;
    return table;
}

// Where a flag or a value goes.
static void take(struct cli *cli, unsigned bit, const char *value)
{
    const struct {
        unsigned bit;
        const char **text;
        bool *flag;
    } places[] = {
        {OPTION_CONFIG, &cli->config, NULL},     {OPTION_NAME, &cli->name, NULL},
        {OPTION_PROFILE, &cli->profile, NULL},   {OPTION_REGION, &cli->region, NULL},
        {OPTION_LOG, &cli->log, NULL},           {OPTION_AS, &cli->as, NULL},
        {OPTION_LAST, &cli->last_text, NULL},    {OPTION_JSON, NULL, &cli->json},
        {OPTION_YES, NULL, &cli->yes},           {OPTION_EXIT_CODE, NULL, &cli->exit_code},
        {OPTION_FOLLOW, NULL, &cli->follow},     {OPTION_CHECK, NULL, &cli->check},
        {OPTION_OFFLINE, NULL, &cli->offline},   {OPTION_WAIT, NULL, &cli->wait},
        {OPTION_HELP, NULL, &cli->help},         {OPTION_VERSION, NULL, &cli->version},
        {OPTION_PLAIN, NULL, &cli->plain},       {OPTION_ASCII, NULL, &cli->ascii},
        {OPTION_NO_COLOR, NULL, &cli->no_color}, {OPTION_OUTPUT, &cli->output, NULL},
        {OPTION_ACCOUNT, &cli->account, NULL},   {OPTION_GIT, NULL, &cli->git},
        {OPTION_FORCE, NULL, &cli->force},
    };
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        if (places[i].bit != bit)
            continue;
        if (places[i].text)
            *places[i].text = value;
        else if (places[i].flag)
            *places[i].flag = true;
    }
}

// The word as the user wrote it, without a value behind "=": that may be a secret.
static char *bare(const char *word)
{
    AUTO_FREE char *cut = mem_strndup(word, strcspn(word, "="));
    return rule_looks_secret(cut) ? mem_strdup("(hidden)") : text_safe(cut, 40);
}

static bool names_secret(const char *option)
{
    static const char *const words[] = {"secret", "password", "url", "token", "key"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strstr(option, words[i]))
            return true;
    return false;
}

static int unknown(struct cli *cli, const char *word)
{
    AUTO_FREE char *shown = bare(word);
    const char *known[OPTIONS];
    size_t n = 0;
    for (size_t i = 0; i < OPTIONS; i++)
        if (!cli->command || (cli->command->options & table[i].bit))
            known[n++] = table[i].name;
    const char *name = shown + strspn(shown, "-");
    const char *near = str_starts(shown, "--") ? suggest(name, known, n) : NULL;
    AUTO_FREE char *help = mem_printf("see forest-setup%s%s --help", cli->command ? " " : "",
                                      cli->command ? cli->command->name : "");
    AUTO_FREE char *maybe = near ? mem_printf("did you mean --%s?", near) : NULL;
    const char *remedy =
        maybe ? maybe
        : names_secret(name)
            ? "secrets are never given here: name them in the answer file as \"env:NAME\", "
              "\"file:PATH\" or \"stdin\""
            : help;
    return cli_usage(cli, remedy, "%s is not an option%s%s", shown, cli->command ? " of " : "",
                     cli->command ? cli->command->name : "");
}

static int missing_value(struct cli *cli, const char *word)
{
    AUTO_FREE char *shown = bare(word);
    return cli_usage(cli, "put it behind the option", "%s needs a value", shown);
}

static int needless_value(struct cli *cli, const char *word)
{
    AUTO_FREE char *shown = bare(word);
    return cli_usage(cli, "leave away what stands behind the =", "%s takes no value", shown);
}

static int operands(struct cli *cli, int argc, char **argv)
{
    const char *wants = cli->command ? cli->command->operand : "";
    if (optind < argc && !*wants) {
        AUTO_FREE char *shown = bare(argv[optind]);
        return cli_usage(
            cli, cli->command ? "this command takes options only" : "see forest-setup --help",
            "\"%s\" is one word too many", shown);
    }
    if (optind + 1 < argc) {
        AUTO_FREE char *shown = bare(argv[optind + 1]);
        return cli_usage(cli, "name one setup", "\"%s\" is one word too many", shown);
    }
    cli->setup = optind < argc ? argv[optind] : NULL;
    if (cli->command && !cli->setup && str_eq(wants, "SHELL"))
        return cli_usage(cli, "bash, zsh or fish", "%s needs the name of a shell",
                         cli->command->name);
    if (cli->command && !cli->setup && str_eq(wants, "NAME"))
        return cli_usage(cli, "forest-setup status lists them", "%s needs the name of a setup",
                         cli->command->name);
    ERR_AUTO err = {0};
    if (cli->setup && !rule_setup_name(cli->setup, &err))
        return cli_usage(cli, err.remedy, "%s", err.message);
    return EXIT_DONE;
}

bool options_parse(struct cli *cli, int argc, char **argv, int *out_code)
{
    struct option longs[OPTIONS + 1] = {0};
    STR_AUTO letters = {0};
    str_init(&letters, STR_LINE);
    str_addc(&letters, ':'); // a missing value is told apart from an unknown option
    for (size_t i = 0; i < OPTIONS; i++) {
        bool allowed = cli->command ? (cli->command->options & table[i].bit) != 0
                                    : (table[i].bit & OPTIONS_WIZARD) != 0;
        // A row that this command does not have gets a name nobody types, so that it is unknown.
        longs[i] = (struct option){allowed ? table[i].name : "\001",
                                   table[i].value ? required_argument : no_argument, NULL,
                                   FIRST_CODE + (int)i};
        if (allowed && table[i].letter)
            str_addf(&letters, "%c%s", table[i].letter, table[i].value ? ":" : "");
    }
    opterr = 0;
    optind = 1;
    *out_code = EXIT_DONE;
    for (int c; (c = getopt_long(argc, argv, letters.data, longs, NULL)) != -1;) {
        if (c == '?' || c == ':') {
            AUTO_FREE char *letter = mem_printf("-%c", optopt);
            const char *word = optopt > 0 && optopt < FIRST_CODE ? letter : argv[optind - 1];
            *out_code = c == ':'               ? missing_value(cli, word)
                        : optopt >= FIRST_CODE ? needless_value(cli, word)
                                               : unknown(cli, word);
            return false;
        }
        size_t row = 0;
        for (size_t i = 0; i < OPTIONS; i++)
            if (c == FIRST_CODE + (int)i || (c < FIRST_CODE && c == table[i].letter))
                row = i;
        take(cli, table[row].bit, table[row].value ? optarg : NULL);
    }
    if (!cli->help && !cli->version)
        *out_code = operands(cli, argc, argv);
    return *out_code == EXIT_DONE;
}
