// SPDX-License-Identifier: MIT
// The life of one logical call: attempts, the decision after each, and what the caller is told.
#include <string.h>

#include "backend/aws/core.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/random.h"
#include "backend/base/secret.h"

enum { LOGINS_MAX = 3 }; // of one call: credentials that work elsewhere may still be refused here

// How far an attempt came.
enum stage { STAGE_LOCAL, STAGE_SENT, STAGE_ANSWERED };

// What the attempts of one call have in common.
struct progress {
    enum stage stage; // of the last attempt
    bool unknown;     // some attempt may have been executed although it failed
    unsigned attempts;
    unsigned retries;       // that waited, for the backoff
    bool answered;          // AWS answered at least once
    bool skew_corrected;    // once per call
    bool credentials_fresh; // fetched anew once in this call
    unsigned logins;        // somebody signed in for this call
    int cost;               // taken from the quota for the last retry
};

struct verdict {
    enum retry_class class;
    bool repeat;
    bool certain; // repeated because of us, not the server: needs no quota and no wait
};

static double random01(void)
{
    uint32_t bits = 0;
    random_bytes(&bits, sizeof bits);
    return bits / 4294967296.0;
}

static int64_t server_delay_ms(const struct http_answer *answer)
{
    const char *text = http_headers_get(&answer->headers, "x-amz-retry-after");
    int64_t ms = 0;
    for (size_t i = 0; text && text[i]; i++) {
        if (text[i] < '0' || text[i] > '9' || i > 8)
            return -1;
        ms = ms * 10 + (text[i] - '0');
    }
    return str_empty(text) ? -1 : ms;
}

// True when the server's clock explains the refusal; the offset is kept for this client.
static bool correct_skew(struct aws_client *client, const struct http_answer *answer)
{
    int64_t server = aws_answer_date(answer);
    if (server == 0)
        return false;
    int64_t offset = server - clock_wall_ms();
    int64_t change = offset - atomic_load(&client->skew_ms);
    if (change < RETRY_SKEW_MIN_MS && change > -RETRY_SKEW_MIN_MS)
        return false;
    atomic_store(&client->skew_ms, offset);
    log_line("aws", "the clock of this machine is off by %lld s; corrected",
             (long long)(-offset / 1000));
    return true;
}

// True when asking again gives other credentials than those that were refused.
static bool refresh(struct aws_client *client, const struct credentials *refused)
{
    if (!client->credentials)
        return false;
    credentials_expired(client->credentials);
    struct credentials fresh = {0};
    bool changed =
        credentials_get(client->credentials, &fresh, NULL) &&
        !(str_eq(fresh.access_key_id, refused->access_key_id) &&
          str_eq(secret_reveal(&fresh.session_token), secret_reveal(&refused->session_token)));
    credentials_clear(&fresh);
    return changed;
}

static struct verdict judge(const struct aws_call *call, struct progress *p,
                            const struct credentials *used, const struct http_answer *answer,
                            const struct err *failure)
{
    struct verdict v = {.class = RETRY_FATAL};
    bool network = p->stage == STAGE_SENT && failure->kind == ERR_NET;
    if (p->stage != STAGE_ANSWERED && !network)
        return v; // no credentials, no URL, cancelled, an answer over the cap
    const struct retry_failure f = {call->service, p->stage == STAGE_ANSWERED, answer->status,
                                    failure->code};
    v.class = retry_classify(&f);
    if (v.class == RETRY_SKEW) {
        if (!p->skew_corrected && correct_skew(call->client, answer)) {
            p->skew_corrected = true;
            return (struct verdict){RETRY_SKEW, true, true};
        }
        v.class = retry_without_skew(failure->code);
    }
    if (v.class == RETRY_CREDENTIALS) {
        bool again = !p->credentials_fresh && refresh(call->client, used);
        p->credentials_fresh = true;
        return (struct verdict){v.class, again, true};
    }
    v.repeat = retry_may_repeat(v.class, call->flags, failure->outcome_unknown);
    return v;
}

// An answered failure may still have had an effect: servers fail after the work, too.
static bool maybe_executed(const struct aws_call *call, int status, const char *code)
{
    const struct retry_failure f = {call->service, true, status, code};
    if (retry_classify(&f) == RETRY_THROTTLE)
        return false;
    return status >= 500 || status == 408 || status / 100 == 2;
}

