// SPDX-License-Identifier: MIT
#include "backend/setup/postgres_url.h"

#include <ctype.h>
#include <string.h>

#include "backend/base/encode.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/suggest.h"

enum { URL_MAX_BYTES = 8192, DEFAULT_PORT = 5432 };

// A piece of the text that is being read; never copied as a whole, because it may hold the
// password.
struct span {
    const char *at;
    size_t n;
};

struct pieces {
    struct span user, password, hosts, database, query;
    bool has_at, has_password;
};

// libpq's parameters (PQconndefaults of PostgreSQL 17), and those that only node-postgres knows.
static const char *const parameters[] = {
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "passfile",
    "require_auth",
    "channel_binding",
    "connect_timeout",
    "client_encoding",
    "options",
    "application_name",
    "fallback_application_name",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "replication",
    "gssencmode",
    "sslmode",
    "requiressl",
    "sslnegotiation",
    "sslcompression",
    "sslcert",
    "sslkey",
    "sslpassword",
    "sslcertmode",
    "sslrootcert",
    "sslcrl",
    "sslcrldir",
    "sslsni",
    "requirepeer",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "krbsrvname",
    "gsslib",
    "gssdelegation",
    "service",
    "target_session_attrs",
    "load_balance_hosts",
    "ssl",
    "uselibpqcompat",
};

static const char *const ssl_modes[] = {"disable",   "allow",       "prefer",   "require",
                                        "verify-ca", "verify-full", "no-verify"};

static bool bad(struct err *err, const char *reason, const char *remedy)
{
    err_set(err, ERR_INPUT, "%s", reason);
    return err_remedy(err, "%s", remedy);
}

static bool span_has(struct span s, char c)
{
    return s.n && memchr(s.at, c, s.n);
}

static bool well_escaped(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.at[i] != '%')
            continue;
        if (i + 2 >= s.n || !isxdigit((unsigned char)s.at[i + 1]) ||
            !isxdigit((unsigned char)s.at[i + 2]))
            return false;
        if (s.at[i + 1] == '0' && s.at[i + 2] == '0')
            return false;
        i += 2;
    }
    return true;
}

// The whole text first: what no part of a URL may hold.
static bool check_text(const char *url, struct err *err)
{
    size_t n = strlen(url);
    if (n == 0)
        return bad(err, "the database URL is empty",
                   "write postgres://user:password@host:5432/database");
    if (n > URL_MAX_BYTES)
        return bad(err, "the database URL is longer than 8192 bytes", "check what was pasted");
    if (isspace((unsigned char)url[0]) || isspace((unsigned char)url[n - 1]))
        return bad(err, "the database URL starts or ends with a space", "remove it");
    for (const char *p = url; *p; p++)
        if ((unsigned char)*p <= 0x20 || *p == 0x7F)
            return bad(err, "the database URL holds a space or a control character",
                       "in a password, write a space as %20");
    struct span all = {url, n};
    if (!well_escaped(all))
        return bad(err, "a % in the database URL is not followed by two hexadecimal digits",
                   "in a password, write % as %25; %00 is not possible");
    if (span_has(all, '#'))
        return bad(err, "the database URL holds a #, which ends a URL",
                   "in a password, write # as %23");
    return true;
}

static const char *after_scheme(const char *url, struct err *err)
{
    if (str_starts(url, "postgres://"))
        return url + 11;
    if (str_starts(url, "postgresql://"))
        return url + 13;
    const char *remedy = "write postgres://user:password@host:5432/database";
    if (strncasecmp(url, "postgres", 8) == 0 && strstr(url, "://"))
        bad(err, "the database URL must start with postgres:// in small letters", remedy);
    else if (strstr(url, "host=") || strstr(url, "dbname="))
        bad(err, "this is a list of parameters, not a URL", remedy);
    else if (strstr(url, "://"))
        bad(err, "this is not the URL of a PostgreSQL database", remedy);
    else
        bad(err, "the database URL has no scheme", remedy);
    return NULL;
}

// Where does the authority end? At the first slash or question mark for libpq; a second @ or one
// behind the slash means that a password holds a character that had to be escaped.
static bool split(const char *rest, struct pieces *out, struct err *err)
{
    const char *remedy_at = "in a password, write @ as %40, / as %2F, ? as %3F and : as %3A";
    size_t authority = strcspn(rest, "/?");
    size_t path = strcspn(rest, "?");
    struct span a = {rest, authority};
    const char *at = a.n ? memchr(a.at, '@', a.n) : NULL;
    if (at && memchr(at + 1, '@', (size_t)(rest + a.n - at - 1)))
        return bad(err, "the user or password holds an @ that is not escaped", remedy_at);
    struct span behind = {rest + authority, path - authority};
    if (span_has(behind, '@') || strchr(rest + path, '@'))
        return bad(err,
                   at ? "there is an @ behind the host"
                      : "the password holds a / or ? that is not escaped",
                   remedy_at);
    out->has_at = at != NULL;
    if (at) {
        const char *colon = memchr(a.at, ':', (size_t)(at - a.at));
        out->has_password = colon != NULL;
        out->user = (struct span){a.at, (size_t)((colon ? colon : at) - a.at)};
        if (colon)
            out->password = (struct span){colon + 1, (size_t)(at - colon - 1)};
        out->hosts = (struct span){at + 1, (size_t)(rest + a.n - at - 1)};
    } else {
        out->hosts = a;
    }
    if (rest[authority] == '/')
        out->database = (struct span){rest + authority + 1, path - authority - 1};
    if (rest[path] == '?')
        out->query = (struct span){rest + path + 1, strlen(rest + path + 1)};
    return true;
}

