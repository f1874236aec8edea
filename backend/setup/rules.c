// SPDX-License-Identifier: MIT
#include "backend/setup/rules.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"

#define LOWER     "abcdefghijklmnopqrstuvwxyz"
#define UPPER     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS    "0123456789"
#define LOWER_HEX DIGITS "abcdef"

enum { SHOWN_CHARS = 60 };

static bool only(const char *text, size_t length, const char *allowed)
{
    return strspn(text, allowed) >= length;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return true;
    return false;
}

// "<text> <reason>", where a text that may be a secret is not shown.
static bool refuse(struct err *err, const char *text, const char *reason, const char *remedy)
{
    if (rule_looks_secret(text)) {
        err_set(err, ERR_INPUT, "holds what looks like a secret");
        return err_remedy(
            err, "secrets stand in no other field and only as a reference, such as \"env:NAME\"");
    }
    AUTO_FREE char *safe = text_safe(text, SHOWN_CHARS);
    err_set(err, ERR_INPUT, "\"%s\" %s", safe, reason);
    return err_remedy(err, "%s", remedy);
}

static bool hex_run(const char *text, size_t length)
{
    size_t n = strlen(text);
    return n == length && strspn(text, DIGITS "abcdefABCDEF") == n;
}

bool rule_looks_secret(const char *text)
{
    // 64: an environment secret; 48: what Forest's own tools make as auth secret.
    if (hex_run(text, 64) || hex_run(text, 48))
        return true;
    const char *scheme = strstr(text, "://");
    if (!scheme)
        return false;
    const char *rest = scheme + 3;
    const char *at = strrchr(rest, '@');
    const char *colon = strchr(rest, ':');
    return at && colon && colon < at;
}

bool rule_setup_name(const char *text, struct err *err)
{
    size_t n = strlen(text);
    const char *remedy =
        "use 1 to 20 characters: a-z, 0-9 and single hyphens, starting with a letter, "
        "not ending with a hyphen";
    if (n == 0)
        return refuse(err, text, "is empty", remedy);
    if (n > 20)
        return refuse(err, text, "is longer than 20 characters", remedy);
    // ECR refuses two hyphens in a row, the load balancer a hyphen at an end.
    if (!only(text, n, LOWER DIGITS "-") || !islower((unsigned char)text[0]) ||
        text[n - 1] == '-' || strstr(text, "--"))
        return refuse(err, text, "is not a name for a setup", remedy);
    return true;
}

static bool plain_text(const char *text, size_t max, struct err *err)
{
    if (!*text)
        return refuse(err, text, "is empty", "leave the field out to use the default");
    if (strlen(text) > max) {
        AUTO_FREE char *reason = mem_printf("is longer than %zu bytes", max);
        return refuse(err, text, reason, "use a shorter one");
    }
    if (has_control(text))
        return refuse(err, text, "holds a control character", "remove line ends and tabs");
    return rule_looks_secret(text) ? refuse(err, text, "", "") : true;
}

bool rule_profile(const char *text, struct err *err)
{
    return plain_text(text, 128, err);
}

// "eu-west-3", "us-gov-west-1", "eusc-de-east-1"
bool rule_region(const char *text, struct err *err)
{
    const char *remedy = "write it as AWS does, for example \"eu-west-3\"";
    size_t n = strlen(text);
    size_t groups = 1;
    const char *p = text;
    for (size_t length; (length = strspn(p, LOWER)) >= 2 && p[length] == '-'; p += length + 1)
        groups++;
    size_t number = strspn(p, DIGITS);
    if (n > 32 || groups < 3 || number == 0 || number > 2 || p[number])
        return refuse(err, text, "is not an AWS region", remedy);
    return true;
}

bool rule_account(const char *text, struct err *err)
{
    if (strlen(text) != 12 || !only(text, 12, DIGITS))
        return refuse(err, text, "is not an account number", "write the 12 digits, in quotes");
    return true;
}

static bool loopback(const char *host, size_t length)
{
    AUTO_FREE char *h = mem_strndup(host, length);
    return str_eq(h, "localhost") || str_ends(h, ".localhost") || str_starts(h, "127.") ||
           str_eq(h, "[::1]");
}

bool rule_server_url(const char *text, struct err *err)
{
    const char *remedy = "write https:// and the host, without a slash at the end";
    bool https = str_starts(text, "https://");
    const char *host = https ? text + 8 : str_starts(text, "http://") ? text + 7 : NULL;
    if (!host)
        return refuse(err, text, "is not a web address", remedy);
    size_t authority = strcspn(host, "/?#");
    size_t name = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
    if (authority == 0 || name > authority || strlen(text) > 200 || strpbrk(host, " \\\"<>@?#") ||
        has_control(text) || str_ends(text, "/"))
        return refuse(err, text, "is not the address of a server", remedy);
    const char *port = host[name] == ':' ? host + name + 1 : NULL;
    if (port && (strspn(port, DIGITS) == 0 || strspn(port, DIGITS) > 5 ||
                 strspn(port, DIGITS) != (size_t)(host + authority - port)))
        return refuse(err, text, "has a port that is not a number", remedy);
    if (!https && !loopback(host, name))
        return refuse(err, text, "would send the secret without encryption", "use https://");
    return true;
}

