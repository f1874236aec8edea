// SPDX-License-Identifier: MIT
'use strict';

/*
 * SIGTERM and SIGINT. As process 1 of a container, node ignores them unless somebody listens, and ECS would wait
 * 30 s before it kills. No new connections, a short drain for requests under way, exit 0 in less than 5 s.
 */

const DRAIN_MS = 3000;
const GIVE_UP_MS = 4500;

function drain(server) {
  return new Promise(resolve => {
    const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearTimeout(late);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function onSignals({ server, bringUp, log }) {
  let stopping = false;
  const stop = async signal => {
    if (stopping) return;
    stopping = true;
    log.info(`${signal}: stopping`);
    setTimeout(() => process.exit(0), GIVE_UP_MS).unref();
    // A kept-alive connection would otherwise bring requests until the drain ends.
    server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
    await drain(server);
    await bringUp.stop().catch(error => log.warn(`stopping: ${error.message}`));
    log.info('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

module.exports = { onSignals };
