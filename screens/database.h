// SPDX-License-Identifier: MIT
// What the files of the database screen share: database.c knows the answers, database_view.c shows
// them, database_facts.c says what is known of the database that the URL names.
#ifndef FOREST_SCREENS_DATABASE_H
#define FOREST_SCREENS_DATABASE_H

#include "backend/setup/postgres_url.h"
#include "screens/tell.h"
#include "screens/wizard.h"

enum { DATABASE_URL_BYTES = 8192, DATABASE_TEXT_BYTES = 256, DATABASE_GROUPS = 8 };

struct database_screen {
    bool entered;
    bool from_rds; // its parts are asked for, not the URL
    char *rds;     // id of the instance that was chosen
    struct edit url, user, password, name, group, schema;
    // For the rows of the list, which are asked for while the frame is drawn.
    struct wizard *wizard;
    char text[300], below[400];
};

// What AWS knows of the host in the URL.
struct database_known {
    const struct json *instance; // of RDS; NULL: none with that host
    const struct json *vpc;      // where the backend will be; NULL: new, or not known yet
    bool elsewhere;              // the instance is in another VPC than the backend
    bool outside;                // the host is an address that the VPC does not have
};

void database_build(struct wizard *wizard, struct view *view);

struct database_known database_known(struct wizard *wizard, const struct postgres_url *url);
// Of the VPC that is chosen for the backend; NULL: a new one, or not known.
const struct json *database_vpc(struct wizard *wizard);
const struct json *database_instance(struct wizard *wizard, const char *id);
bool database_is_here(struct wizard *wizard, const struct json *instance);
// "10.20.0.0/16" has "10.20.4.9"; true also when either cannot be read.
bool cidr_has(const char *cidr, const char *address);
// The URL of these parts, each escaped; wiped by the caller with secret_free().
char *database_compose(const char *user, const char *password, const char *host, unsigned port,
                       const char *database);

#endif
