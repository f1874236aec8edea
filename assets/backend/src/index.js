// SPDX-License-Identifier: MIT
'use strict';

/*
 * The Forest Admin backend that forest-setup deploys. Listens first, then brings the agent up behind it. Nothing
 * but a port that is taken ends the process: a backend that can tell what is wrong is worth more than a restart.
 */

const os = require('node:os');
const { BringUp } = require('./bringup');
const { readConfig } = require('./config');
const { describe } = require('./cause');
const { createLog } = require('./log');
const { createScrub } = require('./scrub');
const { onSignals } = require('./shutdown');
const { createServer } = require('./web');

// A library below the agent asks for the home directory, which throws for a numeric user without HOME.
process.env.HOME ||= os.tmpdir();

const config = readConfig(process.env);
const scrub = createScrub(config.secrets);
const log = createLog(scrub);
const slot = { router: null };
const bringUp = new BringUp({ config, log, scrub, slot });
const server = createServer({ slot, state: bringUp.state, trustedProxies: config.trustedProxies });

// When nobody reads the log any more, each write fails, and telling that would fail again, for ever. Serving goes on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
process.on('uncaughtException', error => bringUp.uncaught(error));
process.on('unhandledRejection', error => bringUp.uncaught(error));
// Node prints its warnings over several lines.
process.removeAllListeners('warning');
process.on('warning', warning => log.warn(`node: ${warning.name}: ${warning.message}`));
onSignals({ server, bringUp, log });

server.on('error', error => {
  log.error(`cannot listen on ${config.port}: ${describe(error)}`);
  process.exit(1);
});
server.listen(config.port, '0.0.0.0', () => {
  log.info(`listening on ${config.port}`);
  bringUp.start().catch(error => bringUp.uncaught(error));
});
