// SPDX-License-Identifier: MIT
// The logins of this machine: every profile of the AWS CLI's files and what the environment or the
// machine itself offers, and who each of them is.
//
// session_profiles() lists them; whoever is asked (`check`) is asked in parallel. profile_who()
// asks for one.
#ifndef FOREST_STEPS_PROFILES_H
#define FOREST_STEPS_PROFILES_H

#include "backend/base/clock.h"
#include "backend/codec/json.h"

// [{"name","kind","region","account","role","source","error","remedy"}], without a call, a program
// or a look at the network. Name "": the keys that need no profile. "account", "role" and "source"
// are what the files say. With `check` also "alias", "principal", "expires" (RFC 3339), "provider",
// or "error", "remedy" and "code" when it cannot be used. ERR_INPUT: the files cannot be read.
bool session_profiles(bool check, struct cancel *cancel, struct json **out, struct err *err);

// {"account","alias","principal","region","expires_ms","provider"}. `name` NULL or "": what needs
// no profile. `region` NULL: the profile's, else any.
bool profile_who(const char *name, const char *region, struct cancel *cancel, struct json **out,
                 struct err *err);

#endif
