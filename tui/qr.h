// SPDX-License-Identifier: MIT
// A text as a QR code (ISO/IEC 18004), for addresses that a phone is to open: byte mode, versions 1
// to 10. The smallest version that holds the text is taken, with correction level M when that costs
// no larger one, else L. Pure; nothing is owned.
#ifndef FOREST_TUI_QR_H
#define FOREST_TUI_QR_H

#include <stdbool.h>
#include <stddef.h>

enum { QR_VERSIONS = 10, QR_SIDE_MAX = 17 + 4 * QR_VERSIONS, QR_BYTES_MAX = 271 };
enum { QR_BEST_MASK = -1 };

struct qr {
    int version, side, mask;
    bool medium;                                  // level M, else L
    unsigned char dark[QR_SIDE_MAX][QR_SIDE_MAX]; // [row][column], `side` of each
};

// `mask` is 0 to 7, or QR_BEST_MASK for the one that reads best. False: the text is empty or longer
// than QR_BYTES_MAX.
bool qr_make(struct qr *out, const char *text, size_t length, int mask);

#endif
