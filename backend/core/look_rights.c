// SPDX-License-Identifier: MIT
// May the caller do what a setup needs? Asked of IAM, which may itself be forbidden.
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/core/parts.h"
#include "backend/steps/rights.h"
#include "backend/steps/stack.h"

bool core_rights(const struct core_question *q, struct json **out, struct err *err)
{
    struct stack_options o = {.answers = q->answers, .cancel = q->cancel};
    struct stack *stack = NULL;
    struct rights rights = {0};
    bool ok = stack_open(&stack, &o, err) && rights_ask(stack, &rights, err);
    if (ok) {
        struct json *found = json_object();
        json_put_int(found, "of", (int64_t)rights.asked);
        json_put_int(found, "allowed", (int64_t)(rights.asked - rights.missing_count));
        json_put_bool(found, "unknown", rights.unknown);
        json_put_str(found, "why", rights.why);
        struct json *missing = json_put(found, "missing", json_array());
        for (size_t i = 0; i < rights.missing_count; i++)
            json_push_str(missing, rights.missing[i]);
        *out = found;
    }
    rights_clear(&rights);
    stack_close(stack);
    return ok;
}
