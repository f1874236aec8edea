// SPDX-License-Identifier: MIT
'use strict';

/*
 * One start of the Forest agent. startAgent makes a new agent and a new router for every attempt, because a
 * second start() on the same agent mounts everything twice; the data source is shared. A failed start is stopped
 * before the error is passed on, so that no event stream or timer stays behind.
 */

const fs = require('node:fs');
const express = require('express');
const { CausedError, describe } = require('./cause');
const { countCollections } = require('./schema');

const SENT = /^Schema was updated/;
const UNCHANGED = /^Schema was not updated/;
const STREAM_ERROR = /^Server Event - Error/;
const NO_HEARTBEAT = /Unable to detect ServerSentEvents Heartbeat/;
const NOISE = /^Successfully mounted on|startup failure/;
const REQUEST = /^(\[\d{3}\] [A-Z]+ )\//;
const STREAM_QUIET_MS = 60000;

/* Turns the agent's log into ours, and notices what it only ever says in its log. */
function agentLogger(log, seen) {
  let streamToldAt = -STREAM_QUIET_MS;
  const streamError = text => {
    // Any 4xx but "too many" is final: eventsource closes, and permissions would be stale for good.
    const status = Number(/"status":(\d+)/.exec(text)?.[1]);
    if (status >= 400 && status < 500 && status !== 429) return seen.streamRefused(`status ${status}`);
    if (Date.now() - streamToldAt < STREAM_QUIET_MS) return undefined;
    streamToldAt = Date.now();
    return log.warn('event stream of Forest lost, reconnecting');
  };
  return (level, message, error) => {
    // The agent sees paths without the /forest that it is mounted under.
    const text = String(message).replace(REQUEST, '$1/forest/');
    if (level === 'Debug' || NOISE.test(text)) return;
    if (SENT.test(text)) seen.schema = 'sent to Forest';
    else if (UNCHANGED.test(text)) seen.schema = 'already known to Forest';
    else if (STREAM_ERROR.test(text)) streamError(text);
    else if (NO_HEARTBEAT.test(text)) seen.streamRefused('no heartbeat within 45 s');
    else if (level === 'Error') log.error(error ? `${text}: ${describe(error)}` : text);
    else if (level === 'Warn') log.warn(text);
    else log.info(text);
  };
}

async function customize(file, agent, log) {
  if (!fs.existsSync(file)) return;
  try {
    const hook = require(file);
    await (hook.default ?? hook)(agent);
  } catch (error) {
    throw new CausedError('customize-failed', `forest/customize.js failed: ${describe(error)}`);
  }
  log.info('forest/customize.js applied');
}

/*
 * `schema` is from schema.js. `events` false means no event stream: permissions are then read again every 15
 * minutes. `onStreamRefused(why)` may be called at any time later, once. Returns {router, stop}; stop() ends the
 * event stream only, requests under way finish.
 */
async function startAgent({ config, dataSource, schema, events, log, onStreamRefused }) {
  const { createAgent } = require('@forestadmin/agent');
  let told = false;
  const seen = {
    schema: null,
    streamRefused: why => {
      if (!told) onStreamRefused(why);
      told = true;
    },
  };
  const agent = createAgent({
    envSecret: config.envSecret,
    authSecret: config.authSecret,
    forestServerUrl: config.forestUrl,
    isProduction: schema.shipped,
    schemaPath: schema.path,
    instantCacheRefresh: events,
    logger: agentLogger(log, seen),
  });
  try {
    const router = express.Router();
    agent.addDataSource(async () => dataSource);
    await customize(config.customizeFile, agent, log);
    agent.mountOnExpress(router);
    await agent.start();
    const collections = countCollections(schema.path) || dataSource.collections.length;
    log.info(`schema ${seen.schema ?? 'handed to Forest'}, ${collections} collections`);
    quietErrors(agent, schema);
    return { router, stop: () => agent.stop() };
  } catch (error) {
    await agent.stop().catch(() => {});
    throw error;
  }
}

/*
 * Outside production the agent prints a stack, the query and the body of every refused request, which is customers'
 * data in a log. The schema is written by now, so production is what it is from here on. Not a public option:
 * tests/backend checks that a refused request prints one line.
 */
function quietErrors(agent, schema) {
  if (countCollections(schema.path) > 0) agent.options.isProduction = true;
}

module.exports = { startAgent };
