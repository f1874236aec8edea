// SPDX-License-Identifier: MIT
// What the files of backend/core share. Private.
#ifndef FOREST_CORE_PARTS_H
#define FOREST_CORE_PARTS_H

#include "backend/core/core.h"
#include "backend/engine/engine.h"
#include "backend/steps/session.h"

struct core_question {
    const struct answers *answers;
    const char *what; // may be NULL
    struct cancel *cancel;
};
typedef bool core_look_function(const struct core_question *q, struct json **out, struct err *err);

// look_aws.c
core_look_function core_profiles, core_identity, core_regions, core_networks, core_network_choice,
    core_databases;
// look_here.c
core_look_function core_forest_known, core_builder, core_source;
// export.c
core_look_function core_forms;
bool core_export_files(const struct answers *answers, const struct core_export *what,
                       struct json **out, struct err *err);
// look_plan.c
core_look_function core_plan, core_destroy_plan, core_status, core_rights;

// recover.c
core_look_function core_found;
bool core_recover(const struct answers *where, const char *name, struct cancel *cancel,
                  struct json **out, struct err *err);

bool core_look(enum core_look look, const struct answers *answers, const char *what,
               struct cancel *cancel, struct json **out, struct err *err);
bool core_run_setup(const struct core_run_options *options, struct json **out, struct err *err);
bool core_forest_connect(const struct answers *answers, const char *url, struct cancel *cancel,
                         struct json **out, struct err *err);
bool core_forest_set_url(const struct answers *answers, const struct secret *token, const char *url,
                         struct cancel *cancel, struct json **out, struct err *err);

bool core_sso_login(const char *profile, void (*show)(void *context, const struct json *told),
                    void *context, struct cancel *cancel, struct err *err);
bool core_mfa(const char *profile, const struct secret *code, struct cancel *cancel,
              struct err *err);

// Secrets that are not given become references to their usual variables, as in the records: so
// they are looked for there, and the records stay a valid answer file.
void core_refer_to_secrets(struct answers *answers);

// A plan as JSON (core.h, CORE_PLAN); for a destroy the actions are "delete", "keep", "blocked".
struct json *core_plan_json(struct session *session, const struct plan *plan, bool destroy);

#endif
