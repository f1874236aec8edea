// SPDX-License-Identifier: MIT
// Private to the room: one exchange on one curl handle. http.c owns handles and connections; this
// is what happens between taking and giving back a handle.
#ifndef FOREST_NET_EXCHANGE_H
#define FOREST_NET_EXCHANGE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#include "backend/net/http.h"
#include "backend/net/trust.h"

struct exchange {
    const struct http_request *request;
    const struct http_url *url;
    struct http_answer *answer;
    struct curl_slist *headers;
    size_t max_bytes;
    size_t body_sent;
    size_t header_bytes;
    unsigned starts;    // how often libcurl was about to send the request; we allow one
    bool head_complete; // the empty line behind the headers came
    bool again;         // libcurl wanted to send it a second time
    bool answer_too_large;
    bool headers_too_large;
    bool source_failed;
    bool sink_failed;
    bool cancelled;
    struct trust trust;
    char error[CURL_ERROR_SIZE];
};

// Sets every option of `easy` (which was reset) for `x->request`. ERR_INPUT for headers with line
// ends.
bool exchange_prepare(struct exchange *x, CURL *easy, const char *ca_bundle, struct err *err);
// Blocks. Fills x->answer; ERR_* as http_send() promises.
bool exchange_run(struct exchange *x, CURLM *multi, CURL *easy, struct err *err);
void exchange_clear(struct exchange *x);

#endif
