// SPDX-License-Identifier: MIT
// The command line: one table of commands, one table of options, help made from both.
//
// A new command = one file with its function command_<name>, one declaration here and one row in
// commands.c. The functions are in forest-core, found by their names when they are run: help and
// usage errors need no network library. A new
// option = one row in options.c and its place in struct cli. No option takes a secret: argv is
// readable by every process of the machine.
//
// Streams: what a command is asked for goes to stdout; everything else (progress, warnings, errors,
// questions) to stderr. apply and resume show their progress on stdout when that is a terminal; in
// a pipe stdout is the URL alone, so that url=$(forest-setup apply -c FILE) works. With --json,
// stdout is one typed event a line (print_json.h).
#ifndef FOREST_SCREENS_CLI_CLI_H
#define FOREST_SCREENS_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/clock.h"
#include "backend/base/err.h"
#include "backend/setup/answers.h"
#include "screens/cli/print_plain.h"

enum option_bit {
    OPTION_CONFIG = 1 << 0,
    OPTION_NAME = 1 << 1,
    OPTION_PROFILE = 1 << 2,
    OPTION_REGION = 1 << 3,
    OPTION_JSON = 1 << 4,
    OPTION_YES = 1 << 5,
    OPTION_LOG = 1 << 6,
    OPTION_EXIT_CODE = 1 << 7,
    OPTION_FOLLOW = 1 << 8,
    OPTION_LAST = 1 << 9,
    OPTION_CHECK = 1 << 10,
    OPTION_AS = 1 << 11,
    OPTION_OFFLINE = 1 << 12,
    OPTION_HELP = 1 << 13,
    OPTION_VERSION = 1 << 14,
    OPTION_PLAIN = 1 << 15,
    OPTION_ASCII = 1 << 16,
    OPTION_NO_COLOR = 1 << 17,
    OPTION_WAIT = 1 << 18,
    OPTION_OUTPUT = 1 << 19,
    OPTION_GIT = 1 << 20,
    OPTION_FORCE = 1 << 21,
    OPTION_ACCOUNT = 1 << 22,
};
enum {
    OPTIONS_COMMON = OPTION_LOG | OPTION_HELP | OPTION_VERSION,
    // Without a command.
    OPTIONS_WIZARD = OPTIONS_COMMON | OPTION_JSON | OPTION_CONFIG | OPTION_PLAIN | OPTION_ASCII |
                     OPTION_NO_COLOR,
};

struct command;

struct cli {
    const struct command *command;
    // As given; all borrowed from argv.
    const char *config, *name, *profile, *region, *account, *log, *as, *output;
    const char *last_text;
    const char *setup; // the NAME behind the command, or NULL
    char **rest;       // of a command that takes any words; ends with NULL
    bool json, yes, exit_code, follow, check, offline, help, version, plain, ascii, no_color, git,
        force, wait;
    // What is around us.
    bool in_terminal, out_terminal;
    struct cancel *cancel;
    struct plain out; // stdout
    struct plain err; // stderr
};

struct command {
    const char *name;
    const char *operand; // "NAME", "[NAME]" or "" for none
    const char *summary; // one line
    const char *about;   // for its own --help
    const char *example; // or NULL
    unsigned options;    // enum option_bit
};
// What forest-core has for each row, called command_<name>; returns the exit code.
typedef int command_function(struct cli *cli);

struct option_row {
    unsigned bit;
    const char *name;
    char letter;       // or 0
    const char *value; // "FILE", or NULL for a flag
    const char *text;
};

int cli_main(int argc, char **argv, struct cancel *cancel);

const struct command *commands(size_t *out_count);
const struct command *command_find(const char *name);
const struct option_row *option_rows(size_t *out_count);
// False after a message; *out_code is the exit code then.
bool options_parse(struct cli *cli, int argc, char **argv, int *out_code);
void help_print(const struct cli *cli); // of cli->command, or of the program

// forest-core's command_<name>.
int cli_run(struct cli *cli, const char *name);
// Reports the failure in the way the user asked for and returns its exit code.
int cli_fail(struct cli *cli, const struct err *err);
int cli_usage(struct cli *cli, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// The answers of -c FILE with the overrides of the command line, complete. False after reporting
// what is wrong or missing; *out_code is the exit code then. answers_clear() in either case.
bool cli_answers(struct cli *cli, struct answers *out, int *out_code);
// Asks on stderr, reads a line from the terminal. True when the line is `word`; false without a
// terminal, on anything else, or when cancelled.
bool cli_confirm(struct cli *cli, const char *question, const char *word);

// No command: the wizard, or without anybody to ask, the list of setups. In the program itself.
int cli_wizard(struct cli *cli);

int command_plan(struct cli *cli);
int command_apply(struct cli *cli);
int command_resume(struct cli *cli);
int command_status(struct cli *cli);
int command_logs(struct cli *cli);
int command_destroy(struct cli *cli);
int command_recover(struct cli *cli);
int command_export(struct cli *cli);
int command_vpcs(struct cli *cli);
int command_profiles(struct cli *cli);
int command_practice(struct cli *cli);
int command_manual(struct cli *cli);
int command_completion(struct cli *cli);
int command_welcome(struct cli *cli); // no command given and nobody to ask

#endif