static bool read_port(struct span s, unsigned *out, struct err *err)
{
    unsigned v = 0;
    for (size_t i = 0; i < s.n && v <= 65535; i++) {
        if (!isdigit((unsigned char)s.at[i]))
            return bad(
                err, "the port of the database is not a number",
                "write a number from 1 to 65535; if this is part of a password, write : as %3A");
        v = v * 10 + (unsigned)(s.at[i] - '0');
    }
    if (s.n == 0 || v == 0 || v > 65535)
        return bad(err, "the port of the database is not between 1 and 65535",
                   "PostgreSQL's usual port is 5432");
    *out = v;
    return true;
}

static bool is_address(const char *host)
{
    return strspn(host, "0123456789.") == strlen(host);
}

static enum postgres_place place_of(const char *host, bool brackets)
{
    if (strcasecmp(host, "localhost") == 0 || str_starts(host, "127.") || str_eq(host, "::1") ||
        str_ends(host, ".localhost"))
        return POSTGRES_THIS_MACHINE;
    return brackets ? POSTGRES_IPV6 : is_address(host) ? POSTGRES_ADDRESS : POSTGRES_HOST;
}

static bool good_host(const char *host, bool brackets, struct err *err)
{
    if (brackets) {
        if (strspn(host, "0123456789abcdefABCDEF:.") != strlen(host) || !strchr(host, ':'))
            return bad(err, "between [ and ] stands no IPv6 address",
                       "write it like [2001:db8::1]");
        return true;
    }
    if (host[0] == '/' || host[0] == '@')
        return bad(err, "the host is a socket on one machine, which nothing on AWS can reach",
                   "write the name or address of the database server");
    size_t n = strlen(host);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)host[i]) && !strchr("-._", host[i]) &&
            (unsigned char)host[i] < 0x80)
            return bad(err, "the host holds a character that no host name has",
                       "check the host; in a password, write @ as %40 and : as %3A");
    return n <= 253 ? true
                    : bad(err, "the host is longer than 253 characters", "check what was pasted");
}

static bool set_host(struct span s, bool brackets, struct postgres_url *out, struct err *err)
{
    char *host = decode_uri(s.at, s.n);
    if (!host)
        return bad(err, "the host is not readable", "write its name or address");
    mem_free(out->host);
    out->host = host;
    out->place = place_of(host, brackets);
    return good_host(host, brackets, err);
}

static bool read_hosts(struct span s, struct postgres_url *out, struct err *err)
{
    if (span_has(s, ','))
        return bad(err, "the database URL names several hosts",
                   "name one: the writer's address, or a proxy in front of them");
    if (s.n == 0)
        return true; // ?host= may follow
    const char *end = s.at + s.n;
    const char *colon = NULL;
    struct span host = s;
    bool brackets = s.at[0] == '[';
    if (brackets) {
        const char *close = memchr(s.at, ']', s.n);
        if (!close)
            return bad(err, "the ] behind the IPv6 address is missing",
                       "write it like [2001:db8::1]:5432");
        host = (struct span){s.at + 1, (size_t)(close - s.at - 1)};
        if (close + 1 < end && close[1] != ':')
            return bad(err, "something stands between the IPv6 address and the port",
                       "write it like [2001:db8::1]:5432");
        colon = close + 1 < end ? close + 1 : NULL;
    } else {
        colon = memchr(s.at, ':', s.n);
        if (colon && memchr(colon + 1, ':', (size_t)(end - colon - 1)))
            return bad(err, "the host holds more than one :",
                       "write an IPv6 address in brackets; in a password, write @ as %40");
        host.n = colon ? (size_t)(colon - s.at) : s.n;
    }
    if (colon && !read_port((struct span){colon + 1, (size_t)(end - colon - 1)}, &out->port, err))
        return false;
    return host.n == 0 ? true : set_host(host, brackets, out, err);
}

static bool known_ssl_mode(const char *mode)
{
    for (size_t i = 0; i < ARRAY_LEN(ssl_modes); i++)
        if (str_eq(mode, ssl_modes[i]))
            return true;
    return false;
}

static bool unknown_parameter(const char *key, struct err *err)
{
    if (strcasecmp(key, "schema") == 0)
        return bad(err, "\"schema\" is no parameter of a PostgreSQL URL",
                   "take it out and set database.schema instead");
    if (strlen(key) > 40 || strspn(key, "abcdefghijklmnopqrstuvwxyz_") != strlen(key))
        return bad(err, "behind the ? stands something that is no parameter",
                   "in a password, write ? as %3F and & as %26");
    const char *near = suggest(key, parameters, ARRAY_LEN(parameters));
    err_set(err, ERR_INPUT, "\"%s\" is no parameter of a PostgreSQL URL", key);
    if (near)
        return err_remedy(err, "did you mean %s?", near);
    return err_remedy(err, "take it out; in a password, write ? as %%3F");
}

