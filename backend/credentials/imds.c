// SPDX-License-Identifier: MIT
// Credentials of the EC2 instance this runs on, by its metadata service, version 2 (facts 9.8).
// The last of all: on a laptop it costs a second, so that nothing asks for a list of logins.
#include "backend/credentials/imds.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/credentials/ask.h"

#define ROLES "/latest/meta-data/iam/security-credentials/"
#define PLACE "/latest/meta-data/placement/"

enum { TIMEOUT_MAX_S = 60, ATTEMPTS_MAX = 10, MACHINE_FILE_MAX = 4096 };

// One conversation with the service.
struct service {
    const struct chain *chain;
    char *url;
    long timeout_ms, attempts;
    struct told token; // of version 2; a status other than 200: version 1
};

static void service_close(struct service *s)
{
    mem_free(s->url);
    told_clear(&s->token);
}
#define SERVICE_AUTO __attribute__((cleanup(service_close))) struct service

// ---- what the environment or the profile say of it, as the CLI reads them

// "ec2_metadata_service_endpoint" is AWS_EC2_METADATA_SERVICE_ENDPOINT in the environment.
static const char *setting(const struct profile *profile, const char *key)
{
    char name[64] = "AWS_";
    size_t n = strlen(name);
    for (const char *p = key; *p && n + 1 < sizeof name; p++)
        name[n++] = (char)toupper((unsigned char)*p);
    const char *value = chain_env(name);
    if (!value && profile)
        value = profile_get(profile, key);
    return str_empty(value) ? NULL : value;
}

static bool is_true(const char *value)
{
    return value && strcasecmp(value, "true") == 0;
}

static bool forbidden(void)
{
    return is_true(chain_env("AWS_EC2_METADATA_DISABLED"));
}

static long number(const struct profile *profile, const char *key, long most)
{
    const char *text = setting(profile, key);
    long n = text ? strtol(text, NULL, 10) : 1;
    return n < 1 || n > most ? 1 : n;
}

static char *address(const struct profile *profile, struct err *err)
{
    const char *given = setting(profile, "ec2_metadata_service_endpoint");
    const char *mode = setting(profile, "ec2_metadata_service_endpoint_mode");
    bool ipv6 = mode && strcasecmp(mode, "ipv6") == 0;
    if (mode && !ipv6 && strcasecmp(mode, "ipv4") != 0) {
        AUTO_FREE char *safe = text_safe(mode, 40);
        err_set(err, ERR_AUTH, "ec2_metadata_service_endpoint_mode is %s", safe);
        err_remedy(err, "it is IPv4 or IPv6; AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE sets it, too");
        return NULL;
    }
    char *url = mem_strdup(given  ? given
                           : ipv6 ? "http://[fd00:ec2::254]"
                                  : "http://169.254.169.254");
    for (size_t n = strlen(url); n && url[n - 1] == '/'; n--)
        url[n - 1] = '\0';
    return url;
}

// ---- the conversation

// GET or PUT below the service, asked again as often as the user wants it.
static bool get(const struct service *s, const char *method, const char *path, const char *header,
                const char *value, struct told *out, struct err *err)
{
    AUTO_FREE char *url = mem_printf("%s%s", s->url, path);
    struct ask question = {
        .method = method, .url = url, .total_ms = s->timeout_ms, .metadata = true};
    question.header[0][0] = value ? header : NULL;
    question.header[0][1] = value;
    for (long attempt = 1;; attempt++) {
        ERR_AUTO e = {0};
        bool got = ask(s->chain->options, &question, out, &e);
        bool last = attempt >= s->attempts;
        if (got && (last || out->status < 500))
            return true;
        // A silence is an answer to the token: version 1 is asked then.
        if (!got && (last || e.kind != ERR_NET || str_eq(method, "PUT"))) {
            if (err)
                err_move(err, &e);
            return false;
        }
        told_clear(out);
    }
}

static bool look(const struct service *s, const char *path, struct told *out, struct err *err)
{
    const char *proof = s->token.status == 200 ? s->token.text : NULL;
    return get(s, "GET", path, "x-aws-ec2-metadata-token", proof, out, err);
}

static bool no_answer(struct err *err)
{
    err_set(err, ERR_AUTH, "the instance metadata service does not answer");
    return err_remedy(err, "this profile works on an EC2 instance with a role only");
}

