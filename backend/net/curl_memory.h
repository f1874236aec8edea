// SPDX-License-Identifier: MIT
// Private to the room: libcurl's allocator, which wipes what it frees. Without it the session token
// and parts of signed requests stay in the heap long after the exchange.
#ifndef FOREST_NET_CURL_MEMORY_H
#define FOREST_NET_CURL_MEMORY_H

#include <stdbool.h>

bool curl_memory_global_init(void); // curl_global_init_mem() with it
#endif
