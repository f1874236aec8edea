// SPDX-License-Identifier: MIT
// The actions a setup needs of its caller, by what its answers want, and whether the caller has
// them (IAM SimulatePrincipalPolicy, facts aws.md 10.3).
//
// rights_actions() is pure. rights_ask() makes one or two reading calls; rights_clear(). A caller
// that may not ask gets `unknown` with `why`: that is no failure, the plan shows it.
#ifndef FOREST_STEPS_RIGHTS_H
#define FOREST_STEPS_RIGHTS_H

#include "backend/steps/stack.h"

struct rights {
    size_t asked;
    char **missing; // "ec2:CreateVpc", owned
    size_t missing_count;
    bool unknown;
    char *why;
};

// Actions this setup's runs may use, "service:Action", in the table's order; static strings.
size_t rights_actions(const struct answers *answers, const char **out, size_t max);
// ERR_AUTH, ERR_NET, ERR_CANCELLED...
bool rights_ask(struct stack *stack, struct rights *out, struct err *err);
void rights_clear(struct rights *rights);

#endif
