// SPDX-License-Identifier: MIT
// What rights_table.c (who may do what on what) and rights_policy.c (under which condition, and in
// documents of which size) share.
#ifndef FOREST_STEPS_RIGHTS_PRIVATE_H
#define FOREST_STEPS_RIGHTS_PRIVATE_H

#include "backend/steps/rights_table.h"

enum right_condition {
    RIGHT_ALWAYS,
    RIGHT_OF_STACK,    // only on what carries this setup's tag (the general policy: any setup's)
    RIGHT_TO_TASKS,    // a role may only be passed to ECS tasks
    RIGHT_LINKED,      // the service-linked roles of the services that are used
    RIGHT_AT_CREATION, // tags are given to what is made, and never to what was there
};

void rights_put_condition(struct json *statement, const struct rights_for *who,
                          enum right_condition condition);

#endif
