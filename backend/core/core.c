// SPDX-License-Identifier: MIT
// The table of looks, and what the module offers.
#include "backend/core/core.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/core/parts.h"
#include "backend/diagnose/diagnose.h"

static core_look_function *const looks[CORE_LOOKS] = {
    [CORE_PROFILES] = core_profiles,
    [CORE_IDENTITY] = core_identity,
    [CORE_REGIONS] = core_regions,
    [CORE_NETWORKS] = core_networks,
    [CORE_NETWORK_CHOICE] = core_network_choice,
    [CORE_DATABASES] = core_databases,
    [CORE_FOREST] = core_forest_known,
    [CORE_BUILDER] = core_builder,
    [CORE_SOURCE] = core_source,
    [CORE_PLAN] = core_plan,
    [CORE_DESTROY_PLAN] = core_destroy_plan,
    [CORE_STATUS] = core_status,
    [CORE_RIGHTS] = core_rights,
    [CORE_FOUND] = core_found,
    [CORE_FORMS] = core_forms,
};

bool core_look(enum core_look look, const struct answers *answers, const char *what,
               struct cancel *cancel, struct json **out, struct err *err)
{
    const struct core_question q = {.answers = answers, .what = what, .cancel = cancel};
    return looks[look](&q, out, err);
}

// Where the wrong answer is, by the diagnosis' row; codes of AWS and of the engine that have a
// screen too.
static const char *fix_of(const char *code)
{
    static const struct {
        const char *code, *screen;
    } others[] = {
        {"ExpiredToken", "aws"},          {"ExpiredTokenException", "aws"},
        {"InvalidClientTokenId", "aws"},  {"UnrecognizedClientException", "aws"},
        {"SignatureDoesNotMatch", "aws"}, {"AuthFailure", "aws"},
        {SESSION_NEW_ACCOUNT, "aws"},
    };
    for (size_t i = 0; code && i < ARRAY_LEN(others); i++)
        if (str_eq(others[i].code, code))
            return others[i].screen;
    return diagnosis_fix(code);
}

const struct core forest_core = {
    .version = CORE_VERSION,
    .look = core_look,
    .run = core_run_setup,
    .fix_of = fix_of,
    .export_files = core_export_files,
    .sso_login = core_sso_login,
    .mfa = core_mfa,
    .forest_set_url = core_forest_set_url,
    .forest_connect = core_forest_connect,
    .recover = core_recover,
};