bool rule_vpc(const char *text, struct err *err)
{
    return plain_text(text, 255, err);
}

static bool aws_id(const char *text, const char *prefix)
{
    if (!str_starts(text, prefix))
        return false;
    const char *digits = text + strlen(prefix);
    size_t n = strlen(digits);
    return (n == 8 || n == 17) && only(digits, n, LOWER_HEX);
}

bool rule_subnet(const char *text, struct err *err)
{
    if (!aws_id(text, "subnet-"))
        return refuse(err, text, "is not the id of a subnet",
                      "write its id, such as \"subnet-0a1b2c3d4e5f67890\"");
    return true;
}

bool rule_security_group(const char *text, struct err *err)
{
    if (!aws_id(text, "sg-"))
        return refuse(err, text, "is not the id of a security group",
                      "write its id, such as \"sg-0a1b2c3d4e5f67890\"");
    return true;
}

// One decimal number up to `max` without leading zeros; moves *text behind it.
static bool number(const char **text, unsigned max, unsigned *out)
{
    size_t n = strspn(*text, DIGITS);
    if (n == 0 || n > 3 || (n > 1 && (*text)[0] == '0'))
        return false;
    unsigned v = 0;
    for (size_t i = 0; i < n; i++)
        v = v * 10 + (unsigned)((*text)[i] - '0');
    *text += n;
    *out = v;
    return v <= max;
}

static bool parse_cidr(const char *text, unsigned *out_address, unsigned *out_prefix)
{
    unsigned address = 0;
    for (int i = 0; i < 4; i++) {
        unsigned byte = 0;
        if (!number(&text, 255, &byte) || *text != (i < 3 ? '.' : '/'))
            return false;
        address = address << 8 | byte;
        text++;
    }
    *out_address = address;
    return number(&text, 32, out_prefix) && *text == '\0';
}

bool rule_cidr(const char *text, struct err *err)
{
    unsigned address = 0;
    unsigned prefix = 0;
    if (!parse_cidr(text, &address, &prefix))
        return refuse(err, text, "is not an address range", "write it like \"10.42.0.0/16\"");
    if (prefix < 16 || prefix > 24)
        return refuse(err, text, "is not between /16 and /24",
                      "a VPC may not be larger, and four subnets do not fit in a smaller one");
    if ((address & (0xFFFFFFFFu >> prefix)) != 0)
        return refuse(err, text, "has bits set behind its prefix",
                      "write the first address of the range");
    bool is_private = address >> 24 == 10 || address >> 20 == 0xAC1 || address >> 16 == 0xC0A8;
    if (!is_private)
        return refuse(err, text, "is not private",
                      "use a range inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16");
    return true;
}

bool rule_schema(const char *text, struct err *err)
{
    return plain_text(text, 63, err); // PostgreSQL: NAMEDATALEN - 1
}

bool rule_folder(const char *text, struct err *err)
{
    return plain_text(text, 4000, err);
}

bool rule_git_url(const char *text, struct err *err)
{
    if (rule_looks_secret(text)) {
        err_set(err, ERR_INPUT, "holds a password");
        return err_remedy(err, "take it out of the URL; use ssh, or git's own credential store");
    }
    if (!plain_text(text, 1000, err))
        return false;
    bool known =
        str_starts(text, "https://") || str_starts(text, "ssh://") || str_starts(text, "file:///");
    const char *colon = strchr(text, ':');
    bool scp =
        !strstr(text, "://") && strchr(text, '@') && colon && colon > strchr(text, '@') && colon[1];
    if ((!known && !scp) || strchr(text, ' '))
        return refuse(err, text, "is not a git address",
                      "use https://host/path, ssh://host/path or git@host:path");
    return true;
}

// git check-ref-format(1), the part that matters to a reader.
bool rule_git_ref(const char *text, struct err *err)
{
    if (!plain_text(text, 250, err))
        return false;
    if (strpbrk(text, " ~^:?*[\\") || strstr(text, "..") || text[0] == '-' || text[0] == '/' ||
        str_ends(text, "/"))
        return refuse(err, text, "is not a branch, tag or commit",
                      "write its name, such as \"main\"");
    return true;
}

bool rule_git_folder(const char *text, struct err *err)
{
    if (!plain_text(text, 1000, err))
        return false;
    bool up = str_eq(text, "..") || str_starts(text, "../") || str_ends(text, "/..") ||
              strstr(text, "/../");
    if (text[0] == '/' || up)
        return refuse(err, text, "leaves the repository",
                      "write a path inside it, such as \"admin\"");
    return true;
}

