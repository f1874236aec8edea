// SPDX-License-Identifier: MIT
// The table of commands. A row needs a function command_<name> in forest-core.
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/cli/cli.h"

enum {
    WHERE = OPTION_PROFILE | OPTION_REGION,
    FILES = OPTION_CONFIG | OPTION_NAME | OPTION_ACCOUNT | WHERE,
};

static const struct command table[] = {
    {"plan", "", "what would be created, reused or changed; writes nothing anywhere",
     "Looks at the AWS account and compares it with the answers. Only reading calls are made, "
     "nothing is written on\n"
     "AWS or on this machine.",
     "forest-setup plan -c setup.json", OPTIONS_COMMON | FILES | OPTION_JSON | OPTION_EXIT_CODE},
    {"apply", "", "the whole setup, from the answers to the URL",
     "Creates what is missing, waits until it runs, checks it from outside and ends with the URL "
     "on the last line of\n"
     "stdout. In a pipe the URL is the only line there. Doing it again changes nothing that is as "
     "it should be.\n"
     "In an account where this machine has made nothing yet, aws.account of the answer file or "
     "--account names it.",
     "url=$(forest-setup apply -c setup.json)", OPTIONS_COMMON | FILES | OPTION_JSON | OPTION_WAIT},
    {"resume", "NAME", "go on where a setup stopped",
     "Takes the answers that the journal of the setup holds. Secrets are asked for again by their "
     "references, if they\n"
     "are still needed.",
     "forest-setup resume my-admin", OPTIONS_COMMON | WHERE | OPTION_JSON | OPTION_WAIT},
    {"status", "[NAME]", "the setups of this machine, or how one of them is",
     "Without a name: every setup that has a journal on this machine. With a name: its steps, and "
     "unless --offline is\n"
     "given, how it runs on AWS now.",
     NULL, OPTIONS_COMMON | WHERE | OPTION_JSON | OPTION_OFFLINE},
    {"logs", "NAME", "what the backend's container says",
     "Prints the lines of the container's log, oldest first.",
     "forest-setup logs my-admin --follow",
     OPTIONS_COMMON | WHERE | OPTION_JSON | OPTION_FOLLOW | OPTION_LAST},
    {"destroy", "NAME", "delete what was created; first shows what goes and what stays",
     "Deletes exactly what this setup made, in AWS's order, and then looks whether something is "
     "left. What was there\n"
     "before stays. What is left when it stops is named with its cost a month. Asks for the "
     "setup's name "
     "first; without a\n"
     "terminal it needs --yes.",
     NULL, OPTIONS_COMMON | WHERE | OPTION_JSON | OPTION_YES | OPTION_WAIT},
    {"recover", "[NAME]", "setups that AWS knows and this machine does not",
     "Without a name: every setup of the account and region, found by its tags and names, and what "
     "of it is there.\n"
     "With a name: rebuilds its records on this machine from what is there, so that resume, "
     "status, export and destroy\n"
     "work as before. Nothing on AWS is changed; what only looks like the setup is shown and never "
     "taken over.",
     "forest-setup recover my-admin --profile work --region eu-west-3",
     OPTIONS_COMMON | WHERE | OPTION_JSON},
    {"export", "NAME", "the setup as files, for automation or for another team",
     "At any time, also of a setup that is only planned or stopped half way. Secrets are "
     "references, "
     "never values.\n"
     "json: the answer file, from which apply -c makes the same again. terraform, cloudformation: "
     "what exists, as code\n"
     "that plans empty. github-actions: a workflow that deploys new commits. policy: the rights "
     "this "
     "plan needs, and\n"
     "roles for an administrator to make. Files of yours are never overwritten: nothing is written "
     "then.",
     "forest-setup export my-admin --as json,policy -o infra --git",
     OPTIONS_COMMON | OPTION_AS | OPTION_OUTPUT | OPTION_GIT | OPTION_FORCE},
    {"vpcs", "", "the networks of a region, and whether a backend can run there",
     "Every VPC and its subnets, with a verdict, the reason and the remedy.", NULL,
     OPTIONS_COMMON | WHERE | OPTION_JSON},
    {"profiles", "", "the AWS profiles of this machine",
     "Every profile that the AWS CLI would see, of which kind, and who each one is on AWS: "
     "account, alias, principal, expiry. With --offline only what the files say: nobody is asked.",
     "forest-setup profiles --json --offline",
     OPTIONS_COMMON | OPTION_JSON | OPTION_CHECK | OPTION_OFFLINE},
    {"practice", "[COMMAND...]", "the wizard, or any command, against the practice cloud",
     "Starts a stand-in for AWS, Forest and PostgreSQL on this machine and runs forest-setup on "
     "it. "
     "Nothing reaches AWS.\n"
     "Its setups are kept apart from real ones. Needs the source tree of forest-setup.",
     "forest-setup practice apply -c assets/practice/setup.json", OPTION_HELP},
    {"completion", "SHELL", "completion for bash, zsh or fish",
     "Prints what the shell needs to complete commands, options and the names of setups.",
     "forest-setup completion bash > ~/.local/share/bash-completion/completions/forest-setup",
     OPTIONS_COMMON},
    {"manual", "", "the manual page, as roff",
     "Prints the manual page that an installation puts into man1.",
     "forest-setup manual | man -l -", OPTIONS_COMMON},
};

const struct command *commands(size_t *out_count)
{
    *out_count = ARRAY_LEN(table);
    return table;
}

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (str_eq(table[i].name, name))
            return &table[i];
    return NULL;
}
