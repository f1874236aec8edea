// SPDX-License-Identifier: MIT
'use strict';

/*
 * The .forestadmin-schema.json file. A good one that was shipped is sent as it is; otherwise the agent builds the
 * schema from the database and needs a place to write it, which on a read-only root file system is not /app.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const FILE_NAME = '.forestadmin-schema.json';

/* Number of collections, or 0 when the file is missing, empty, half-written or not a schema. */
function countCollections(file) {
  try {
    const { collections } = JSON.parse(fs.readFileSync(file, 'utf8'));
    return Array.isArray(collections) ? collections.length : 0;
  } catch {
    return 0;
  }
}

/* /dev/shm is a tmpfs in every container, also when /tmp belongs to the read-only image. */
function writableDirectory(candidates = [os.tmpdir(), '/dev/shm']) {
  for (const parent of candidates) {
    try {
      return fs.mkdtempSync(path.join(parent, 'forest-schema-'));
    } catch {
      // Missing, read-only or not ours: the next one.
    }
  }
  return null;
}

/* Returns {path, shipped, removable}. With no writable place the agent may write to /dev/null: it only sends. */
function chooseSchema(shippedFile, candidates) {
  if (countCollections(shippedFile) > 0) return { path: shippedFile, shipped: true, removable: null };
  const directory = writableDirectory(candidates);
  if (!directory) return { path: os.devNull, shipped: false, removable: null };
  return { path: path.join(directory, FILE_NAME), shipped: false, removable: directory };
}

function removeSchema(schema) {
  if (schema?.removable) fs.rmSync(schema.removable, { recursive: true, force: true });
}

module.exports = { chooseSchema, countCollections, removeSchema };
