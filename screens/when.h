// SPDX-License-Identifier: MIT
// A moment in the past as a person would say it: "today 18:02", "yesterday 18:02", "12 Nov 18:02".
#ifndef FOREST_SCREENS_WHEN_H
#define FOREST_SCREENS_WHEN_H

#include <time.h>

char *when_text(time_t then, time_t now); // in local time; the caller's
// Of a time as journals have it, "2026-11-23T13:04:11.123Z"; -1 when it is not one.
time_t when_parse(const char *utc);

#endif
