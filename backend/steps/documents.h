// SPDX-License-Identifier: MIT
// What the steps send to AWS as whole documents, as pure functions, so that they can be compared
// with the facts (aws.md 2.2, 2.5, 2.11, 10.1) without a call. Results are the caller's.
#ifndef FOREST_STEPS_DOCUMENTS_H
#define FOREST_STEPS_DOCUMENTS_H

#include "backend/codec/json.h"
#include "backend/steps/stack.h"

char *role_trust_policy(const struct stack *stack);
char *role_description(const struct step_ctx *ctx);
// Needs the facts exec-role.arn, secret.arn, repository.arn, log-group.arn; kms-key.arn if there is
// one.
char *exec_role_policy(const struct step_ctx *ctx);
// The same for whoever makes the role before anything else is there: secret and key are told by
// name and tag, because their ids are not known yet. Needs account, region, partition, names and
// answers.
char *exec_role_policy_by_name(const struct stack *stack);
#define EXEC_POLICY_NAME "forestadmin"
char *key_policy(const struct stack *stack);
// Needs the facts repository.uri, image.digest, secret.arn, secret.version and both roles' ARNs.
// Without tags: their hash is one.
struct json *task_definition_body(const struct step_ctx *ctx);
// What the tag forestadmin:spec of its revision says; NULL while a fact that it needs is not known.
char *task_definition_spec(const struct step_ctx *ctx);
// The values of the stored secret become the answers'. ERR_REMOTE when one is not in it.
bool secret_answers_fill(struct answers *answers, const struct secret *stored, struct err *err);
// The id of the version that holds these answers: the same answers give the same id on this
// machine, and nobody can guess an answer from it. ERR_NOT_FOUND when the key is not there and not
// to be made.
bool secret_version_id(const struct stack *stack, bool make_key, char **out, struct err *err);

// The one call that makes the secret; the step's apply() composes the value first.
bool secret_create(struct step_ctx *ctx, const char *version, const struct secret *value,
                   struct err *err);

#endif