// Takes the token of version 2. Where the service knows none, or its answer is lost on the way into
// a container (a hop too many), version 1 is spoken unless that is forbidden.
static bool service_open(struct service *s, const struct chain *chain, struct err *err)
{
    const struct profile *profile = chain->top;
    *s = (struct service){
        .chain = chain,
        .url = address(profile, err),
        .timeout_ms = number(profile, "metadata_service_timeout", TIMEOUT_MAX_S) * 1000,
        .attempts = number(profile, "metadata_service_num_attempts", ATTEMPTS_MAX)};
    if (!s->url)
        return false;
    ERR_AUTO e = {0};
    bool got = get(s, "PUT", "/latest/api/token", "x-aws-ec2-metadata-token-ttl-seconds", "21600",
                   &s->token, &e);
    if (!got && e.kind != ERR_NET) {
        err_move(err, &e);
        return false;
    }
    bool silent = !got && !e.outcome_unknown;
    bool older = s->token.status != 200;
    return (!silent && !(older && is_true(setting(profile, "ec2_metadata_v1_disabled")))) ||
           no_answer(err);
}

static bool role_name(const struct told *told, char **out, struct err *err)
{
    size_t n = strcspn(told->text, "\r\n");
    bool plain = n && strspn(told->text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789+=,.@_-") >= n;
    if (!plain)
        return err_set(err, ERR_AUTH, "the instance has no role");
    *out = mem_strndup(told->text, n);
    return true;
}

// ---- the provider

static bool imds_applies(const struct chain *chain)
{
    (void)chain;
    return !forbidden();
}

static bool imds_fetch(struct chain *chain, struct credentials *out, struct err *err)
{
    if (forbidden())
        return err_set(err, ERR_AUTH, "AWS_EC2_METADATA_DISABLED forbids the metadata service");
    SERVICE_AUTO s = {0};
    TOLD_AUTO roles = {0};
    TOLD_AUTO keys = {0};
    AUTO_FREE char *role = NULL;
    if (!service_open(&s, chain, err))
        return false;
    if (!look(&s, ROLES, &roles, NULL))
        return no_answer(err);
    if (roles.status != 200)
        return err_set(err, ERR_AUTH, "the instance has no role");
    if (!role_name(&roles, &role, err))
        return false;
    AUTO_FREE char *path = mem_printf(ROLES "%s", role);
    if (!look(&s, path, &keys, NULL))
        return no_answer(err);
    if (keys.status != 200 || !str_eq(json_str_or(keys.json, "Code", "Success"), "Success"))
        return err_set(err, ERR_AUTH, "the instance metadata service gives no keys for %s", role);
    return credentials_of_json(keys.json, "Token", "imds", "the instance metadata service", out,
                               err);
}

const struct provider imds_provider = {"imds", imds_applies, NULL, imds_fetch};

// ---- where the instance is

static bool starts_with(const char *path, const char *text)
{
    struct str content;
    str_init(&content, MACHINE_FILE_MAX);
    bool ok = fs_read(path, &content, NULL) && content.data &&
              strncmp(content.data, text, strlen(text)) == 0;
    str_clear(&content);
    return ok;
}

bool imds_is_here(const struct profile *profile)
{
    if (forbidden())
        return false;
    return setting(profile, "ec2_metadata_service_endpoint") ||
           starts_with("/sys/devices/virtual/dmi/id/sys_vendor", "Amazon EC2") ||
           starts_with("/sys/hypervisor/uuid", "ec2");
}

// "eu-west-3", or "eu-west-3a" of a service that does not know the region by itself.
static char *region_of(const struct told *told, bool zone)
{
    size_t n = strspn(told->text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (zone && n && isalpha((unsigned char)told->text[n - 1]))
        n--;
    return told->status == 200 && n ? mem_strndup(told->text, n) : NULL;
}

char *imds_region(const struct credentials_options *options, const struct profile *profile)
{
    if (!imds_is_here(profile))
        return NULL;
    const struct chain chain = {.options = options, .profile = profile, .top = profile};
    SERVICE_AUTO s = {0};
    ERR_AUTO e = {0};
    char *region = NULL;
    bool open = service_open(&s, &chain, &e);
    for (int zone = 0; open && zone <= 1 && !region; zone++) {
        TOLD_AUTO told = {0};
        if (look(&s, zone ? PLACE "availability-zone" : PLACE "region", &told, &e))
            region = region_of(&told, zone);
    }
    return region;
}
