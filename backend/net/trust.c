// SPDX-License-Identifier: MIT
#include "backend/net/trust.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"

const char *trust_bundle(const char *configured)
{
    const char *names[] = {getenv("AWS_CA_BUNDLE"), configured, getenv("SSL_CERT_FILE"),
                           getenv("CURL_CA_BUNDLE")};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!str_empty(names[i]))
            return names[i];
    return NULL;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int slot; // of an SSL_CTX, for our struct

static void make_slot(void)
{
    slot = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

// "CN" of the issuer, else "O", else the whole of it.
static void take_issuer(struct trust *t, X509 *certificate)
{
    X509_NAME *name = X509_get_issuer_name(certificate);
    if (X509_NAME_get_text_by_NID(name, NID_commonName, t->issuer, sizeof t->issuer) > 0 ||
        X509_NAME_get_text_by_NID(name, NID_organizationName, t->issuer, sizeof t->issuer) > 0)
        return;
    X509_NAME_oneline(name, t->issuer, sizeof t->issuer);
}

// Only looks: what OpenSSL decided stands.
static int on_certificate(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct trust *t = ssl ? SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), slot) : NULL;
    X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    if (ok || !t || t->reason)
        return ok;
    t->reason = X509_STORE_CTX_get_error(store);
    if (certificate)
        take_issuer(t, certificate);
    return ok;
}

static CURLcode on_context(CURL *easy, void *context, void *argument)
{
    (void)easy;
    struct trust *t = argument;
    SSL_CTX *ssl = context;
    t->unreadable = t->bundle && SSL_CTX_load_verify_file(ssl, t->bundle) != 1;
    if (t->unreadable)
        return CURLE_SSL_CACERT_BADFILE;
    SSL_CTX_set_ex_data(ssl, slot, t);
    // The struct is gone after the exchange; the connection stays.
    SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, on_certificate);
    return CURLE_OK;
}

bool trust_prepare(CURL *easy, struct trust *trust)
{
    pthread_once(&once, make_slot);
    return curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_context) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, trust) == CURLE_OK;
}

static bool is_unknown_issuer(long reason)
{
    return reason == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
           reason == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
           reason == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
           reason == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
           reason == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

bool trust_fail(const struct trust *t, const char *host, const char *detail, struct err *err)
{
    AUTO_FREE char *bundle = t->bundle ? text_safe(t->bundle, 200) : NULL;
    AUTO_FREE char *issuer = text_safe(t->issuer, TRUST_NAME_MAX);
    if (t->unreadable) {
        err_set(err, ERR_NET, "no certificates can be read from %s", bundle);
        return err_remedy(err, "AWS_CA_BUNDLE (or ca_bundle of the profile, or SSL_CERT_FILE) must "
                               "name a file of PEM certificates");
    }
    if (is_unknown_issuer(t->reason)) {
        err_set(err, ERR_NET,
                "no trusted TLS connection to %s: its certificate was issued by \"%s\", which this "
                "machine does not know",
                host, issuer);
        return err_remedy(err,
                          "if that is your company's gateway: export "
                          "AWS_CA_BUNDLE=/path/to/its-certificate.pem%s%s",
                          bundle ? "; it is not in " : "", bundle ? bundle : "");
    }
    bool time =
        t->reason == X509_V_ERR_CERT_HAS_EXPIRED || t->reason == X509_V_ERR_CERT_NOT_YET_VALID;
    if (t->reason && issuer[0])
        err_set(err, ERR_NET, "no trusted TLS connection to %s: %s (certificate issued by \"%s\")",
                host, X509_verify_cert_error_string(t->reason), issuer);
    else
        err_set(err, ERR_NET, "no trusted TLS connection to %s (%s)", host, detail);
    return err_remedy(err, "%s",
                      time ? "check the date of this machine; if it is right, the other side must "
                             "renew its certificate"
                           : "check that the network does not redirect you; a company gateway's "
                             "certificate goes into AWS_CA_BUNDLE");
}
