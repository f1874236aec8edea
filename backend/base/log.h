// SPDX-License-Identifier: MIT
// The debug log: a file (0600) that a user can attach to a bug report. Every line is scrubbed of
// live secrets and of control characters. Off until log_open(); thread-safe; failures to write are
// ignored (a log must not stop the work).
#ifndef FOREST_BASE_LOG_H
#define FOREST_BASE_LOG_H

#include "backend/base/err.h"

bool log_open(const char *path, struct err *err);
void log_close(void);
bool log_on(void);
void log_line(const char *area, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
