// SPDX-License-Identifier: MIT
#include "backend/net/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/net/curl_memory.h"
#include "backend/net/exchange.h"

enum { IDLE_MAX = 32, CONNECTIONS_PER_HANDLE = 2 };

// A handle with its connections. Used by one thread at a time: libcurl 7.88 cannot share a
// connection cache between threads, so each handle keeps to one origin and is lent out again for
// it.
struct handle {
    CURLM *multi;
    CURL *easy;
    char *origin; // "https://ec2.eu-west-1.amazonaws.com:0"
};

struct http_client {
    pthread_mutex_t lock;
    struct handle *idle[IDLE_MAX]; // the last used one is the last
    size_t idle_count;
    CURLSH *share; // names and TLS sessions; not connections
    pthread_mutex_t share_locks[CURL_LOCK_DATA_LAST];
    char *ca_bundle;
    // Of a client for tests: answers instead of the network.
    bool (*fake)(void *context, const struct http_request *request, struct http_answer *out,
                 struct err *err);
    void *fake_context;
};

static pthread_mutex_t global_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned global_users;

bool http_global_init(struct err *err)
{
    pthread_mutex_lock(&global_lock);
    bool ok = true;
    if (global_users == 0) {
        unsetenv("SSLKEYLOGFILE"); // libcurl would write the TLS keys there
        ok = curl_memory_global_init();
    }
    global_users += ok;
    pthread_mutex_unlock(&global_lock);
    return ok || err_set(err, ERR_INTERNAL, "libcurl cannot start");
}

void http_global_clear(void)
{
    pthread_mutex_lock(&global_lock);
    if (global_users && --global_users == 0)
        curl_global_cleanup();
    pthread_mutex_unlock(&global_lock);
}

static void handle_free(struct handle *h)
{
    if (!h)
        return;
    curl_easy_cleanup(h->easy);
    curl_multi_cleanup(h->multi);
    mem_free(h->origin);
    mem_free(h);
}

static struct handle *handle_new(struct http_client *client, const char *origin)
{
    struct handle *h = mem_calloc(1, sizeof *h);
    h->multi = curl_multi_init();
    h->easy = curl_easy_init();
    h->origin = mem_strdup(origin);
    bool ok = h->multi && h->easy &&
              curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_PER_HANDLE) ==
                  CURLM_OK &&
              curl_easy_setopt(h->easy, CURLOPT_SHARE, client->share) == CURLE_OK;
    if (ok)
        return h;
    handle_free(h);
    return NULL;
}

static struct handle *handle_take(struct http_client *client, const char *origin)
{
    struct handle *found = NULL;
    pthread_mutex_lock(&client->lock);
    for (size_t i = client->idle_count; i-- > 0 && !found;) {
        if (!str_eq(client->idle[i]->origin, origin))
            continue;
        found = client->idle[i];
        client->idle_count--;
        for (size_t k = i; k < client->idle_count; k++)
            client->idle[k] = client->idle[k + 1];
    }
    pthread_mutex_unlock(&client->lock);
    return found ? found : handle_new(client, origin);
}

static void handle_give(struct http_client *client, struct handle *h)
{
    struct handle *oldest = NULL;
    curl_easy_reset(h->easy); // drops pointers into the finished exchange, keeps the connections
    pthread_mutex_lock(&client->lock);
    if (client->idle_count == IDLE_MAX) {
        oldest = client->idle[0];
        client->idle_count--;
        for (size_t k = 0; k < client->idle_count; k++)
            client->idle[k] = client->idle[k + 1];
    }
    client->idle[client->idle_count++] = h;
    pthread_mutex_unlock(&client->lock);
    handle_free(oldest); // closes connections: not under the lock
}

static void share_lock(CURL *easy, curl_lock_data data, curl_lock_access access, void *context)
{
    (void)easy, (void)access;
    struct http_client *client = context;
    pthread_mutex_lock(&client->share_locks[data]);
}

