// SPDX-License-Identifier: MIT
// One HTTP exchange, straight-line and blocking. The library behind it is libcurl, seen only by
// http.c.
//
// http_client_new(), which starts the library once for the process; any number of threads call
// http_send() on it; http_client_free(). The client keeps a pool of curl handles (so connections
// are reused), http_send() takes one. Rules that hold for every exchange: TLS 1.2+ always verified,
// by the system's authorities and those of AWS_CA_BUNDLE, ca_bundle, SSL_CERT_FILE or
// CURL_CA_BUNDLE (the first that is set); a failure names who issued the certificate; https
// anywhere, plain http only to loopback (ERR_INPUT otherwise; `metadata` also to AWS's fixed
// link-local addresses); redirects are never followed; the path is sent as given; no netrc, no user
// info; proxies by the usual variables, never for loopback or link-local addresses; the body is
// handed over by a read function that cannot rewind, so libcurl can never silently send a request
// twice on a dead reused connection: such a request fails with err.outcome_unknown and the caller
// decides; the answer is read with a cap; a connection that stalls (1 B/s for `stall_s`) is given
// up. Failures: ERR_NET (no or broken answer; err.outcome_unknown says whether the server may have
// acted: false only when nothing was sent), ERR_CANCELLED, ERR_INPUT (URL, header), ERR_IO (a body
// source or sink failed), ERR_REMOTE (an answer over the cap). Any HTTP status is success here.
#ifndef FOREST_NET_HTTP_H
#define FOREST_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/clock.h"
#include "backend/base/err.h"
#include "backend/base/str.h"

struct http_client;

struct http_header {
    char *name;
    char *value;
};

struct http_headers {
    struct http_header *items;
    size_t count;
};

// Appends copies. Values with CR or LF are refused by http_send().
void http_headers_add(struct http_headers *h, const char *name, const char *value);
void http_headers_clear(struct http_headers *h); // values are wiped: they may hold credentials
const char *http_headers_get(const struct http_headers *h,
                             const char *name); // any case; NULL when absent

struct http_request {
    const char *method; // "GET", "POST", ...
    const char *url;    // absolute, already encoded
    const struct http_headers *headers;
    const void *body; // borrowed; NULL for none
    size_t body_length;
    // Instead of `body`: streamed upload of exactly `body_length` bytes. Returns bytes written, 0
    // at the end, -1 fails.
    long (*read)(void *context, void *buffer, size_t size);
    void *read_context;
    // Instead of collecting the answer: called with each piece of a 2xx body; false stops (ERR_IO).
    bool (*write)(void *context, const void *bytes, size_t length);
    void *write_context;
    bool metadata;         // plain http to the credential services of containers and instances
    size_t max_bytes;      // cap of the collected answer; 0: STR_BODY
    long connect_ms;       // 0: 10 s
    long total_ms;         // 0: 60 s; -1: no limit (streams)
    long stall_s;          // 0: 30 s
    struct cancel *cancel; // may be NULL
};

struct http_answer {
    int status;
    struct http_headers headers;
    struct str body; // also holds the first 64 KiB of a non-2xx body when `write` is set
    int64_t total_ms;
    bool reused_connection;
};

bool http_global_init(struct err *err);
void http_global_clear(void);
// `ca_bundle`: the ca_bundle of a profile, may be NULL; AWS_CA_BUNDLE wins over it.
struct http_client *http_client_new(const char *ca_bundle);
// For tests: every exchange that is allowed is answered by `answer` (out->body is initialised by
// it), nothing is sent.
struct http_client *http_client_fake(bool (*answer)(void *context,
                                                    const struct http_request *request,
                                                    struct http_answer *out, struct err *err),
                                     void *context);
void http_client_free(struct http_client *client);
// `out` must be zeroed; http_answer_clear() it in every case.
bool http_send(struct http_client *client, const struct http_request *request,
               struct http_answer *out, struct err *err);
void http_answer_clear(struct http_answer *answer);
#define HTTP_ANSWER_AUTO __attribute__((cleanup(http_answer_clear))) struct http_answer

// Is this host ("localhost", "x.localhost", 127/8, ::1) this machine?
bool http_host_is_loopback(const char *host);

struct http_url { // all owned
    char *scheme;
    char *host;
    long port;   // 0 when not given
    char *path;  // as given, "/" when empty
    char *query; // without '?', or NULL
};
bool http_url_parse(const char *url, struct http_url *out,
                    struct err *err); // ERR_INPUT; refuses user info
void http_url_clear(struct http_url *url);
// What a client sends as Host: the port only when it is not the scheme's own. The caller's.
char *http_url_host_header(const struct http_url *url);

#endif
