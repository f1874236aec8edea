// SPDX-License-Identifier: MIT
// The container of the tests: one static program that serves, exits, lingers, eats or looks around
// as its arguments say.
//   serve PORT [STATUS]   answers / with STATUS (200); /env/NAME, /uid, /read/PATH, /write/PATH,
//   /say/WORDS, /fetch/HOST/PORT local PORT            the same, bound to 127.0.0.1 stubborn PORT
//   the same, deaf to SIGTERM exit CODE WORDS       writes WORDS on stderr and ends eat MIB uses so
//   much memory, then sleeps
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void end(int number)
{
    (void)number;
    printf("terminated\n");
    fflush(stdout);
    _exit(0);
}

static in_addr_t look_up(const char *host)
{
    char line[512], address[64], name[256];
    in_addr_t found = inet_addr(host);
    FILE *hosts = fopen("/etc/hosts", "r");
    while (hosts && fgets(line, sizeof line, hosts))
        if (sscanf(line, "%63s %255s", address, name) == 2 && strcmp(name, host) == 0)
            found = inet_addr(address);
    if (hosts)
        fclose(hosts);
    return found;
}

static void fetch(char *arg, char *out, size_t size)
{
    char *slash = strchr(arg, '/');
    if (!slash)
        return;
    *slash = 0;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(slash + 1))};
    to.sin_addr.s_addr = look_up(arg);
    if (to.sin_addr.s_addr == INADDR_NONE) {
        snprintf(out, size, "unknown host");
        return;
    }
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval patience = {.tv_sec = 1};
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(s, (struct sockaddr *)&to, sizeof to)) {
        snprintf(out, size, "cannot connect");
    } else {
        dprintf(s, "GET / HTTP/1.0\r\n\r\n");
        ssize_t n = recv(s, out, size - 1, 0);
        if (n < 0)
            snprintf(out, size, "timeout or reset");
        else
            out[n] = 0;
    }
    close(s);
}

static void serve_one(int c, int status)
{
    char request[4096], body[2048] = "ok";
    ssize_t n = read(c, request, sizeof request - 1);
    if (n <= 0)
        return;
    request[n] = 0;
    char *path = strchr(request, ' ');
    path = path ? path + 1 : request;
    path[strcspn(path, " ")] = 0;
    if (strncmp(path, "/env/", 5) == 0) {
        const char *value = getenv(path + 5);
        snprintf(body, sizeof body, "%s", value ? value : "(unset)");
    } else if (strcmp(path, "/uid") == 0) {
        char cwd[256] = "?";
        if (!getcwd(cwd, sizeof cwd))
            cwd[0] = 0;
        snprintf(body, sizeof body, "uid=%d gid=%d pid=%d cwd=%s", getuid(), getgid(), getpid(),
                 cwd);
    } else if (strncmp(path, "/read", 5) == 0 || strncmp(path, "/write", 6) == 0) {
        int writing = path[1] == 'w';
        FILE *f = fopen(path + (writing ? 6 : 5), writing ? "w" : "r");
        size_t got = f && !writing ? fread(body, 1, sizeof body - 1, f) : 0;
        if (f && !writing)
            body[got] = 0;
        if (!f)
            snprintf(body, sizeof body, "denied");
        if (f)
            fclose(f);
    } else if (strncmp(path, "/say/", 5) == 0) {
        printf("%s\n", path + 5);
        fflush(stdout);
    } else if (strncmp(path, "/fetch/", 7) == 0) {
        fetch(path + 7, body, sizeof body);
    }
    int code = strcmp(path, "/") == 0 ? status : 200;
    dprintf(c, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", code,
            strlen(body), body);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "serve";
    int number = argc > 2 ? atoi(argv[2]) : 3000;
    if (strcmp(what, "exit") == 0) {
        fprintf(stderr, "%s\n", argc > 3 ? argv[3] : "bye");
        return number;
    }
    if (strcmp(what, "eat") == 0) {
        size_t size = (size_t)number << 20;
        char *food = malloc(size);
        for (size_t i = 0; food && i < size; i += 4096)
            ((volatile char *)food)[i] = 1;
        for (;;)
            pause();
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, strcmp(what, "stubborn") == 0 ? SIG_IGN : end);
    int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(number)};
    here.sin_addr.s_addr = strcmp(what, "local") == 0 ? htonl(INADDR_LOOPBACK) : INADDR_ANY;
    if (bind(s, (struct sockaddr *)&here, sizeof here) || listen(s, 64))
        return 3;
    printf("listening on %d\n", number);
    fflush(stdout);
    for (;;) {
        int c = accept(s, NULL, NULL);
        if (c < 0)
            continue;
        serve_one(c, argc > 3 ? atoi(argv[3]) : 200);
        shutdown(c, SHUT_WR);
        close(c);
    }
}
