// SPDX-License-Identifier: MIT
// Setups that AWS knows and this machine does not, for the wizard.
#include "backend/steps/recover.h"

#include "backend/base/str.h"
#include "backend/core/parts.h"

static struct recover_options options_of(const struct answers *where, const char *name,
                                         struct cancel *cancel)
{
    return (struct recover_options){.profile =
                                        str_empty(where->aws.profile) ? NULL : where->aws.profile,
                                    .region = where->aws.region,
                                    .name = name,
                                    .cancel = cancel};
}

bool core_found(const struct core_question *q, struct json **out, struct err *err)
{
    struct recover_options o = options_of(q->answers, NULL, q->cancel);
    return recover_list(&o, out, err);
}

bool core_recover(const struct answers *where, const char *name, struct cancel *cancel,
                  struct json **out, struct err *err)
{
    struct recover_options o = options_of(where, name, cancel);
    return recover_setup(&o, out, err);
}
