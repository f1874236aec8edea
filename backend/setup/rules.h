// SPDX-License-Identifier: MIT
// One rule for each kind of answer, offline and pure: is this text a region, a VPC, a git address?
//
// Every rule: true when the text may be used; else ERR_INPUT with the reason (a sentence that goes
// on after the field's name: "is not a region") and the remedy. The text itself is shown only when
// it cannot be a secret. The JSON Schema in assets/schema/ says the same; tests/cli/test_schema.py
// holds the two together.
#ifndef FOREST_SETUP_RULES_H
#define FOREST_SETUP_RULES_H

#include <stdbool.h>

#include "backend/base/err.h"

bool rule_setup_name(const char *text,
                     struct err *err); // facts aws.md 11: goes into every name on AWS
bool rule_profile(const char *text, struct err *err);
bool rule_region(const char *text, struct err *err);
bool rule_account(const char *text, struct err *err);
bool rule_server_url(const char *text, struct err *err) __attribute__((nonnull(1)));
bool rule_vpc(const char *text, struct err *err); // id or Name
bool rule_subnet(const char *text, struct err *err);
bool rule_cidr(const char *text, struct err *err); // private, /16 to /24, no bits behind the prefix
bool rule_security_group(const char *text, struct err *err);
bool rule_schema(const char *text, struct err *err);
bool rule_folder(const char *text, struct err *err);
bool rule_git_url(const char *text, struct err *err);
bool rule_git_ref(const char *text, struct err *err);
bool rule_git_folder(const char *text, struct err *err);
bool rule_base_image(const char *text, struct err *err);
bool rule_boundary(const char *text, struct err *err);
bool rule_tag_key(const char *text, struct err *err);
bool rule_tag_value(const char *text, struct err *err);
bool rule_env_name(const char *text, struct err *err); // of an environment variable
bool rule_log_days(unsigned days,
                   struct err *err); // CloudWatch Logs PutRetentionPolicy has a fixed list
bool rule_recovery_days(unsigned days, struct err *err);

// Could this text be a secret that stands where it must not? A PostgreSQL URL with a password, 48
// or 64 hex digits, a URL with user:password. Errs on the careful side: used to refuse and to not
// repeat.
bool rule_looks_secret(const char *text);

#endif
