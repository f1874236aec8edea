// SPDX-License-Identifier: MIT
// What AWS says when it refuses: four protocols in, one code and message out. Texts from the
// network lose their control characters and every live secret here, before anyone sees them.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/aws/core.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/text.h"

enum { CODE_MAX_CHARS = 100, MESSAGE_MAX_CHARS = 1000, ID_MAX_CHARS = 128 };

void aws_error_clear(struct aws_error *error)
{
    mem_free(error->code);
    mem_free(error->message);
    mem_free(error->request_id);
    *error = (struct aws_error){0};
}

// The first of the given paths that is there.
static const char *xml_first(const struct xml_node *root, const char *a, const char *b)
{
    const char *found = xml_str_or(root, a, NULL);
    return found ? found : xml_str_or(root, b, NULL);
}

// "aws.ecs#ClientException:http://..." -> "ClientException"
static char *short_code(const char *text)
{
    if (str_empty(text))
        return NULL;
    const char *hash = strchr(text, '#');
    const char *from = hash ? hash + 1 : text;
    AUTO_FREE char *cut = mem_strndup(from, strcspn(from, ":"));
    return str_empty(cut) ? NULL : text_safe(cut, CODE_MAX_CHARS);
}

static char *clean(const char *text, size_t max_chars)
{
    if (str_empty(text))
        return NULL;
    AUTO_FREE char *scrubbed = secret_scrub(text);
    return text_safe(scrubbed, max_chars);
}

static void decode_xml(const struct http_answer *answer, struct aws_error *out)
{
    XML_AUTO *doc = xml_parse(answer->body.data, answer->body.len, NULL);
    const struct xml_node *root = xml_root(doc);
    // ErrorResponse/Error (query), Response/Errors/Error (ec2); the root has other names on error
    // paths of proxies.
    out->code = short_code(xml_first(root, "Error/Code", "Errors/Error/Code"));
    out->message =
        clean(xml_first(root, "Error/Message", "Errors/Error/Message"), MESSAGE_MAX_CHARS);
    out->request_id = clean(xml_first(root, "RequestId", "RequestID"), ID_MAX_CHARS);
}

static void decode_json(const struct http_answer *answer, struct aws_error *out)
{
    JSON_AUTO *tree = json_parse(answer->body.data, answer->body.len, NULL, NULL);
    const char *type = http_headers_get(&answer->headers, "x-amzn-ErrorType");
    if (str_empty(type))
        type = json_text(json_get(tree, "__type"));
    if (str_empty(type))
        type = json_text(json_get(tree, "code"));
    const char *message = json_text(json_get(tree, "message"));
    if (!message)
        message = json_text(json_get(tree, "Message"));
    out->code = short_code(type);
    out->message = clean(message, MESSAGE_MAX_CHARS);
}

void aws_error_decode(enum aws_protocol protocol, const struct http_answer *answer,
                      struct aws_error *out)
{
    *out = (struct aws_error){0};
    if (answer->body.data && answer->body.len) {
        if (protocol == AWS_PROTOCOL_QUERY || protocol == AWS_PROTOCOL_EC2)
            decode_xml(answer, out);
        else
            decode_json(answer, out);
    }
    const char *id = http_headers_get(&answer->headers, "x-amzn-RequestId");
    if (!out->request_id)
        out->request_id = clean(id, ID_MAX_CHARS);
}

// IAM calls what it looks for "role NAME", where others give an ARN.
static size_t kind_length(const char *text)
{
    static const char *const kinds[] = {"role ", "user ", "group ", "policy "};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_starts(text, kinds[i]))
            return strlen(kinds[i]);
    return 0;
}

// The text between `before` and the first of `stops`; NULL when `before` is not there.
static char *between(const char *text, const char *before, const char *stops)
{
    const char *from = strcasestr(text, before);
    if (!from)
        return NULL;
    from += strlen(before);
    from += strspn(from, " ");
    size_t n = kind_length(from);
    n += strcspn(from + n, stops);
    while (n && strchr(".,;\"'", from[n - 1]))
        n--;
    return n ? mem_strndup(from, n) : NULL;
}

void aws_denial_parse(const char *message, char **action, char **resource)
{
    *action = message ? between(message, "not authorized to perform:", " \t\n") : NULL;
    *resource = message ? between(message, "on resource:", " \t\n") : NULL;
    // "... on resource: * because" names nothing.
    if (*resource && strcmp(*resource, "*") == 0) {
        mem_free(*resource);
        *resource = NULL;
    }
}

// What AWS appends for machines: kilobytes that only another call can read, and our own request
// with its session token.
static void cut_appendix(char *message)
{
    static const char *const starts[] = {"Encoded authorization failure message",
                                         "The Canonical String for this request should have been"};
    for (size_t i = 0; message && i < ARRAY_LEN(starts); i++) {
        char *from = strcasestr(message, starts[i]);
        if (!from)
            continue;
        // Line ends are visible escapes by now.
        while (from > message &&
               (from[-1] == ' ' || (from - message >= 4 && strncmp(from - 4, "\\x0a", 4) == 0)))
            from -= from[-1] == ' ' ? 1 : 4;
        *from = '\0';
    }
}

