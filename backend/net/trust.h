// SPDX-License-Identifier: MIT
// Whom TLS trusts: the system's authorities and, besides them, those of a company's gateway; and
// who it was that could not be trusted. OpenSSL's part of net, seen only by trust.c.
//
// Verification is libcurl's and OpenSSL's own and cannot be turned off here: a bundle only adds.
#ifndef FOREST_NET_TRUST_H
#define FOREST_NET_TRUST_H

#include <curl/curl.h>

#include "backend/base/err.h"

enum { TRUST_NAME_MAX = 120 };

struct trust {
    const char *bundle;          // borrowed; PEM file whose certificates are trusted, too, or NULL
    bool unreadable;             // out: the bundle could not be read
    char issuer[TRUST_NAME_MAX]; // out: who issued the certificate that failed; "" when none did
    long reason;                 // out: X509_V_ERR_..., 0 when none
};

// $AWS_CA_BUNDLE, else `configured` (ca_bundle of the profile; may be NULL), else $SSL_CERT_FILE,
// else $CURL_CA_BUNDLE; NULL: none. Borrowed.
const char *trust_bundle(const char *configured);
// `trust` must stay until the exchange is over.
bool trust_prepare(CURL *easy, struct trust *trust);
// For a failed TLS exchange: message and the one line that helps.
bool trust_fail(const struct trust *trust, const char *host, const char *detail, struct err *err);

#endif
