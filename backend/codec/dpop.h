// SPDX-License-Identifier: MIT
// Proof of possession (RFC 9449) as AWS's sign-in wants it: a JWT for one POST to one URL, signed
// with ES256 by the key that `aws login` made. The library behind it is OpenSSL, seen only by
// dpop.c.
#ifndef FOREST_CODEC_DPOP_H
#define FOREST_CODEC_DPOP_H

#include <stdint.h>

#include "backend/base/err.h"

// `pem`: an EC P-256 private key. `id`: unique for each proof. The caller's; NULL: ERR_AUTH, the
// key cannot be read or is of another kind.
char *dpop_proof(const char *pem, const char *url, const char *id, int64_t now_s, struct err *err);

#endif
