// SPDX-License-Identifier: MIT
'use strict';

/*
 * The way to PostgreSQL. openDatabase: one probe with a plain client (its errors are exact, and it finds out
 * how TLS works here), then one introspection, then the one Sequelize pool that lives as long as the process.
 * Failure leaves no connection behind. The libraries are loaded on first use, after the process listens.
 */

const net = require('node:net');
const { CausedError, isTls, root } = require('./cause');

const SSL = {
  verify: { rejectUnauthorized: true },
  required: { rejectUnauthorized: false },
  disabled: false,
};
const TLS_WORDS = { verify: 'TLS verified', required: 'TLS, certificate not verified', disabled: 'no TLS' };

/* 'preferred' means the best that works. The other modes mean themselves. */
function modesToTry(sslMode) {
  return sslMode === 'preferred' ? ['verify', 'required', 'disabled'] : [sslMode];
}

/* Only what another TLS mode could cure is worth another try; a wrong password stays wrong. */
function anotherModeMayHelp(error) {
  return isTls(root(error)) || /no pg_hba\.conf entry/.test(root(error).message ?? '');
}

function plural(count, noun) {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function nextTurn() {
  return new Promise(resolve => setImmediate(resolve));
}

async function connectOnce(database, mode) {
  const { Client } = require('pg');
  const socket = new net.Socket();
  let connected = false;
  socket.once('connect', () => {
    connected = true;
  });
  const client = new Client({
    host: database.host,
    port: database.port,
    database: database.database,
    user: database.user,
    password: database.password,
    ssl: SSL[mode],
    connectionTimeoutMillis: database.timeoutMs,
    stream: () => socket,
  });
  // An error after connect() settled would otherwise be an uncaught 'error' event.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    await client.end();
  } catch (error) {
    if (connected && /timeout expired/.test(error.message)) {
      const where = `${database.host}:${database.port}`;
      throw new CausedError('database-no-answer', `${where} accepts connections but does not answer as PostgreSQL`);
    }
    // A proxy that says yes to TLS and then hangs up has no certificate to offer.
    const hungUp = /ECONNRESET|terminated unexpectedly/.test(`${error.code} ${error.message}`);
    if (connected && mode !== 'disabled' && hungUp) {
      error.message = `SSL connection refused: ${error.message}`;
    }
    throw error;
  } finally {
    // end() of a client that never connected may wait for ever; its socket is ours to close.
    socket.destroy();
  }
}

/* Returns the mode that works; throws the first error that TLS does not explain, else the first one. */
async function findSslMode(database) {
  let first = null;
  for (const mode of modesToTry(database.sslMode)) {
    try {
      await connectOnce(database, mode);
      return mode;
    } catch (error) {
      if (!anotherModeMayHelp(error)) throw error;
      // "The server does not support SSL" says less than what the last mode says.
      if (!first || !/pg_hba/.test(first.message)) first = error;
    }
  }
  throw first;
}

/* Fields rather than a URL: see postgres-url.js. 'manual' leaves dialectOptions.ssl as it is. */
function connectionOptions(database, mode) {
  return {
    dialect: 'postgres',
    host: database.host,
    port: database.port,
    database: database.database,
    username: database.user,
    password: database.password,
    schema: database.schema,
    sslMode: 'manual',
    connectionTimeoutInMs: database.timeoutMs,
    dialectOptions: {
      application_name: 'forest-setup-backend',
      keepAlive: true,
      connectionTimeoutMillis: database.timeoutMs,
      ...database.parameters,
      ssl: SSL[mode],
    },
  };
}

/*
 * Returns {dataSource, summary}: `dataSource` is made once and shared by every start of the agent. The
 * caller closes it with dataSource.close() at the end. An empty schema is an error that a later try may cure.
 */
async function openDatabase(database, log) {
  const mode = await findSslMode(database);
  // Loading takes a second on a small task: let the health check in between.
  await nextTurn();
  const { introspect, createSqlDataSource } = require('@forestadmin/datasource-sql');
  await nextTurn();
  const options = connectionOptions(database, mode);
  const logger = (level, text) => {
    if (level === 'Warn' || level === 'Error') log.warn(text);
  };
  const introspection = await introspect(options, logger);
  const tables = introspection.tables.length;
  const views = introspection.views.length;
  if (tables + views === 0) {
    throw new CausedError('database-empty', `the database shows no table in schema "${database.schema}" to this user`);
  }
  const dataSource = await createSqlDataSource(options, { introspection })(logger);
  const counted = views ? `${plural(tables, 'table')}, ${plural(views, 'view')}` : plural(tables, 'table');
  return { dataSource, summary: `database connected, ${counted}, ${TLS_WORDS[mode]}` };
}

module.exports = { openDatabase };
