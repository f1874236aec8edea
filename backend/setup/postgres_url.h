// SPDX-License-Identifier: MIT
// The parts of a PostgreSQL connection URL, by libpq's own rules (PostgreSQL
// documentation 34.1.1.2), but strict: what libpq would guess at is refused with the character to
// escape.
//
// postgres_url_parse() -> look -> postgres_url_clear(). Pure. The password is never copied and no
// message repeats the URL or any part that could be a piece of the password.
#ifndef FOREST_SETUP_POSTGRES_URL_H
#define FOREST_SETUP_POSTGRES_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"

enum postgres_place { POSTGRES_HOST, POSTGRES_ADDRESS, POSTGRES_IPV6, POSTGRES_THIS_MACHINE };

struct postgres_url { // all strings owned and decoded
    char *user;
    char *host;    // without the brackets of an IPv6 address
    unsigned port; // 5432 when not given
    char *database;
    char *ssl_mode; // from ?sslmode=, or NULL
    bool has_password;
    size_t password_bytes;
    enum postgres_place
        place;           // THIS_MACHINE: localhost or loopback, which nothing on AWS can reach
    const char *warning; // static: what works here but will surprise, or NULL
};

// ERR_INPUT with the reason and the remedy. `out` must be zeroed or cleared.
bool postgres_url_parse(const char *url, struct postgres_url *out, struct err *err);
void postgres_url_clear(struct postgres_url *url);
// "storefront on db.acme.internal:5432 as app", for people; the caller's.
char *postgres_url_describe(const struct postgres_url *url);

#endif
