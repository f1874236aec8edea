// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "backend/base/mem.h"
#include "backend/setup/postgres_url.h"

static const struct {
    const char *url;
    const char *described;
    const char *warns; // a word of the warning, or NULL
} good[] = {
    {"postgres://app:pw@db.acme.internal:5432/storefront",
     "storefront on db.acme.internal:5432 as app", NULL},
    {"postgresql://app:pw@db/storefront", "storefront on db:5432 as app", NULL},
    {"postgres://app:p%40ss%2Fw%3Ard@db/x", "x on db:5432 as app", NULL},
    {"postgres://app:a:b@db/x", "x on db:5432 as app",
     NULL}, // libpq: the password goes on to the @
    {"postgres://app:p+w@db/x", "x on db:5432 as app", NULL}, // + is a plus
    {"postgres://us%65r:pw@db/d%62", "db on db:5432 as user", NULL},
    {"postgres://app:pw@[2001:db8::1]:6432/x", "x on [2001:db8::1]:6432 as app", NULL},
    {"postgres://app:pw@[2001:db8::1]/x", "x on [2001:db8::1]:5432 as app", NULL},
    {"postgres://app:pw@10.20.4.9/x", "x on 10.20.4.9:5432 as app", NULL},
    {"postgres://app:pw@db:65535/x", "x on db:65535 as app", NULL},
    {"postgres://app@db/x", "x on db:5432 as app", "no password"},
    {"postgres://app:@db/x", "x on db:5432 as app", "no password"},
    {"postgres://app:pw@localhost/x", "x on localhost:5432 as app", "this machine"},
    {"postgres://app:pw@127.0.0.1:4103/x", "x on 127.0.0.1:4103 as app", "this machine"},
    {"postgres://app:pw@[::1]/x", "x on [::1]:5432 as app", "this machine"},
    {"postgres://app:pw@db/x?sslmode=disable", "x on db:5432 as app", "unencrypted"},
    {"postgres://app:pw@db/x?sslmode=require", "x on db:5432 as app", "ssl_mode"},
    {"postgres://app:pw@db/x?application_name=forest&connect_timeout=5", "x on db:5432 as app",
     NULL},
    {"postgres:///x?host=db&port=6000&user=app&password=pw", "x on db:6000 as app", NULL},
    {"postgres://app:pw@db/x?", "x on db:5432 as app", NULL},
};

static const struct {
    const char *url;
    const char *says;   // in the reason
    const char *remedy; // in the remedy
} bad[] = {
    {"", "empty", "postgres://"},
    {"db.acme.internal", "no scheme", "postgres://"},
    {"mysql://app:hunter2@db/x", "not the URL of a PostgreSQL", "postgres://"},
    {"POSTGRES://app:hunter2@db/x", "small letters", "postgres://"},
    {"host=db password=hunter2", "space", "%20"},
    {"dbname=hunter2", "list of parameters", "postgres://"},
    {" postgres://app:hunter2@db/x", "space", "remove"},
    {"postgres://app:hunter2@db/x\n", "space", "remove"},
    {"postgres://app:hun ter2@db/x", "space", "%20"},
    {"postgres://app:hunter2@rest@db/x", "@", "%40"},
    {"postgres://app:hun/ter2@db/x", "/ or ?", "%2F"},
    {"postgres://app:hun?ter2@db/x", "/ or ?", "%3F"},
    {"postgres://app:hunter2#1@db/x", "#", "%23"},
    {"postgres://app:hunter2%zz@db/x", "%", "%25"},
    {"postgres://app:hunter2%@db/x", "%", "%25"},
    {"postgres://app:hunter2%00@db/x", "%", "%00"},
    {"postgres://app:p@ss?word=hunter2@db/x", "@", "%40"},
    {"postgres://app:p@hunter2/w:rd@db/x", "@", "%40"},
    {"postgres://app:pw@h1:1,h2:2/x", "several hosts", "one"},
    {"postgres://app:pw@/x?host=h1,h2", "several hosts", "one"},
    {"postgres://app:pw@%2Fvar%2Frun/x", "socket", "name or address"},
    {"postgres://app:pw@/x?host=/var/run", "socket", "name or address"},
    {"postgres://app:pw@/x", "no host", "postgres://"},
    {"postgres://app:pw@:5432/x", "no host", "postgres://"},
    {"postgres://:hunter2@db/x", "no user", "postgres://"},
    {"postgres://db/x", "no user", "postgres://"},
    {"postgres://app:pw@db", "no database", "name"},
    {"postgres://app:pw@db/", "no database", "name"},
    {"postgres://app:pw@db:/x", "port", "5432"},
    {"postgres://app:pw@db:0/x", "port", "5432"},
    {"postgres://app:pw@db:65536/x", "port", "5432"},
    {"postgres://app:pw@db:99999999999999999999/x", "port", "5432"},
    {"postgres://app:hunter2/x", "port", "%3A"},
    {"postgres://app:pw@db:54a2/x", "port", "number"},
    {"postgres://app:pw@2001:db8::1/x", "more than one :", "brackets"},
    {"postgres://app:pw@[2001:db8::1/x", "]", "like"},
    {"postgres://app:pw@[2001:db8::1]5432/x", "between", "like"},
    {"postgres://app:pw@[zz]/x", "IPv6", "like"},
    {"postgres://app:pw@d*b/x", "character", "check"},
    {"postgres://app:pw@db/x?sslmode=on", "sslmode", "ssl_mode"},
    {"postgres://app:pw@db/x?ssl_mode=require", "ssl_mode", "sslmode"},
    {"postgres://app:pw@db/x?schema=public", "schema", "database.schema"},
    {"postgres://app:pw@db/x?colour=red", "colour", "take it out"},
    {"postgres://app:pw@db/x?sslmode", "no parameter", "key=value"},
    {"postgres://app:pw@db/x?=1", "no parameter", "key=value"},
};

// Claim: what libpq reads is read the same way, and what will surprise is told.
static void good_urls_are_read(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct postgres_url url = {0};
        struct err err = {0};
        if (!postgres_url_parse(good[i].url, &url, &err))
            fail_msg("%s: %s", good[i].url, err.message);
        char *text = postgres_url_describe(&url);
        assert_string_equal(text, good[i].described);
        mem_free(text);
        if (!good[i].warns != !url.warning || (url.warning && !strstr(url.warning, good[i].warns)))
            fail_msg("%s warns: %s", good[i].url, url.warning ? url.warning : "nothing");
        postgres_url_clear(&url);
    }
}

// Claim: what cannot work is refused with reason and remedy, and no piece of the password is
// repeated.
static void bad_urls_are_refused(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct postgres_url url = {0};
        struct err err = {0};
        if (postgres_url_parse(bad[i].url, &url, &err))
            fail_msg("accepted: %s", bad[i].url);
        assert_int_equal(err.kind, ERR_INPUT);
        if (!strstr(err.message, bad[i].says) || !strstr(err.remedy, bad[i].remedy))
            fail_msg("%s: %s / %s", bad[i].url, err.message, err.remedy);
        assert_null(strstr(err.message, "hunter2"));
        assert_null(strstr(err.remedy, "hunter2"));
        assert_null(strstr(err.message, "ter2"));
        assert_null(url.host);
        err_clear(&err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(good_urls_are_read),
                                       cmocka_unit_test(bad_urls_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
