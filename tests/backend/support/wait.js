// SPDX-License-Identifier: MIT
'use strict';

/* Waits for a condition, never for a time. `check` may be async; its first truthy value is returned. */
async function until(what, check, timeoutMs = 15000) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain until: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

module.exports = { until };
