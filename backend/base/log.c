// SPDX-License-Identifier: MIT
#include "backend/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/text.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int file = -1;

enum { LOG_MAX_CHARS = 4000 };

bool log_open(const char *path, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_errno(err, ERR_IO, errno, "cannot open the log file %s", path);
    pthread_mutex_lock(&lock);
    if (file >= 0)
        close(file);
    file = fd;
    pthread_mutex_unlock(&lock);
    return true;
}

void log_close(void)
{
    pthread_mutex_lock(&lock);
    if (file >= 0)
        close(file);
    file = -1;
    pthread_mutex_unlock(&lock);
}

bool log_on(void)
{
    pthread_mutex_lock(&lock);
    bool on = file >= 0;
    pthread_mutex_unlock(&lock);
    return on;
}

void log_line(const char *area, const char *format, ...)
{
    if (!log_on())
        return;
    va_list args;
    va_start(args, format);
    AUTO_FREE char *raw = mem_vprintf(format, args);
    va_end(args);
    char *scrubbed = secret_scrub(raw);
    AUTO_FREE char *safe = text_safe(scrubbed, LOG_MAX_CHARS);
    secret_free(scrubbed);
    AUTO_FREE char *when = clock_format(clock_wall_ms());
    AUTO_FREE char *line = mem_printf("%s %-8s %s\n", when, area, safe);
    pthread_mutex_lock(&lock);
    if (file >= 0)
        (void)!write(file, line, strlen(line));
    pthread_mutex_unlock(&lock);
}
