// SPDX-License-Identifier: MIT
// forest-setup completion SHELL: from the same tables as the help.
#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/cli/cli.h"
#include "screens/cli/exit_codes.h"

static void option_words(FILE *to, unsigned bits)
{
    size_t n = 0;
    const struct option_row *rows = option_rows(&n);
    for (size_t i = 0; i < n; i++)
        if (bits & rows[i].bit)
            fprintf(to, " --%s", rows[i].name);
}

static void command_words(FILE *to)
{
    size_t n = 0;
    const struct command *all = commands(&n);
    for (size_t i = 0; i < n; i++)
        fprintf(to, "%s%s", i ? " " : "", all[i].name);
}

// Names of setups: the folders that have a journal.
static const char setups_of_sh[] =
    "    for j in \"${XDG_STATE_HOME:-$HOME/.local/state}\"/forest-setup/*/journal; do\n"
    "        [ -e \"$j\" ] || continue; j=${j%/journal}; printf '%s\\n' \"${j##*/}\"\n"
    "    done\n";

static void bash_cases(FILE *to)
{
    size_t n = 0;
    const struct command *all = commands(&n);
    for (size_t i = 0; i < n; i++) {
        fprintf(to, "        %s) words=\"", all[i].name);
        option_words(to, all[i].options);
        if (str_eq(all[i].operand, "SHELL"))
            fputs(" bash zsh fish", to);
        fputc('"', to);
        if (strstr(all[i].operand, "NAME"))
            fputs("; [[ $cur == -* ]] || words=$(_forest_setup_names)", to);
        fputs(" ;;\n", to);
    }
}

static void bash(FILE *to)
{
    fprintf(to,
            "_forest_setup_names() {\n%s}\n_forest_setup() {\n"
            "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n"
            "    COMPREPLY=()\n"
            "    case $prev in\n        -c|--config|--log) COMPREPLY=($(compgen -f -- \"$cur\")); "
            "return ;;\n    esac\n"
            "    case ${COMP_WORDS[1]} in\n",
            setups_of_sh);
    bash_cases(to);
    fputs("        *) words=\"", to);
    command_words(to);
    option_words(to, OPTIONS_WIZARD);
    fputs("\" ;;\n    esac\n    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n"
          "complete -F _forest_setup forest-setup\n",
          to);
}

static void zsh(FILE *to)
{
    fputs("#compdef forest-setup\nautoload -U +X bashcompinit && bashcompinit\n", to);
    bash(to);
}

static void fish_options(FILE *to, const char *condition, unsigned bits)
{
    size_t n = 0;
    const struct option_row *rows = option_rows(&n);
    for (size_t i = 0; i < n; i++) {
        if (!(bits & rows[i].bit))
            continue;
        fprintf(to, "complete -c forest-setup -n '%s' -l %s", condition, rows[i].name);
        if (rows[i].letter)
            fprintf(to, " -s %c", rows[i].letter);
        if (rows[i].value)
            fputs(str_eq(rows[i].value, "FILE") ? " -rF" : " -x", to);
        fprintf(to, " -d \"%s\"\n", rows[i].text);
    }
}

static void fish(FILE *to)
{
    size_t n = 0;
    const struct command *all = commands(&n);
    fprintf(to, "function __forest_setup_names\n    sh -c '\n%s'\nend\n",
            "    for j in "
            "\"${XDG_STATE_HOME:-$HOME/.local/state}\"/forest-setup/*/journal; do [ -e \"$j\" ] && "
            "basename \"${j%/journal}\"; done\n");
    fputs("complete -c forest-setup -f\n", to);
    for (size_t i = 0; i < n; i++) {
        fprintf(to, "complete -c forest-setup -n __fish_use_subcommand -a %s -d \"%s\"\n",
                all[i].name, all[i].summary);
        AUTO_FREE char *condition = mem_printf("__fish_seen_subcommand_from %s", all[i].name);
        fish_options(to, condition, all[i].options);
        if (strstr(all[i].operand, "NAME"))
            fprintf(to, "complete -c forest-setup -n '%s' -a '(__forest_setup_names)'\n",
                    condition);
        if (str_eq(all[i].operand, "SHELL"))
            fprintf(to, "complete -c forest-setup -n '%s' -a 'bash zsh fish'\n", condition);
    }
    fish_options(to, "__fish_use_subcommand", OPTIONS_WIZARD);
}

int command_completion(struct cli *cli)
{
    static const struct {
        const char *shell;
        void (*print)(FILE *to);
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    for (size_t i = 0; i < ARRAY_LEN(shells); i++)
        if (str_eq(shells[i].shell, cli->setup)) {
            shells[i].print(cli->out.to);
            return EXIT_DONE;
        }
    return cli_usage(cli, "bash, zsh or fish", "there is no completion for that shell");
}