static bool known_parameter(const char *key)
{
    for (size_t i = 0; i < ARRAY_LEN(parameters); i++)
        if (str_eq(key, parameters[i]))
            return true;
    return false;
}

static bool take_parameter(const char *key, struct span value, struct postgres_url *out,
                           struct err *err)
{
    if (str_eq(key, "host"))
        return span_has(value, ',') ? read_hosts(value, out, err)
                                    : value.n == 0 || set_host(value, false, out, err);
    if (str_eq(key, "port"))
        return read_port(value, &out->port, err);
    if (str_eq(key, "password")) {
        out->has_password = value.n > 0;
        out->password_bytes = value.n;
        return true;
    }
    char **slot = str_eq(key, "user")      ? &out->user
                  : str_eq(key, "dbname")  ? &out->database
                  : str_eq(key, "sslmode") ? &out->ssl_mode
                                           : NULL;
    if (!slot)
        return true;
    mem_free(*slot);
    *slot = decode_uri(value.at, value.n);
    if (!*slot)
        return bad(err, "a parameter behind the ? is not readable", "escape it as %XX");
    if (slot == &out->ssl_mode && !known_ssl_mode(*slot))
        return bad(
            err, "sslmode has a value that PostgreSQL does not know",
            "take sslmode out and set database.ssl_mode: preferred, required, verify or disabled");
    return true;
}

static bool read_query(struct span s, struct postgres_url *out, struct err *err)
{
    const char *p = s.at;
    const char *end = s.at + s.n;
    while (p < end) {
        const char *amp = memchr(p, '&', (size_t)(end - p));
        const char *stop = amp ? amp : end;
        const char *equals = memchr(p, '=', (size_t)(stop - p));
        if (!equals || equals == p)
            return bad(err, "behind the ? stands something that is no parameter",
                       "write key=value; in a password, write ? as %3F and & as %26");
        AUTO_FREE char *key = decode_uri(p, (size_t)(equals - p));
        if (!key || !known_parameter(key))
            return unknown_parameter(key ? key : "", err);
        struct span value = {equals + 1, (size_t)(stop - equals - 1)};
        if (!take_parameter(key, value, out, err))
            return false;
        p = amp ? amp + 1 : end;
    }
    return true;
}

static bool complete(const struct postgres_url *url, struct err *err)
{
    if (str_empty(url->host))
        return bad(err, "the database URL names no host",
                   "write postgres://user:password@host:5432/database");
    if (str_empty(url->user))
        return bad(err, "the database URL names no user",
                   "write postgres://user:password@host:5432/database");
    if (str_empty(url->database))
        return bad(err, "the database URL names no database",
                   "write its name behind the port: host:5432/database");
    return true;
}

static const char *surprise(const struct postgres_url *url)
{
    if (url->place == POSTGRES_THIS_MACHINE)
        return "the host is this machine: a container on AWS cannot reach it";
    if (str_eq(url->ssl_mode, "disable"))
        return "sslmode=disable sends the password and every row unencrypted";
    if (url->ssl_mode)
        return "sslmode in the URL is not used: database.ssl_mode decides";
    if (!url->has_password)
        return "there is no password in the database URL";
    return NULL;
}

static bool parse(const char *url, struct postgres_url *out, struct err *err)
{
    if (!check_text(url, err))
        return false;
    const char *rest = after_scheme(url, err);
    struct pieces pieces = {
        .user = {"", 0}, .password = {"", 0}, .database = {"", 0}, .query = {"", 0}};
    if (!rest || !split(rest, &pieces, err))
        return false;
    out->port = DEFAULT_PORT;
    out->user = decode_uri(pieces.user.at, pieces.user.n);
    out->database = decode_uri(pieces.database.at, pieces.database.n);
    out->has_password = pieces.has_password && pieces.password.n > 0;
    out->password_bytes = pieces.password.n;
    if (!read_hosts(pieces.hosts, out, err) || !read_query(pieces.query, out, err) ||
        !complete(out, err))
        return false;
    out->warning = surprise(out);
    return true;
}

bool postgres_url_parse(const char *url, struct postgres_url *out, struct err *err)
{
    *out = (struct postgres_url){0};
    if (parse(url, out, err))
        return true;
    postgres_url_clear(out);
    return false;
}

void postgres_url_clear(struct postgres_url *url)
{
    mem_free(url->user);
    mem_free(url->host);
    mem_free(url->database);
    mem_free(url->ssl_mode);
    *url = (struct postgres_url){0};
}

char *postgres_url_describe(const struct postgres_url *url)
{
    const char *open = url->host && strchr(url->host, ':') ? "[" : "";
    return mem_printf("%s on %s%s%s:%u as %s", url->database, open, url->host, *open ? "]" : "",
                      url->port, url->user);
}
