// SPDX-License-Identifier: MIT
#include "tests/unit/support/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

enum { CONNECTIONS_MAX = 256, HEAD_MAX = 256 * 1024 };

struct worker {
    struct server_connection connection;
    pthread_t thread;
    bool open;
};

struct server {
    int fd;
    char *url;
    server_handler *handler;
    void *context;
    pthread_t thread;
    pthread_mutex_t lock;
    struct worker workers[CONNECTIONS_MAX];
    size_t count;
    atomic_uint accepted;
    atomic_uint requests;
    bool stopping;
};

static void close_connection(struct worker *w)
{
    pthread_mutex_lock(&w->connection.server->lock);
    w->open = false;
    // Nothing, but ThreadSanitizer takes send() and recv() for an order between threads, close()
    // not: a test may look at what a handler left behind once its client saw the end.
    (void)send(w->connection.fd, "", 0, MSG_NOSIGNAL);
    close(w->connection.fd);
    pthread_mutex_unlock(&w->connection.server->lock);
}

static void *serve(void *argument)
{
    struct worker *w = argument;
    w->connection.server->handler(&w->connection, w->connection.server->context);
    close_connection(w);
    return NULL;
}

static void *accept_all(void *argument)
{
    struct server *s = argument;
    for (;;) {
        int fd = accept(s->fd, NULL, NULL);
        pthread_mutex_lock(&s->lock);
        if (fd < 0 || s->stopping || s->count == CONNECTIONS_MAX) {
            pthread_mutex_unlock(&s->lock);
            if (fd >= 0)
                close(fd);
            return NULL;
        }
        struct worker *w = &s->workers[s->count++];
        w->connection = (struct server_connection){fd, s, (unsigned)s->count};
        w->open = true;
        atomic_fetch_add(&s->accepted, 1);
        pthread_create(&w->thread, NULL, serve, w);
        pthread_mutex_unlock(&s->lock);
    }
}

struct server *server_start(server_handler *handler, void *context)
{
    struct server *s = mem_calloc(1, sizeof *s);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(s->fd, (struct sockaddr *)&address, length) != 0 || listen(s->fd, 64) != 0 ||
        getsockname(s->fd, (struct sockaddr *)&address, &length) != 0)
        abort();
    s->url = mem_printf("http://127.0.0.1:%d", ntohs(address.sin_port));
    s->handler = handler;
    s->context = context;
    pthread_mutex_init(&s->lock, NULL);
    pthread_create(&s->thread, NULL, accept_all, s);
    return s;
}

void server_stop(struct server *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    shutdown(s->fd, SHUT_RDWR); // wakes accept()
    for (size_t i = 0; i < s->count; i++)
        if (s->workers[i].open)
            shutdown(s->workers[i].connection.fd, SHUT_RDWR);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    for (size_t i = 0; i < s->count; i++)
        pthread_join(s->workers[i].thread, NULL);
    close(s->fd);
    pthread_mutex_destroy(&s->lock);
    mem_free(s->url);
    mem_free(s);
}

const char *server_url(const struct server *s)
{
    return s->url;
}

unsigned server_connections(const struct server *s)
{
    return atomic_load(&s->accepted);
}

unsigned server_requests(const struct server *s)
{
    return atomic_load(&s->requests);
}

char *server_header(const struct server_request *r, const char *name)
{
    size_t n = strlen(name);
    for (const char *line = r->head; line && *line;) {
        const char *end = strstr(line, "\r\n");
        size_t length = end ? (size_t)(end - line) : strlen(line);
        if (length > n && line[n] == ':' && strncasecmp(line, name, n) == 0) {
            const char *value = line + n + 1;
            value += strspn(value, " ");
            return mem_strndup(value, (size_t)(line + length - value));
        }
        line = end ? end + 2 : NULL;
    }
    return NULL;
}

static bool read_head(int fd, struct str *head)
{
    while (!str_ends(head->data, "\r\n\r\n")) {
        char c;
        if (head->truncated || recv(fd, &c, 1, 0) != 1)
            return false;
        str_addc(head, c);
    }
    return true;
}

static bool read_body(int fd, struct server_request *out)
{
    AUTO_FREE char *length = server_header(out, "Content-Length");
    out->body_length = length ? strtoul(length, NULL, 10) : 0;
    out->body = mem_calloc(1, out->body_length + 1);
    for (size_t got = 0; got < out->body_length;) {
        ssize_t n = recv(fd, out->body + got, out->body_length - got, 0);
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return true;
}

bool server_read(struct server_connection *c, struct server_request *out)
{
    *out = (struct server_request){0};
    STR_AUTO head;
    str_init(&head, HEAD_MAX);
    if (!read_head(c->fd, &head))
        return false;
    char *space = strchr(head.data, ' ');
    char *second = space ? strchr(space + 1, ' ') : NULL;
    char *end = strstr(head.data, "\r\n");
    if (!second || second > end)
        return false;
    out->method = mem_strndup(head.data, (size_t)(space - head.data));
    out->target = mem_strndup(space + 1, (size_t)(second - space - 1));
    out->head = mem_strdup(end + 2);
    if (!read_body(c->fd, out))
        return false;
    atomic_fetch_add(&c->server->requests, 1);
    return true;
}

void server_request_clear(struct server_request *r)
{
    mem_free(r->method);
    mem_free(r->target);
    mem_free(r->head);
    mem_free(r->body);
    *r = (struct server_request){0};
}

void server_write(struct server_connection *c, const char *bytes, size_t length)
{
    while (length) {
        ssize_t n = send(c->fd, bytes, length, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        bytes += n;
        length -= (size_t)n;
    }
}

void server_reply(struct server_connection *c, int status, const char *headers, const char *body)
{
    AUTO_FREE char *text = mem_printf("HTTP/1.1 %d X\r\n%sContent-Length: %zu\r\n\r\n%s", status,
                                      headers, strlen(body), body);
    server_write(c, text, strlen(text));
}

void server_reset(struct server_connection *c)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

void server_hang(struct server_connection *c)
{
    char byte;
    while (recv(c->fd, &byte, 1, 0) > 0)
        ;
}