// "The request signature ... you provided. Check your ...": the cause is the first sentence, the
// rest is advice for programmers; our own remedy follows.
static void keep_first_sentence(char *message)
{
    char *end = message ? strstr(message, ". ") : NULL;
    if (end)
        end[1] = '\0';
}

static void remedy_denied(const struct aws_call *call, const char *message, struct err *err)
{
    AUTO_FREE char *action = NULL;
    AUTO_FREE char *resource = NULL;
    aws_denial_parse(message, &action, &resource);
    if (!action && call->info->protocol == AWS_PROTOCOL_REST)
        action = mem_printf("%s:%s", call->info->signing_name, call->method);
    else if (!action)
        action = mem_printf("%s:%s", call->info->signing_name, call->operation);
    bool organisation = message && strcasestr(message, "service control policy");
    err_remedy(err, "ask an administrator to allow %s%s%s%s", action, resource ? " on " : "",
               resource ? resource : "",
               organisation ? " (a service control policy of the organisation denies it)" : "");
}

static void remedy_auth(const struct aws_call *call, const char *code, struct err *err)
{
    if (str_eq(code, "OptInRequired"))
        err_remedy(err,
                   "enable the region %s or the service for this account, or choose another region",
                   call->client->region);
    else if (str_starts(code, "Expired") || str_eq(code, "RequestExpired"))
        err_remedy(err, "the credentials have expired: sign in again, then resume");
    else if (str_starts(code, "Signature") || str_starts(code, "InvalidSignature"))
        err_remedy(err,
                   "check the secret access key for a copy mistake, and the clock of this machine");
    else
        err_remedy(err, "check the access key and that the region %s is enabled for this account",
                   call->client->region);
}

static void add_remedy(const struct aws_call *call, const char *code, const char *message,
                       struct err *err)
{
    if (retry_is_quota(call->service, code))
        err_remedy(err,
                   "a quota of the account is used up (%s, region %s): delete what is no longer "
                   "needed, or ask for more "
                   "under Service Quotas in the AWS console, then resume",
                   call->info->name, call->client->region);
    else if (err->kind == ERR_DENIED)
        remedy_denied(call, message, err);
    else if (err->kind == ERR_AUTH)
        remedy_auth(call, code, err);
    else if (err->kind == ERR_THROTTLED)
        err_remedy(err, "AWS limits the rate of calls: wait a minute, then resume");
    else if (!code && !message)
        err_remedy(err,
                   "this does not look like an answer of AWS: check the proxy and the endpoint");
}

bool aws_error_raise(const struct aws_call *call, const struct http_answer *answer, struct err *err)
{
    struct aws_error said;
    aws_error_decode(call->info->protocol, answer, &said);
    // Without a word of AWS it was something between that refused: its 403 says nothing about
    // permissions.
    bool mute = !said.code && !said.message && answer->status != 429;
    enum err_kind kind =
        mute ? ERR_REMOTE : aws_error_kind(call->service, answer->status, said.code);
    AUTO_FREE char *status = mem_printf("HTTP %d", answer->status);
    cut_appendix(said.message);
    if (said.code && strstr(said.code, "Signature")) // SignatureDoesNotMatch, InvalidSignature...
        keep_first_sentence(said.message);
    const char *what = said.message ? said.message
                       : said.code  ? "no explanation"
                                    : "the answer has no error document";
    err_set(err, kind, "%s.%s: %s (%s)", call->info->name, call->operation, what,
            said.code ? said.code : status);
    if (err) {
        err_code(err, said.code);
        str_replace(&err->request_id, said.request_id);
        err->http_status = answer->status;
        add_remedy(call, said.code, said.message, err);
    }
    aws_error_clear(&said);
    return false;
}

static int month_number(const char *text)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12; i++)
        if (strncmp(names + 3 * (ptrdiff_t)i, text, 3) == 0)
            return i;
    return -1;
}

int64_t aws_answer_date(const struct http_answer *answer)
{
    // "Mon, 23 Nov 2026 13:04:11 GMT", the only form that HTTP/1.1 allows to send. Not strptime():
    // it follows the locale.
    const char *text = http_headers_get(&answer->headers, "Date");
    if (!text || strlen(text) != 29 || strcmp(text + 25, " GMT") != 0)
        return 0;
    struct tm t = {
        .tm_mday = clock_digits(text + 5, 2),
        .tm_mon = month_number(text + 8),
        .tm_year = clock_digits(text + 12, 4) - 1900,
        .tm_hour = clock_digits(text + 17, 2),
        .tm_min = clock_digits(text + 20, 2),
        .tm_sec = clock_digits(text + 23, 2),
    };
    if (t.tm_mday < 1 || t.tm_mon < 0 || t.tm_year < 70 || t.tm_hour < 0 || t.tm_min < 0 ||
        t.tm_sec < 0)
        return 0;
    return (int64_t)clock_from_utc(&t) * 1000;
}
