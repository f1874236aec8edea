// SPDX-License-Identifier: MIT
// The proof after a destroy: what still carries the setup's tag.
#ifndef FOREST_STEPS_LEFTOVERS_H
#define FOREST_STEPS_LEFTOVERS_H

#include "backend/steps/session.h"
#include "backend/steps/stack.h"

// Asks the tagging API for everything with our tag, and each thing it names again from its own
// service, because the tagging API keeps deleted things for a while. What is meant to stay for now
// (a secret in its recovery window, a key scheduled for deletion, an inactive revision) is not a
// leftover.
bool leftovers_find(struct stack *stack, struct leftovers *out, struct err *err);
// Is the thing of that ARN there, by its own service? UNKNOWN: it could not be asked, or nobody
// here knows how to; *err may say why.
enum there { THERE_NO, THERE_YES, THERE_UNKNOWN };
enum there leftovers_there(const struct stack *stack, const char *arn, struct err *err);

struct arn {              // "arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE", borrowed from the text
    const char *service;  // "ec2:eu-west-3:...": compare it up to its colon
    const char *resource; // "vpc/vpc-1", "/apis/a1", "log-group:/ecs/x"
};
bool arn_split(const char *arn, struct arn *out); // false: not an ARN

#endif