// registry/repository:tag or registry/repository@sha256:digest
bool rule_base_image(const char *text, struct err *err)
{
    const char *remedy =
        "write registry/repository:tag, such as \"public.ecr.aws/docker/library/node:22-slim\"";
    size_t n = strlen(text);
    if (n == 0 || n > 400 || !only(text, n, LOWER UPPER DIGITS "._-/:@"))
        return refuse(err, text, "is not the name of an image", remedy);
    const char *slash = strchr(text, '/');
    const char *last = strrchr(text, '/');
    if (!slash || slash == text || !last[1])
        return refuse(err, text, "does not name its registry", remedy);
    const char *digest = strstr(text, "@sha256:");
    if (digest ? strlen(digest + 8) != 64 || !only(digest + 8, 64, LOWER_HEX)
               : strchr(text, '@') != NULL)
        return refuse(err, text, "has a digest that is not sha256 and 64 hex digits", remedy);
    const char *tag = strchr(last, ':');
    if (!digest && (!tag || !tag[1]))
        return refuse(err, text, "names no tag", remedy);
    return true;
}

bool rule_boundary(const char *text, struct err *err)
{
    const char *remedy =
        "write the ARN of an IAM policy, such as \"arn:aws:iam::123456789012:policy/boundary\"";
    const char *iam = strstr(text, ":iam::");
    const char *policy = strstr(text, ":policy/");
    if (!str_starts(text, "arn:aws") || !iam || !policy || policy < iam + 6 || !policy[8] ||
        strlen(text) > 2048 || strchr(text, ' ') || has_control(text))
        return refuse(err, text, "is not the ARN of a policy", remedy);
    const char *account = iam + 6;
    size_t n = (size_t)(policy - account);
    bool ok =
        (n == 12 && strspn(account, DIGITS) == 12) || (n == 3 && strncmp(account, "aws", 3) == 0);
    return ok ? true : refuse(err, text, "is not the ARN of a policy", remedy);
}

// What every service of the stack takes: ECS and EC2 allow these, IAM the same set.
static bool tag_characters(const char *text)
{
    return only(text, strlen(text), LOWER UPPER DIGITS " _.:/=+-@");
}

bool rule_tag_key(const char *text, struct err *err)
{
    if (!*text || strlen(text) > 128 || !tag_characters(text))
        return refuse(err, text, "is not a tag's name",
                      "use 1 to 128 letters, digits, spaces or _ . : / = + - @");
    if (strncasecmp(text, "aws:", 4) == 0)
        return refuse(err, text, "is reserved by AWS", "use a name that does not start with aws:");
    if (strncasecmp(text, "forestadmin:", 12) == 0 || strcasecmp(text, "Name") == 0)
        return refuse(err, text, "is set by forest-setup itself", "use another name");
    return true;
}

bool rule_tag_value(const char *text, struct err *err)
{
    if (strlen(text) > 256 || !tag_characters(text) || rule_looks_secret(text))
        return refuse(err, text, "is not a tag's value",
                      "use up to 256 letters, digits, spaces or _ . : / = + - @");
    return true;
}

bool rule_env_name(const char *text, struct err *err)
{
    size_t n = strlen(text);
    bool name = n > 0 && n <= 128 && (isalpha((unsigned char)text[0]) || text[0] == '_') &&
                only(text, n, LOWER UPPER DIGITS "_");
    if (name && !(n >= 40 && only(text, n, DIGITS "abcdefABCDEF")))
        return true;
    // Not repeated: somebody may have put the secret itself behind "env:".
    err_set(err, ERR_INPUT, "does not name an environment variable");
    return err_remedy(err, "write env: and a name, such as \"env:FOREST_ENV_SECRET\"");
}

bool rule_log_days(unsigned days, struct err *err)
{
    static const unsigned accepted[] = {1,    3,    5,    7,    14,   30,  60,  90,
                                        120,  150,  180,  365,  400,  545, 731, 1096,
                                        1827, 2192, 2557, 2922, 3288, 3653};
    for (size_t i = 0; i < ARRAY_LEN(accepted); i++)
        if (accepted[i] == days)
            return true;
    err_set(err, ERR_INPUT, "%u days is not a time that CloudWatch keeps logs for", days);
    return err_remedy(err, "use 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731 or "
                           "more (see the schema)");
}

bool rule_recovery_days(unsigned days, struct err *err)
{
    if (days == 0 || (days >= 7 && days <= 30))
        return true;
    err_set(err, ERR_INPUT, "%u days is not a time that Secrets Manager keeps a deleted secret",
            days);
    return err_remedy(err, "use 7 to 30, or 0 to delete it at once");
}
