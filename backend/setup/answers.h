// SPDX-License-Identifier: MIT
// The answers: everything a setup is made from, filled by the wizard or by a config file. Secrets
// are references until answers_resolve_secrets(). Every string is owned by the struct;
// answers_init() sets the defaults (facts aws.md 8, 11). A new answer = a member here, a row in
// fields.c, a property in assets/schema/setup.schema.json.
#ifndef FOREST_SETUP_ANSWERS_H
#define FOREST_SETUP_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"
#include "backend/base/secret.h"

enum secret_from {
    SECRET_NONE,
    SECRET_ENV,
    SECRET_FILE,
    SECRET_STDIN,
    SECRET_GENERATE,
    SECRET_TYPED,
    SECRET_STORED // as it lies on AWS already
};

// The screens that a file may ask for although it holds their answers; bits of answers.ask.
enum ask_screen { ASK_FOREST, ASK_AWS, ASK_NETWORK, ASK_DATABASE, ASK_BACKEND };

struct secret_answer {
    enum secret_from from;
    char *where;         // variable name or path
    struct secret value; // filled by answers_resolve_secrets() or by the wizard
};

enum backend_source { SOURCE_BUILTIN, SOURCE_FOLDER, SOURCE_GIT };
enum cpu_arch { ARCH_X86_64, ARCH_ARM64 };
enum image_builder {
    BUILDER_AUTO,
    BUILDER_BUILTIN,
    BUILDER_DOCKER,
    BUILDER_PODMAN,
    BUILDER_BUILDAH
};

struct tag_answer {
    char *key;
    char *value;
};

struct answers {
    char *name;   // the setup: see rule_setup_name()
    unsigned ask; // 1 << enum ask_screen: a wizard asks these and takes the rest; 0: no wish
    struct {
        char *profile; // NULL: the default
        char *region;  // NULL: as the AWS CLI would choose
        char *account; // optional pin: refuse any other
    } aws;
    struct {
        struct secret_answer env_secret;
        struct secret_answer auth_secret; // default: generate
        char *server_url;                 // NULL: https://api.forestadmin.com
    } forest;
    struct {
        bool new_vpc;
        char *cidr;     // of a new VPC, default 10.42.0.0/16
        char *vpc;      // id or Name tag of an existing one
        char **subnets; // ids; none: the private ones that have a way out are chosen
        size_t subnet_count;
    } network;
    struct {
        struct secret_answer url;     // postgres://...
        char *ingress_security_group; // opt-in: our rule is added to this group; NULL: untouched
        char *ssl_mode;               // preferred required verify disabled
        char *schema;                 // NULL: public
    } database;
    struct {
        enum backend_source source;
        char *folder;  // SOURCE_FOLDER; absolute when it came from a config file
        char *git_url; // SOURCE_GIT
        char *git_ref; // NULL: the default branch
        char *git_folder;
        unsigned cpu_units;
        unsigned memory_mib;
        enum cpu_arch arch;
        enum image_builder builder;
        char *base_image; // "public.ecr.aws/docker/library/node:22-slim"
        unsigned tasks;
        unsigned port; // 3000
    } backend;
    struct {
        bool kms_key;
        bool autoscaling;
        unsigned min_tasks, max_tasks, cpu_percent;
        unsigned log_days;
        char *permissions_boundary;    // ARN or NULL
        unsigned secret_recovery_days; // destroy: 7..30; 0: at once
        struct tag_answer *tags;
        size_t tag_count;
    } options;
};

void answers_init(struct answers *a);  // defaults
void answers_clear(struct answers *a); // wipes secrets; accepts a zeroed one
void answers_copy(struct answers *dst,
                  const struct answers *src); // dst is overwritten, not cleared
// Does the file ask for that screen, by its name? False for names it cannot ask for.
bool answers_asks(const struct answers *a, const char *screen);
// Do the secrets stay as they are on AWS?
bool answers_stored(const struct answers *a);
void answers_add_subnet(struct answers *a, const char *id);
void answers_add_tag(struct answers *a, const char *key, const char *value);

// Reads the values the references point to. stdin is read once: a JSON object {"forest.env_secret":
// "..."} when more than one answer says stdin, else the bare value without its last line end.
// ERR_INPUT names the field, the reason and the remedy, never the value; the database URL is parsed
// too. A generated auth secret is 32 random bytes as hex. Values that are already there stay.
// Variables that were read are taken out of the environment, so that no child inherits them: call
// it before the first thread starts. Blocks: a FIFO for at most 10 s, stdin until its end.
bool answers_resolve_secrets(struct answers *a, struct err *err);
// For a wizard, which asks for the rest: reads what can be read, also FOREST_ENV_SECRET,
// FOREST_AUTH_SECRET and POSTGRESQL_URL of the environment for answers that name no other source;
// what cannot stays empty. The same rules on threads and variables.
void answers_resolve_given(struct answers *a);

#endif
