// SPDX-License-Identifier: MIT
#include "backend/net/exchange.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/text.h"

enum {
    HEADERS_MAX_BYTES = 64 * 1024,
    HEADERS_MAX_COUNT = 256,
    ERROR_BODY_MAX_BYTES = 64 * 1024, // of a failed download, enough for any error document
    POLL_SLICE_MS = 50,               // how late a cancel may be noticed
    REUSE_MAX_IDLE_S = 20,            // AWS and most middleboxes keep idle connections longer
    USUAL_CONNECT_MS = 10000,
    USUAL_TOTAL_MS = 60000,
    USUAL_STALL_S = 30,
};

// Runs when a connection stands and the request is about to be written. libcurl comes here a second
// time when a reused connection died: then the first sending may have been executed, so the second
// one is refused.
static int on_start(void *context, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    (void)remote_ip, (void)local_ip, (void)remote_port, (void)local_port;
    struct exchange *x = context;
    x->again = ++x->starts > 1;
    return x->again ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static size_t on_read(char *buffer, size_t size, size_t count, void *context)
{
    struct exchange *x = context;
    const struct http_request *r = x->request;
    size_t room = size * count;
    size_t left = r->body_length - x->body_sent;
    size_t want = left < room ? left : room;
    if (want == 0)
        return 0;
    if (!r->read) {
        memcpy(buffer, (const char *)r->body + x->body_sent, want);
        x->body_sent += want;
        return want;
    }
    long got = r->read(r->read_context, buffer, want);
    // Less than announced would leave the server waiting for the rest.
    if (got <= 0 || (size_t)got > want) {
        x->source_failed = true;
        return CURL_READFUNC_ABORT;
    }
    x->body_sent += (size_t)got;
    return (size_t)got;
}

static bool take_header(struct exchange *x, const char *line, size_t length)
{
    const char *colon = memchr(line, ':', length);
    if (!colon || colon == line)
        return true; // nonsense that nobody will ask for
    if (x->answer->headers.count == HEADERS_MAX_COUNT)
        return false;
    const char *value = colon + 1;
    const char *end = line + length;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && strchr(" \t\r\n", end[-1]))
        end--;
    AUTO_FREE char *name = mem_strndup(line, (size_t)(colon - line));
    AUTO_FREE char *text = mem_strndup(value, (size_t)(end - value));
    http_headers_add(&x->answer->headers, name, text);
    return true;
}

static size_t on_header(char *line, size_t size, size_t count, void *context)
{
    struct exchange *x = context;
    size_t length = size * count;
    x->header_bytes += length;
    bool fits = x->header_bytes <= HEADERS_MAX_BYTES;
    if (length > 12 && memcmp(line, "HTTP/", 5) == 0) {
        // A new head: what came before was a 1xx.
        http_headers_clear(&x->answer->headers);
        x->head_complete = false;
        const char *digits = memchr(line, ' ', length);
        x->answer->status = 0;
        for (int i = 1; digits && i <= 3 && digits[i] >= '0' && digits[i] <= '9'; i++)
            x->answer->status = x->answer->status * 10 + (digits[i] - '0');
    } else if (length <= 2 && (*line == '\r' || *line == '\n')) {
        x->head_complete = true;
    } else if (fits) {
        fits = take_header(x, line, length);
    }
    x->headers_too_large = !fits;
    return fits ? length : 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct exchange *x = context;
    size_t length = size * count;
    const struct http_request *r = x->request;
    if (r->write && x->answer->status / 100 == 2) {
        x->sink_failed = !r->write(r->write_context, bytes, length);
        return x->sink_failed ? 0 : length;
    }
    str_addn(&x->answer->body, bytes, length);
    x->answer_too_large = x->answer->body.truncated && !r->write;
    return x->answer_too_large ? 0 : length;
}

static bool header_ok(const struct http_header *h)
{
    static const char token[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!#$%&'*+^`|~";
    return *h->name && strspn(h->name, token) == strlen(h->name) && !strpbrk(h->value, "\r\n");
}

static bool add_header(struct exchange *x, const char *name, const char *value)
{
    // libcurl's own syntax: "Name;" sends an empty value, "Name:" would remove the header.
    char *line = *value ? mem_printf("%s: %s", name, value) : mem_printf("%s;", name);
    struct curl_slist *grown = curl_slist_append(x->headers, line);
    secret_free(line);
    if (grown)
        x->headers = grown;
    return grown != NULL;
}

static bool build_headers(struct exchange *x, struct err *err)
{
    const struct http_headers *given = x->request->headers;
    bool ok = true;
    for (size_t i = 0; given && i < given->count; i++) {
        if (!header_ok(&given->items[i]))
            return err_set(err, ERR_INPUT, "a request header cannot be sent: %s",
                           strpbrk(given->items[i].value, "\r\n") ? "its value has a line end"
                                                                  : "its name is not a token");
        ok = ok && add_header(x, given->items[i].name, given->items[i].value);
    }
    // What libcurl adds by itself must not differ from what the caller signed.
    static const char *const own[] = {"Expect:", "Content-Type:"};
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        AUTO_FREE char *name = mem_strndup(own[i], strlen(own[i]) - 1);
        if (http_headers_get(given, name))
            continue;
        struct curl_slist *grown = curl_slist_append(x->headers, own[i]);
        ok = ok && grown;
        x->headers = grown ? grown : x->headers;
    }
    return ok || err_set(err, ERR_INTERNAL, "libcurl does not take the request headers");
}

