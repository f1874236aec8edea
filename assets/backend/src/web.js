// SPDX-License-Identifier: MIT
'use strict';

/*
 * What is served from the first second: `/` for the load balancer, and /forest, which is the agent once it runs
 * and a 503 that says why until then. No CORS here: the agent sends its own headers.
 */

const http = require('node:http');
const express = require('express');
const { forwardedFor } = require('./forwarded');

/* The load balancer keeps idle connections for 60 s; closing them earlier than it does gives its clients 502. */
const KEEP_ALIVE_MS = 65000;
const HEADERS_MS = 66000;

/* `slot` is {router}, `state` the object of bringup.js; both are read at every request. Does not listen yet. */
function createServer({ slot, state, trustedProxies }) {
  const app = express();
  app.disable('x-powered-by');
  app.get('/', (_request, response) => response.type('text').send('ok'));
  app.use(forwardedFor(trustedProxies));
  app.use((request, response, next) => (slot.router ? slot.router(request, response, next) : next()));
  app.use('/forest', (_request, response) => {
    response.set('cache-control', 'no-store').status(503).json({ error: 'agent not ready', state });
  });
  app.use((_request, response) => response.status(404).json({ error: 'not found' }));
  // Express' own handler would print the stack into the answer.
  app.use((error, _request, response, _next) => response.status(error.status ?? 500).json({ error: 'bad request' }));

  const server = http.createServer(app);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = HEADERS_MS;
  return server;
}

module.exports = { createServer };
