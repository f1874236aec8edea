// SPDX-License-Identifier: MIT
// Credentials of the EC2 instance this runs on, by its metadata service, version 2 (facts 9.8).
// The last of all: on a laptop it costs a second, so that nothing asks for a list of logins.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/credentials/ask.h"

#define ROLES "/latest/meta-data/iam/security-credentials/"

enum { ASK_MS = 1000, TIMEOUT_MAX_S = 60 };

static bool is_true(const char *name)
{
    const char *value = chain_env(name);
    return value && strcasecmp(value, "true") == 0;
}

static char *service(void)
{
    const char *given = chain_env("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    const char *mode = chain_env("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    bool ipv6 = mode && strcasecmp(mode, "ipv6") == 0;
    char *url = mem_strdup(given  ? given
                           : ipv6 ? "http://[fd00:ec2::254]"
                                  : "http://169.254.169.254");
    for (size_t n = strlen(url); n && url[n - 1] == '/'; n--)
        url[n - 1] = '\0';
    return url;
}

static long timeout_ms(void)
{
    const char *seconds = chain_env("AWS_METADATA_SERVICE_TIMEOUT");
    long s = seconds ? strtol(seconds, NULL, 10) : 1;
    return s > 0 && s <= TIMEOUT_MAX_S ? s * 1000 : ASK_MS;
}

// GET or PUT below the service; `token` NULL for none.
static bool get(const struct chain *chain, const char *base, const char *method, const char *path,
                const char *header, const char *value, struct told *out, struct err *err)
{
    AUTO_FREE char *url = mem_printf("%s%s", base, path);
    struct ask question = {
        .method = method, .url = url, .total_ms = timeout_ms(), .metadata = true};
    question.header[0][0] = value ? header : NULL;
    question.header[0][1] = value;
    return ask(chain->options, &question, out, err);
}

static bool no_answer(struct err *err)
{
    err_set(err, ERR_AUTH, "the instance metadata service does not answer");
    return err_remedy(err, "this profile works on an EC2 instance with a role only");
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

static bool imds_applies(const struct chain *chain)
{
    (void)chain;
    return !is_true("AWS_EC2_METADATA_DISABLED");
}

static bool imds_fetch(struct chain *chain, struct credentials *out, struct err *err)
{
    static const char token_header[] = "x-aws-ec2-metadata-token";
    if (is_true("AWS_EC2_METADATA_DISABLED"))
        return err_set(err, ERR_AUTH, "AWS_EC2_METADATA_DISABLED forbids the metadata service");
    AUTO_FREE char *base = service();
    TOLD_AUTO token = {0};
    ERR_AUTO e = {0};
    bool got = get(chain, base, "PUT", "/latest/api/token", "x-aws-ec2-metadata-token-ttl-seconds",
                   "21600", &token, &e);
    if (!got && e.kind != ERR_NET) {
        err_move(err, &e);
        return false;
    }
    bool version2 = got && token.status == 200;
    if (!got || (!version2 && is_true("AWS_EC2_METADATA_V1_DISABLED")))
        return no_answer(err);
    const char *proof = version2 ? token.text : NULL;
    TOLD_AUTO roles = {0};
    AUTO_FREE char *role = NULL;
    if (!get(chain, base, "GET", ROLES, token_header, proof, &roles, err))
        return no_answer(err);
    if (roles.status != 200)
        return err_set(err, ERR_AUTH, "the instance has no role");
    if (!role_name(&roles, &role, err))
        return false;
    AUTO_FREE char *path = mem_printf(ROLES "%s", role);
    TOLD_AUTO keys = {0};
    if (!get(chain, base, "GET", path, token_header, proof, &keys, err))
        return no_answer(err);
    if (keys.status != 200 || !str_eq(json_str_or(keys.json, "Code", "Success"), "Success"))
        return err_set(err, ERR_AUTH, "the instance metadata service gives no keys for %s", role);
    return credentials_of_json(keys.json, "Token", "imds", "the instance metadata service", out,
                               err);
}

const struct provider imds_provider = {"imds", imds_applies, NULL, imds_fetch};
