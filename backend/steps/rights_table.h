// SPDX-License-Identifier: MIT
// The one table of what a setup's operator must be allowed to do, and policies made from it.
//
// Three things come from it: the question to IAM before a run (rights.c), the general policy
// (assets/policies/operator.json, for any setup of an account), and the policies of one plan
// (export). A right = one row; a test runs whole lives of setups under each of these policies and
// looks for rows that nothing asks for. Pure.
#ifndef FOREST_STEPS_RIGHTS_TABLE_H
#define FOREST_STEPS_RIGHTS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/codec/json.h"
#include "backend/setup/answers.h"
#include "backend/setup/names.h"

enum { RIGHTS_POLICY_MAX = 6144 }; // characters of a managed policy, white space not counted (IAM)

// For whom. All zero: the general policy, with ${PARTITION}, ${ACCOUNT}, ${REGION}, ${PREFIX} and
// ${DATABASE_GROUP} to be filled in.
struct rights_for {
    const struct answers *answers; // NULL: every option
    const struct names *names;     // NULL: the general policy
    const char *partition, *account, *region;
    bool handed_over;  // an administrator makes the roles: they are read and passed, never written
    bool deploys_only; // a pipeline: as handed_over, and what only a destroy needs is left out
};

// {"Sid","Effect","Resource","Action","Condition"} each, in the table's order; the caller's.
struct json *rights_statements(const struct rights_for *who);
// The same as policies, each within RIGHTS_POLICY_MAX; a JSON array of documents; the caller's.
struct json *rights_documents(const struct rights_for *who);

// The actions that are asked about before a run, each with one resource it is needed on.
struct right_question {
    const char *action; // static
    char *resource;     // owned; "*" where the action knows no narrower one
};
// Returns how many; rights_questions_clear().
size_t rights_questions(const struct rights_for *who, struct right_question **out);
void rights_questions_clear(struct right_question *questions, size_t count);

#endif
