// SPDX-License-Identifier: MIT
#include "screens/when.h"

#include <stdio.h>
#include <stdlib.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

char *when_text(time_t then, time_t now)
{
    struct tm a, b, before;
    time_t day_ago = now - (time_t)24 * 60 * 60;
    if (!localtime_r(&then, &a) || !localtime_r(&now, &b) || !localtime_r(&day_ago, &before))
        return mem_strdup("at an unknown time");
    if (a.tm_year == b.tm_year && a.tm_yday == b.tm_yday)
        return mem_printf("today %02d:%02d", a.tm_hour, a.tm_min);
    if (a.tm_year == before.tm_year && a.tm_yday == before.tm_yday)
        return mem_printf("yesterday %02d:%02d", a.tm_hour, a.tm_min);
    if (a.tm_year == b.tm_year)
        return mem_printf("%d %s %02d:%02d", a.tm_mday, months[a.tm_mon % 12], a.tm_hour, a.tm_min);
    return mem_printf("%d %s %d", a.tm_mday, months[a.tm_mon % 12], a.tm_year + 1900);
}

// Exactly `count` digits; -1 when they are not.
static int digits(const char **at, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return -1;
        value = value * 10 + (**at - '0');
    }
    return value;
}

time_t when_parse(const char *utc)
{
    static const struct {
        int count;
        char behind;
    } parts[] = {{4, '-'}, {2, '-'}, {2, 'T'}, {2, ':'}, {2, ':'}, {2, 0}};
    int value[ARRAY_LEN(parts)];
    if (!utc)
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        value[i] = digits(&utc, parts[i].count);
        if (value[i] < 0 || (parts[i].behind && *utc++ != parts[i].behind))
            return -1;
    }
    struct tm tm = {.tm_year = value[0] - 1900,
                    .tm_mon = value[1] - 1,
                    .tm_mday = value[2],
                    .tm_hour = value[3],
                    .tm_min = value[4],
                    .tm_sec = value[5]};
    return clock_from_utc(&tm);
}