static bool attempt(struct aws_call *call, struct progress *p, struct credentials *used,
                    struct http_answer *answer, struct err *err)
{
    struct aws_client *client = call->client;
    p->stage = STAGE_LOCAL;
    if (client->credentials && !credentials_get(client->credentials, used, err))
        return err_wrap(err, "%s.%s", call->info->name, call->operation);
    if (client->permit && !(call->flags & AWS_READ) && !client->permit(client->permit_context, err))
        return err_wrap(err, "%s.%s was not sent", call->info->name, call->operation);
    p->stage = STAGE_SENT;
    p->attempts++;
    if (!aws_send_once(call, client->credentials ? used : NULL, answer, err))
        return err_wrap(err, "%s.%s", call->info->name, call->operation);
    p->stage = STAGE_ANSWERED;
    p->answered = true;
    int64_t date = aws_answer_date(answer);
    if (date)
        atomic_store(&client->date_ms, date - clock_ms());
    if (answer->status / 100 == 2 && call->decode(call, answer, err))
        return true;
    if (answer->status / 100 == 2)
        err_wrap(err, "%s.%s", call->info->name, call->operation);
    else
        aws_error_raise(call, answer, err);
    err->http_status = answer->status;
    err->outcome_unknown = maybe_executed(call, answer->status, err->code);
    return false;
}

// Waits as the policy says; false when the quota is empty or the user cancelled (then *err says
// so).
static bool wait_turn(const struct aws_call *call, struct progress *p, const struct verdict *v,
                      const struct http_answer *answer, struct err *err)
{
    if (v->certain)
        return true;
    if (!retry_quota_take(&call->client->quota, v->class, &p->cost))
        return false;
    int64_t ms = retry_delay_ms(v->class, p->retries++, random01(), server_delay_ms(answer));
    log_line("aws", "%s.%s: attempt %u failed (%s), again in %lld ms", call->info->name,
             call->operation, p->attempts, err_kind_name(err->kind), (long long)ms);
    if (cancel_sleep(call->client->cancel, ms))
        return true;
    bool unknown = err->outcome_unknown;
    err_set(err, ERR_CANCELLED, "cancelled before %s.%s was tried again", call->info->name,
            call->operation);
    err->outcome_unknown = unknown;
    return false;
}

// Whatever ends a run has a remedy; these two have none of their own.
static void usual_remedy(struct err *failure)
{
    if (failure->remedy)
        return;
    if (failure->kind == ERR_NET)
        err_remedy(failure, "check this machine's network, VPN and proxy, then run this again");
    else if (failure->kind == ERR_REMOTE && failure->http_status >= 500)
        err_remedy(failure,
                   "the service has trouble of its own (health.aws.amazon.com tells): wait "
                   "some minutes, then run this again");
}

static bool give_up(const struct aws_call *call, const struct progress *p, struct err *failure,
                    struct err *err)
{
    // An earlier attempt may have done what the last one could not. Reading has no outcome.
    failure->outcome_unknown = p->unknown && !(call->flags & AWS_READ);
    usual_remedy(failure);
    if (err)
        err_move(err, failure);
    return false;
}

// Refused for its credentials, a call had no effect: it is repeated when there are others.
static bool signed_in_again(const struct aws_call *call, struct progress *p,
                            const struct verdict *v, const struct credentials *refused,
                            struct err *failure)
{
    struct aws_client *client = call->client;
    bool credentials =
        v->class == RETRY_CREDENTIALS || (p->stage == STAGE_LOCAL && failure->kind == ERR_AUTH);
    if (!credentials || v->repeat || !client->login || p->logins == LOGINS_MAX)
        return false;
    p->logins++;
    p->credentials_fresh = false;
    return client->login(client->login_context, refused, failure);
}

static bool run_instead(struct aws_call *call, struct err *err)
{
    const struct aws_instead *other = call->client->instead;
    HTTP_ANSWER_AUTO answer = {.status = 200};
    str_init(&answer.body, STR_BODY);
    return other->answer(other->context, call->operation, call->path, call->body ? call->body : "",
                         &answer.body, err) &&
           call->decode(call, &answer, err);
}

static bool run(struct aws_call *call, struct err *err)
{
    if (call->client->instead)
        return run_instead(call, err);
    struct progress p = {0};
    bool ok = false;
    while (!ok) {
        HTTP_ANSWER_AUTO answer = {0};
        ERR_AUTO failure = {0};
        struct credentials used = {0};
        ok = attempt(call, &p, &used, &answer, &failure);
        struct verdict v = {0};
        bool again = false;
        if (!ok) {
            v = judge(call, &p, &used, &answer, &failure);
            again = signed_in_again(call, &p, &v, &used, &failure);
        }
        credentials_clear(&used);
        if (ok)
            break;
        if (again)
            continue;
        p.unknown = p.unknown || failure.outcome_unknown;
        if (!v.repeat || p.attempts >= call->client->max_attempts ||
            !wait_turn(call, &p, &v, &answer, &failure)) {
            // Refused in so many words ("not found", "in use"), the service is well.
            if (v.class == RETRY_FATAL && p.stage == STAGE_ANSWERED)
                retry_quota_refund(&call->client->quota, p.cost);
            give_up(call, &p, &failure, err);
            break;
        }
    }
    if (ok)
        retry_quota_refund(&call->client->quota, p.cost);
    aws_client_count(call->client, call, p.answered, p.attempts);
    return ok;
}

