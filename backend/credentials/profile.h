// SPDX-License-Identifier: MIT
// The AWS config and credentials files, in the AWS CLI's own dialect (facts 9.1). Read once, then
// only looked at.
#ifndef FOREST_CREDENTIALS_PROFILE_H
#define FOREST_CREDENTIALS_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"

struct aws_config;
struct profile; // one [profile x], merged from both files

// From AWS_CONFIG_FILE / AWS_SHARED_CREDENTIALS_FILE or ~/.aws; missing files are empty. ERR_INPUT
// with path and line.
struct aws_config *aws_config_load(struct err *err);
// From texts, for tests. Names are used in messages.
struct aws_config *aws_config_parse(const char *config, const char *credentials, struct err *err);
void aws_config_free(struct aws_config *config);

size_t profile_count(const struct aws_config *config);
const struct profile *profile_at(const struct aws_config *config,
                                 size_t index); // in order of the files
const struct profile *profile_find(const struct aws_config *config, const char *name);
const char *profile_name(const struct profile *profile);
const char *profile_get(const struct profile *profile, const char *key); // NULL when absent
const char *profile_get_nested(const struct profile *profile, const char *key, const char *sub);
// What stands in the one file only: keys that belong together are read from the same one.
const char *profile_get_in(const struct profile *profile, const char *key, bool credentials_file);
// "[services x]" / "[sso-session x]" sections: value, or NULL. `sub` NULL for a plain key.
const char *aws_config_section_get(const struct aws_config *config, const char *kind,
                                   const char *name, const char *key, const char *sub);
bool aws_config_section_exists(const struct aws_config *config, const char *kind, const char *name);
const struct aws_config *profile_config(const struct profile *profile);

// The profile to use when none is given: AWS_PROFILE > AWS_DEFAULT_PROFILE > "default".
const char *profile_default_name(void);
// Explicit > AWS_REGION > AWS_DEFAULT_REGION > the profile's region; NULL when none. Borrowed.
const char *profile_region(const struct profile *profile, const char *explicit_region);
// What kind it is, from its keys alone, in the order in which the providers are tried: "static",
// "assume-role", "sso", "process", "login", "web-identity", "empty".
const char *profile_kind(const struct profile *profile);

#endif
