// SPDX-License-Identifier: MIT
// A server that gives one prepared answer to everything, and remembers what it was asked. For the
// tests of backend/forest.
#ifndef TESTS_UNIT_FOREST_STAND_IN_H
#define TESTS_UNIT_FOREST_STAND_IN_H

#include "backend/net/http.h"
#include "tests/unit/support/http_server.h"

struct stand_in {
    int status;          // 0: closes without an answer; -1: never answers
    const char *headers; // lines with \r\n; NULL for JSON
    const char *body;
    // What was asked last; read it after the call that asked.
    char *method, *target, *head, *asked_body;
    struct server *server;
};

void stand_in_start(struct stand_in *s);
void stand_in_stop(struct stand_in *s);
#define JSON_TYPE "Content-Type: application/json\r\n"
#define HTML_TYPE "Content-Type: text/html\r\n"

#endif