#define SET(option, value) ok = ok && curl_easy_setopt(easy, (option), (value)) == CURLE_OK

static bool set_rules(struct exchange *x, CURL *easy, const char *ca_bundle)
{
    bool ok = true;
    const struct http_request *r = x->request;
    bool local = http_host_is_loopback(x->url->host) || str_starts(x->url->host, "169.254.") ||
                 strstr(x->url->host, "fd00:ec2::");
    SET(CURLOPT_URL, r->url);
    SET(CURLOPT_PROTOCOLS_STR, x->url->scheme);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    x->trust.bundle = ca_bundle;
    ok = ok && (str_eq(x->url->scheme, "http") || trust_prepare(easy, &x->trust));
    if (local)
        SET(CURLOPT_PROXY, "");
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_MAXAGE_CONN, (long)REUSE_MAX_IDLE_S);
    SET(CURLOPT_CONNECTTIMEOUT_MS, r->connect_ms ? r->connect_ms : (long)USUAL_CONNECT_MS);
    if (r->total_ms >= 0)
        SET(CURLOPT_TIMEOUT_MS, r->total_ms ? r->total_ms : (long)USUAL_TOTAL_MS);
    SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
    SET(CURLOPT_LOW_SPEED_TIME, r->stall_s ? r->stall_s : (long)USUAL_STALL_S);
    SET(CURLOPT_USERAGENT, "forest-setup/" FOREST_VERSION);
#if LIBCURL_VERSION_NUM >= 0x075700
    SET(CURLOPT_QUICK_EXIT, 1L); // do not wait for a name server when cancelled
#endif
    return ok;
}

static bool set_method(struct exchange *x, CURL *easy)
{
    bool ok = true;
    const struct http_request *r = x->request;
    const char *method = r->method;
    bool has_body = r->body_length > 0 || r->read;
    bool wants_length =
        has_body || str_eq(method, "POST") || str_eq(method, "PUT") || str_eq(method, "PATCH");
    if (str_eq(method, "HEAD")) {
        SET(CURLOPT_NOBODY, 1L);
    } else if (wants_length) {
        // Always through the read function and never with a seek function: without one libcurl
        // cannot rewind, so it cannot send a body twice.
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_length);
    } else {
        SET(CURLOPT_HTTPGET, 1L);
    }
    SET(CURLOPT_READFUNCTION, on_read);
    SET(CURLOPT_READDATA, x);
    if (!str_eq(method, "HEAD"))
        SET(CURLOPT_CUSTOMREQUEST, method);
    SET(CURLOPT_PREREQFUNCTION, on_start);
    SET(CURLOPT_PREREQDATA, x);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, x);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, x);
    SET(CURLOPT_ERRORBUFFER, x->error);
    SET(CURLOPT_HTTPHEADER, x->headers);
    return ok;
}

bool exchange_prepare(struct exchange *x, CURL *easy, const char *ca_bundle, struct err *err)
{
    const struct http_request *r = x->request;
    x->max_bytes = r->write ? ERROR_BODY_MAX_BYTES : r->max_bytes ? r->max_bytes : STR_BODY;
    str_init(&x->answer->body, x->max_bytes);
    if (!build_headers(x, err))
        return false;
    if (!set_rules(x, easy, ca_bundle) || !set_method(x, easy))
        return err_set(err, ERR_INTERNAL, "libcurl refuses an option of the exchange");
    return true;
}

// A multi handle of our own instead of curl_easy_perform(), which looks at a cancel only once a
// second.
static CURLcode drive(struct exchange *x, CURLM *multi, CURL *easy)
{
    int slice = x->request->cancel ? POLL_SLICE_MS : 1000;
    CURLcode result = CURLE_FAILED_INIT;
    if (curl_multi_add_handle(multi, easy) != CURLM_OK)
        return result;
    for (int running = 1; running;) {
        if (cancel_requested(x->request->cancel)) {
            x->cancelled = true;
            break;
        }
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            break;
        if (running && curl_multi_poll(multi, NULL, 0, slice, NULL) != CURLM_OK)
            break;
    }
    int left = 0;
    for (CURLMsg *m = curl_multi_info_read(multi, &left); m; m = curl_multi_info_read(multi, &left))
        if (m->msg == CURLMSG_DONE && m->easy_handle == easy)
            result = m->data.result;
    curl_multi_remove_handle(multi, easy);
    return result;
}

