// SPDX-License-Identifier: MIT
// A server for tests, in this process, that does what no real server may be made to do: die after
// the request, stall, lie about lengths. One thread a connection.
//
// server_start() with a handler, server_url(), then use it; server_stop() closes everything and
// joins every thread. The handler is called for each connection and talks until it returns; then
// the connection is closed.
#ifndef FOREST_TESTS_HTTP_SERVER_H
#define FOREST_TESTS_HTTP_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct server;

struct server_request {
    char *method;
    char *target; // path and query
    char *head;   // all header lines
    char *body;   // NUL-terminated
    size_t body_length;
};

struct server_connection {
    int fd;
    struct server *server;
    unsigned number; // 1 is the first
};

typedef void server_handler(struct server_connection *connection, void *context);

struct server *server_start(server_handler *handler, void *context);
void server_stop(struct server *server);
const char *server_url(const struct server *server); // "http://127.0.0.1:PORT"
unsigned server_connections(const struct server *server);
unsigned server_requests(const struct server *server); // read to their end

// False at the end of the connection. The caller clears `out`.
bool server_read(struct server_connection *connection, struct server_request *out);
void server_request_clear(struct server_request *request);
// Value of a header of the request, the caller's; NULL when absent.
char *server_header(const struct server_request *request, const char *name);
void server_write(struct server_connection *connection, const char *bytes, size_t length);
// "HTTP/1.1 <status> X", the given header lines (each with \r\n; may be ""), Content-Length and the
// body.
void server_reply(struct server_connection *connection, int status, const char *headers,
                  const char *body);
// Closes with a reset instead of a FIN.
void server_reset(struct server_connection *connection);
// Waits until the client closes or the server stops; for handlers that stall.
void server_hang(struct server_connection *connection);

#endif