static void share_unlock(CURL *easy, curl_lock_data data, void *context)
{
    (void)easy;
    struct http_client *client = context;
    pthread_mutex_unlock(&client->share_locks[data]);
}

// libcurl starts itself with an allocator that wipes nothing when nobody has started it before. It
// stays until the process ends: ending it is not safe while other threads may be using it.
static void start_library(void)
{
    ERR_AUTO err = {0};
    if (!http_global_init(&err))
        abort(); // only for want of memory
}

struct http_client *http_client_new(const char *ca_bundle)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_library);
    struct http_client *client = mem_calloc(1, sizeof *client);
    pthread_mutex_init(&client->lock, NULL);
    for (size_t i = 0; i < ARRAY_LEN(client->share_locks); i++)
        pthread_mutex_init(&client->share_locks[i], NULL);
    const char *bundle = trust_bundle(ca_bundle);
    if (bundle)
        client->ca_bundle = fs_expand(bundle);
    client->share = curl_share_init();
    curl_share_setopt(client->share, CURLSHOPT_LOCKFUNC, share_lock);
    curl_share_setopt(client->share, CURLSHOPT_UNLOCKFUNC, share_unlock);
    curl_share_setopt(client->share, CURLSHOPT_USERDATA, client);
    curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    return client;
}

struct http_client *http_client_fake(bool (*answer)(void *context,
                                                    const struct http_request *request,
                                                    struct http_answer *out, struct err *err),
                                     void *context)
{
    struct http_client *client = http_client_new(NULL);
    client->fake = answer;
    client->fake_context = context;
    return client;
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    for (size_t i = 0; i < client->idle_count; i++)
        handle_free(client->idle[i]);
    curl_share_cleanup(client->share);
    for (size_t i = 0; i < ARRAY_LEN(client->share_locks); i++)
        pthread_mutex_destroy(&client->share_locks[i]);
    pthread_mutex_destroy(&client->lock);
    mem_free(client->ca_bundle);
    mem_free(client);
}

// Addresses that never leave the host (facts aws.md 9.8): the instance's, ECS's and EKS's.
static bool is_metadata(const char *host)
{
    static const char *const hosts[] = {"169.254.169.254", "169.254.170.2",  "169.254.170.23",
                                        "[fd00:ec2::254]", "[fd00:ec2::23]", "fd00:ec2::254",
                                        "fd00:ec2::23"};
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
        if (str_eq(hosts[i], host))
            return true;
    return false;
}

static bool allowed(const struct http_url *url, bool metadata, struct err *err)
{
    if (str_eq(url->scheme, "https") || http_host_is_loopback(url->host) ||
        (metadata && is_metadata(url->host)))
        return true;
    err_set(err, ERR_INPUT,
            "plain http to %s is refused: only this machine may be spoken to "
            "without TLS",
            url->host);
    return err_remedy(err, "use https://");
}

static bool send_on(struct http_client *client, struct exchange *x, struct err *err)
{
    AUTO_FREE char *origin = mem_printf("%s://%s:%ld", x->url->scheme, x->url->host, x->url->port);
    struct handle *h = handle_take(client, origin);
    if (!h)
        return err_set(err, ERR_INTERNAL, "libcurl cannot make a handle");
    bool ok = exchange_prepare(x, h->easy, client->ca_bundle, err) &&
              exchange_run(x, h->multi, h->easy, err);
    handle_give(client, h);
    exchange_clear(x);
    return ok;
}

bool http_send(struct http_client *client, const struct http_request *request,
               struct http_answer *out, struct err *err)
{
    struct http_url url;
    if (!http_url_parse(request->url, &url, err))
        return false;
    int64_t start = clock_ms();
    struct exchange x = {.request = request, .url = &url, .answer = out};
    bool ok = allowed(&url, request->metadata, err) &&
              (client->fake ? client->fake(client->fake_context, request, out, err)
                            : send_on(client, &x, err));
    out->total_ms = clock_ms() - start;
    http_url_clear(&url);
    return ok;
}
