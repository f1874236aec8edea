// SPDX-License-Identifier: MIT
// Whether the caller has what a setup needs of it (rights_table.h): IAM is asked, by
// SimulatePrincipalPolicy (facts aws.md 10.3).
//
// rights_ask() makes one reading call for each kind of resource; rights_clear(). A caller that may
// not ask gets `unknown` with `why`: that is no failure, the plan shows it.
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

// ERR_AUTH, ERR_NET, ERR_CANCELLED...
bool rights_ask(struct stack *stack, struct rights *out, struct err *err);
void rights_clear(struct rights *rights);

#endif
