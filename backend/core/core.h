// SPDX-License-Identifier: MIT
// What the wizard may ask of everything that talks to the network: one table of functions.
//
// The program itself links neither curl nor OpenSSL nor libgit2, so that it paints within
// milliseconds; core_get() loads the module that does (forest-core.so, beside the program or in
// ../lib/forest-setup) when the first of these is needed. Every function blocks, is called on a
// worker thread (not the UI's), may be called by several at once, and stops soon after its cancel
// is requested with ERR_CANCELLED. Answers are borrowed for the call; results are the caller's.
// Errors have message and remedy.
#ifndef FOREST_CORE_CORE_H
#define FOREST_CORE_CORE_H

#include <stdbool.h>

#include "backend/base/clock.h"
#include "backend/base/err.h"
#include "backend/codec/json.h"
#include "backend/engine/event.h"
#include "backend/engine/step.h"
#include "backend/setup/answers.h"

enum { CORE_VERSION = 2 };

// Reading only. What each answers, as JSON:
enum core_look {
    // [{"name","kind","region","error"}]: every profile of the AWS CLI's files and the environment
    // (name "" then), without any call. "error": why it cannot be used, known already.
    CORE_PROFILES,
    // Who the profile `what` is: {"account","alias","principal","expires_ms","provider","region"}.
    CORE_IDENTITY,
    // Regions of answers' profile: [{"name","text","enabled"}], "text" the place ("Paris").
    // Without a network all known ones, "enabled" absent.
    CORE_REGIONS,
    // The VPCs of answers' profile and region, as network_json() of steps/discover.h.
    CORE_NETWORKS,
    // Would answers' network do? {"vpc","tasks","balancer","link","text"}; ERR_INPUT says why not.
    CORE_NETWORK_CHOICE,
    // PostgreSQL databases of RDS in answers' VPC (`what`: its id): [{"id","engine","host","port",
    // "database","user","status","groups":["sg-"],"public","vpc"}].
    CORE_DATABASES,
    // Is the environment secret known to Forest? {"known":"yes|no|unreachable","detail",
    // "ip_whitelist","project","environment"}; the last two when Forest's command line is signed in
    // here.
    CORE_FOREST,
    // Which builder makes the image and why: {"builder","why","choices":[{"name","found","text"}]}
    CORE_BUILDER,
    // The commit or folder that would be deployed: {"description","commit"}
    CORE_SOURCE,
    // The plan for answers:
    // {"name","account","region","create","reuse","change","check","blocked","usual_s","items":[{"id","title",
    // "group","kind","action","text","usual_s","costs","needs":["id"],"error":{"message","remedy",
    // "code"}}]}
    CORE_PLAN,
    // What a destroy of the setup `what` would do: as CORE_PLAN, action "delete", "keep" or
    // "blocked".
    CORE_DESTROY_PLAN,
    // As session_status(): the setup `what`, with "live".
    CORE_STATUS,
    // May the caller do what the plan needs? {"allowed":n,"of":n,"missing":["ec2:CreateVpc"],
    // "unknown":true when it cannot be asked}
    CORE_RIGHTS,
    // Setups in the account and region of answers' profile, as recover_list() of steps/recover.h.
    CORE_FOUND,
    // The forms that a setup can be exported as: [{"name","text"}].
    CORE_FORMS,
    CORE_LOOKS
};

enum core_run {
    CORE_APPLY,   // answers (secrets filled in)
    CORE_RESUME,  // the setup `name`, as its journal knows it or with changed answers; its secrets
                  // need not be given when they are stored on AWS
    CORE_DESTROY, // the setup `name`
    CORE_RESERVE, // answers: only the public address, so that Forest shows its secret. Same setup.
};

struct core_run_options {
    enum core_run what;
    const struct answers *answers; // APPLY, RESERVE; RESUME: may be given for changed answers
    const char *name;
    struct cancel *cancel;
    struct event_sink sink; // called on worker threads, one at a time
    // The plan is made and the run begins: as CORE_PLAN. May be NULL. Same threads.
    void (*planned)(void *context, const struct json *plan);
    void *context;
};

struct core_export {
    const char *formats; // "json,policy"
    const char *dir;
    bool git, force;
    struct cancel *cancel;
};

struct core {
    int version; // CORE_VERSION
    // *out: JSON as above. `what` NULL where none is said.
    bool (*look)(enum core_look look, const struct answers *answers, const char *what,
                 struct cancel *cancel, struct json **out, struct err *err);
    // *out also after a failure: {"url","name","account","region","done","total","duration_ms",
    // "failed":{"id","title"},"left":["..."]}. err: cause, remedy, code (the diagnosis' id).
    bool (*run)(const struct core_run_options *options, struct json **out, struct err *err);
    // Which screen holds the answer that is wrong, for an err.code of a run: "forest" "aws"
    // "network" "database" "backend"; NULL when none.
    const char *(*fix_of)(const char *code);
    // Writes the setup as files (backend/export/folder.h); what its journal knows counts too.
    // *out: {"dir","changed","same","commit"}.
    bool (*export_files)(const struct answers *answers, const struct core_export *what,
                         struct json **out, struct err *err);
    // Signs the profile in to IAM Identity Center (a look failed with code "sso-login"): calls
    // `show` once, on this thread, with {"code","url","page","seconds"}, then waits until the user
    // has agreed in a browser. The token is where the AWS CLI keeps it.
    bool (*sso_login)(const char *profile, void (*show)(void *context, const struct json *told),
                      void *context, struct cancel *cancel, struct err *err);
    // Assumes the profile's role with a one-time code (a look failed with code "mfa-code"), kept
    // where the AWS CLI keeps it.
    bool (*mfa)(const char *profile, const struct secret *code, struct cancel *cancel,
                struct err *err);
    // Sets the environment's URL through Forest's API with the user's token, then does what
    // forest_connect() does. {"environment","project","redirect_ok","held","restarted"}
    bool (*forest_set_url)(const struct answers *answers, const struct secret *token,
                           const char *url, struct cancel *cancel, struct json **out,
                           struct err *err);
    // Does Forest's login lead to `url`? A backend that learned another address when it started is
    // started anew and asked again, which takes minutes. {"redirect_ok","held","restarted"}; held:
    // the address that Forest has.
    bool (*forest_connect)(const struct answers *answers, const char *url, struct cancel *cancel,
                           struct json **out, struct err *err);
    // Rebuilds this machine's records of the setup `name` from what answers' profile and region
    // hold, as recover_setup() of steps/recover.h; changes nothing on AWS.
    bool (*recover)(const struct answers *where, const char *name, struct cancel *cancel,
                    struct json **out, struct err *err);
};

// The module's table, loaded once. ERR_IO when it is not there or of another version. Thread-safe.
const struct core *core_get(struct err *err);
// A function by its name (the commands of screens/cli): the program's own, else the module's. NULL
// as core_get().
typedef void core_function(void);
core_function *core_symbol(const char *name, struct err *err);
// For tests and the practice of screens: use this table instead of the module. NULL: the module.
void core_use(const struct core *core);

#endif