static bool fail_by_us(const struct exchange *x, struct err *err)
{
    const char *host = x->url->host;
    if (x->cancelled)
        return err_set(err, ERR_CANCELLED, "cancelled while talking to %s", host);
    if (x->source_failed)
        return err_set(err, ERR_IO, "the data to send to %s could not be read to its end", host);
    if (x->sink_failed)
        return err_set(err, ERR_IO, "the answer of %s could not be stored", host);
    if (x->answer_too_large)
        return err_set(err, ERR_REMOTE, "the answer of %s is larger than %zu bytes", host,
                       x->max_bytes);
    if (x->headers_too_large)
        return err_set(err, ERR_REMOTE,
                       "the answer of %s has more than %d bytes or %d lines of "
                       "headers",
                       host, HEADERS_MAX_BYTES, HEADERS_MAX_COUNT);
    if (x->again)
        return err_set(err, ERR_NET,
                       "the connection to %s ended before the answer, so the outcome is not known",
                       host);
    return err_set(err, ERR_NET, "the answer of %s ends within its headers", host);
}

// The variable that may have sent the exchange through a proxy; never its value, which may hold a
// password.
static const char *proxy_variable(const struct http_url *url)
{
    static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    if (http_host_is_loopback(url->host) || !str_eq(url->scheme, "https"))
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!str_empty(getenv(names[i])))
            return names[i];
    return NULL;
}

static bool fail_to_connect(const struct exchange *x, const char *detail, struct err *err)
{
    const char *proxy = proxy_variable(x->url);
    err_set(err, ERR_NET, "cannot connect to %s (%s)", x->url->host, detail);
    return proxy ? err_remedy(err, "%s is set: check the proxy that it names, or unset it", proxy)
                 : false;
}

// libcurl has no code of its own for it.
static bool proxy_wants_login(CURLcode code, const char *detail)
{
    return (code == CURLE_RECV_ERROR || code == CURLE_COULDNT_CONNECT) && strstr(detail, "407");
}

static bool fail_by_curl(const struct exchange *x, CURLcode code, struct err *err)
{
    const char *host = x->url->host;
    AUTO_FREE char *detail = text_safe(x->error[0] ? x->error : curl_easy_strerror(code), 200);
    if (code == CURLE_COULDNT_RESOLVE_PROXY)
        return fail_to_connect(x, detail, err);
    if (code == CURLE_COULDNT_RESOLVE_HOST) {
        err_set(err, ERR_NET, "the name %s cannot be resolved (%s)", host, detail);
        return err_remedy(err, "check the network, the name server and the region");
    }
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
        code == CURLE_SSL_CACERT_BADFILE)
        return trust_fail(&x->trust, host, detail, err);
    if (proxy_wants_login(code, detail)) {
        err_set(err, ERR_NET, "the proxy lets nobody through to %s without a login (status 407)",
                host);
        return err_remedy(err, "export HTTPS_PROXY=http://user:password@proxy:port");
    }
    if (code == CURLE_OPERATION_TIMEDOUT && x->starts)
        return err_set(err, ERR_NET, "%s did not answer in time (%s)", host, detail);
    if (code == CURLE_COULDNT_CONNECT || !x->starts)
        return fail_to_connect(x, detail, err);
    if (code == CURLE_PARTIAL_FILE)
        return err_set(err, ERR_NET, "the answer of %s is not complete (%s)", host, detail);
    return err_set(err, ERR_NET, "the connection to %s failed (%s)", host, detail);
}

bool exchange_run(struct exchange *x, CURLM *multi, CURL *easy, struct err *err)
{
    CURLcode code = drive(x, multi, easy);
    bool ours = x->cancelled || x->source_failed || x->sink_failed || x->answer_too_large ||
                x->headers_too_large || x->again;
    // libcurl takes a head that breaks off for a whole answer.
    ours = ours || (code == CURLE_OK && !x->head_complete);
    long connects = 1;
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
    x->answer->reused_connection = connects == 0 && x->starts;
    if (code == CURLE_OK && !ours)
        return true;
    if (ours)
        fail_by_us(x, err);
    else
        fail_by_curl(x, code, err);
    if (err) {
        err->outcome_unknown = x->starts > 0;
        err->http_status = x->answer->status;
    }
    return false;
}

void exchange_clear(struct exchange *x)
{
    curl_slist_free_all(x->headers); // wiped by our allocator
    x->headers = NULL;
}