static bool decode_xml(struct aws_call *call, const struct http_answer *answer, struct err *err)
{
    XML_AUTO *doc = xml_parse(answer->body.data, answer->body.len, err);
    if (!doc)
        return err_remedy(err, "something between this machine and AWS changes the answers: check "
                               "the proxy and the endpoint");
    // A captive portal may well answer with a well-formed page.
    AUTO_FREE char *expected = mem_printf("%sResponse", call->operation);
    if (!str_eq(xml_name(xml_root(doc)), expected)) {
        err_set(err, ERR_REMOTE, "the answer is not a %s", expected);
        return err_remedy(err,
                          "something other than AWS answers: check the proxy and the endpoint");
    }
    struct xml **out = call->result;
    if (out)
        *out = mem_steal(doc);
    return true;
}

static bool decode_json(struct aws_call *call, const struct http_answer *answer, struct err *err)
{
    struct json **out = call->result;
    bool empty = strspn(answer->body.data, " \t\r\n") == answer->body.len;
    // REST calls answer 204, and json operations without output answer with nothing at all.
    // Anything else that is empty was lost on the way: a list would pass for one without entries.
    if (empty && (!out || answer->status == 204))
        return true;
    ERR_AUTO inner = {0};
    JSON_AUTO *tree = json_parse(answer->body.data, answer->body.len, NULL, &inner);
    if (!tree || json_type(tree) != JSON_OBJECT) {
        err_set(err, ERR_REMOTE, "the answer is not a JSON object (%s)",
                inner.message ? inner.message : "another kind of value");
        return err_remedy(err,
                          "something other than AWS answers: check the proxy and the endpoint");
    }
    if (out)
        *out = mem_steal(tree);
    return true;
}

static struct aws_call start(struct aws_client *client, enum aws_service service,
                             const char *operation, unsigned flags)
{
    return (struct aws_call){.client = client,
                             .service = service,
                             .info = aws_service_info(service),
                             .operation = operation,
                             .method = "POST",
                             .path = "/",
                             .flags = flags};
}

bool aws_query(struct aws_client *client, enum aws_service service, const char *action,
               const struct aws_params *params, unsigned flags, struct xml **out, struct err *err)
{
    struct aws_call call = start(client, service, action, flags);
    bool more = params && params->body.data && params->body.len;
    if (more && params->body.truncated)
        return err_set(err, ERR_INPUT, "the parameters of %s are too long", action);
    char *body = mem_printf("Action=%s&Version=%s%s%s", action, call.info->version, more ? "&" : "",
                            more ? params->body.data : "");
    call.content_type = "application/x-www-form-urlencoded; charset=utf-8";
    call.body = body;
    call.body_length = strlen(body);
    call.decode = decode_xml;
    call.result = out;
    bool ok = run(&call, err);
    secret_free(body);
    return ok;
}

bool aws_json(struct aws_client *client, enum aws_service service, const char *operation,
              const struct json *body, unsigned flags, struct json **out, struct err *err)
{
    struct aws_call call = start(client, service, operation, flags);
    char *text = body ? json_print(body) : mem_strdup("{}");
    AUTO_FREE char *target = mem_printf("%s.%s", call.info->version, operation);
    call.target = target;
    call.content_type = "application/x-amz-json-1.1";
    call.body = text;
    call.body_length = strlen(text);
    call.decode = decode_json;
    call.result = out;
    bool ok = run(&call, err);
    secret_free(text);
    return ok;
}

bool aws_rest(struct aws_client *client, enum aws_service service, const char *operation,
              const char *method, const char *path, const struct json *body, unsigned flags,
              struct json **out, struct err *err)
{
    struct aws_call call = start(client, service, operation, flags);
    char *text = body ? json_print(body) : NULL;
    call.method = method;
    call.path = path;
    call.content_type = body ? "application/json" : NULL;
    call.body = text;
    call.body_length = text ? strlen(text) : 0;
    call.decode = decode_json;
    call.result = out;
    bool ok = run(&call, err);
    secret_free(text);
    return ok;
}
