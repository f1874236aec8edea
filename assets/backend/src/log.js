// SPDX-License-Identifier: MIT
'use strict';

/*
 * One event, one line, plain text, no secret. Everything the backend prints goes through here:
 * ECS ships stdout to CloudWatch, which adds the time, and forest-setup shows the lines as they come.
 */

// Control characters would let a table name or an error of the database forge lines or colours: C0, DEL and C1.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]+/g;

function oneLine(text) {
  return String(text).replace(CONTROL, ' ').replace(/ {2,}/g, ' ').trim();
}

/* `scrub` is the function of scrub.js; `write` gets one line with its newline. */
function createLog(scrub, write = line => process.stdout.write(line)) {
  const print = prefix => text => write(`${prefix}${scrub(oneLine(text))}\n`);
  return { info: print(''), warn: print('warning: '), error: print('error: ') };
}

module.exports = { createLog, oneLine };
