// SPDX-License-Identifier: MIT
'use strict';

/* The backend against a real PostgreSQL: TLS, passwords, absence, death and return. */

const assert = require('node:assert/strict');
const net = require('node:net');
const { after, before, describe, test } = require('node:test');
const { Backend, session } = require('./support/backend');
const { Forest } = require('./support/forest');
const { Postgres } = require('./support/postgres');
const { until } = require('./support/wait');

let postgres;
let forest;

before(async () => {
  postgres = await Postgres.start();
  forest = await new Forest().listen();
});
after(async () => {
  await forest.close();
  await postgres.stop();
});

async function withBackend(env, body) {
  const backend = await Backend.start({ FOREST_SERVER_URL: forest.url, POSTGRESQL_URL: postgres.url(), ...env });
  try {
    await body(backend);
    assert.deepEqual(await backend.stop(), { code: 0, signal: null });
  } finally {
    backend.process.kill('SIGKILL');
  }
}

const failsWith = (env, cause, message) => withBackend(env, async backend => {
  const state = await backend.cause(cause);
  assert.match(state.lastError, message);
  assert.equal((await backend.request('/')).status, 200);
});

describe('TLS', () => {
  test('preferred uses TLS with a certificate that cannot be verified', () => withBackend(
    { POSTGRESQL_URL: postgres.url({ user: 'tlsonly' }) }, async backend => {
      await backend.ready();
      await backend.says('TLS, certificate not verified');
    }));

  test('sslmode=require in the URL means TLS, not verification', () => withBackend(
    { POSTGRESQL_URL: postgres.url({ user: 'tlsonly', query: '?sslmode=require' }) }, backend => backend.ready()));

  test('a database that wants TLS, asked without, is database-tls', () => failsWith(
    { POSTGRESQL_URL: postgres.url({ user: 'tlsonly' }), DATABASE_SSL_MODE: 'disabled' },
    'database-tls', /no encryption/));

  test('verify refuses an unknown certificate as database-tls', () => failsWith(
    { DATABASE_SSL_MODE: 'verify' }, 'database-tls', /self-signed certificate/));

  test('a database without TLS works with preferred and is database-tls with required', async () => {
    await postgres.halt();
    await postgres.run({ ssl: 'off' });
    await withBackend({}, async backend => {
      await backend.ready();
      await backend.says('no TLS');
    });
    await failsWith({ DATABASE_SSL_MODE: 'required' }, 'database-tls', /does not support SSL/);
    await postgres.halt();
    await postgres.run();
  });
});

describe('refusals', () => {
  test('a wrong password is database-auth although preferred tries three ways', () => failsWith(
    { POSTGRESQL_URL: postgres.url({ password: 'wrong-CANARY' }) }, 'database-auth', /password authentication failed/));

  test('and also when the database insists on TLS', () => failsWith(
    { POSTGRESQL_URL: postgres.url({ user: 'tlsonly', password: 'wrong-CANARY' }) }, 'database-auth', /password/));

  test('an unknown database is database-missing', () => failsWith(
    { POSTGRESQL_URL: postgres.url({ database: 'nothere' }) }, 'database-missing', /"nothere" does not exist/));

  test('a database without tables is database-empty', () => failsWith(
    { POSTGRESQL_URL: postgres.url({ database: 'hollow' }) }, 'database-empty', /no table in schema "public"/));

  test('an unencoded password is told, and no piece of it appears', () => failsWith(
    { POSTGRESQL_URL: 'postgres://forest:CANARY@x/CANARY@host/db' }, 'database-url-invalid', /percent-encoded/));

  test('DATABASE_SCHEMA chooses the schema', () => withBackend({ DATABASE_SCHEMA: 'archive' }, async backend => {
    await backend.ready();
    await backend.says('database connected, 1 table,');
    assert.deepEqual(forest.schemas.at(-1).data.map(each => each.id), ['old_orders']);
  }));
});

describe('absence', () => {
  test('a refused connection is database-unreachable, an unknown name database-host-unknown', async () => {
    await failsWith({ POSTGRESQL_URL: 'postgres://u:CANARY@127.0.0.1:9/d' }, 'database-unreachable', /ECONNREFUSED/);
    await failsWith({ POSTGRESQL_URL: 'postgres://u:CANARY@no-such.invalid/d' }, 'database-host-unknown',
      /no-such\.invalid/);
  });

  test('a port that accepts and says nothing is database-no-answer', async () => {
    const sockets = [];
    const silent = net.createServer(socket => sockets.push(socket.on('error', () => {})));
    await new Promise(resolve => silent.listen(0, '127.0.0.1', resolve));
    const url = `postgres://u:CANARY@127.0.0.1:${silent.address().port}/d`;
    await failsWith({ POSTGRESQL_URL: url, DATABASE_CONNECT_TIMEOUT_MS: '300' }, 'database-no-answer',
      /does not answer/);
    for (const socket of sockets) socket.destroy();
    await new Promise(resolve => silent.close(resolve));
  });

  test('down at the start, it is found when it comes; dying later, it is found again', async () => {
    await postgres.halt();
    await withBackend({}, async backend => {
      await backend.cause('database-unreachable');
      await postgres.run();
      await backend.ready();
      await postgres.halt();
      assert.equal((await backend.request('/forest')).json.message, 'Agent is running');
      assert.equal((await backend.request('/')).status, 200);
      await postgres.run();
      assert.ok(backend.running);
      assert.equal((await backend.request('/forest')).json.message, 'Agent is running');
    });
  });

  test('tables that come later are found without a restart', async () => {
    await withBackend({ POSTGRESQL_URL: postgres.url({ database: 'hollow' }) }, async backend => {
      await backend.cause('database-empty');
      postgres.sql('hollow', 'CREATE TABLE late (id int PRIMARY KEY); GRANT ALL ON late TO forest;');
      await backend.ready();
      postgres.sql('hollow', 'DROP TABLE late');
    });
  });
});

describe('rows', () => {
  const query = '/forest/country?fields[country]=name&timezone=UTC';
  const read = backend => backend.request(query, { headers: { authorization: session() } });

  test('are there again after the database died and came back', () => withBackend({}, async backend => {
    await backend.ready();
    assert.equal((await read(backend)).status, 200);
    await postgres.halt();
    const failed = await read(backend);
    assert.ok(failed.status >= 400, failed.text);
    assert.equal((await backend.request('/')).status, 200);
    await postgres.run();
    const rows = await until('rows again', async () => {
      const answer = await read(backend);
      return answer.status === 200 && answer;
    });
    assert.equal(rows.json.data.length, 2);
  }));

  /* Starts a read that PostgreSQL holds back until the returned function is called. */
  async function heldBack(backend) {
    const lock = postgres.session('storefront');
    lock.say('BEGIN; LOCK TABLE country IN ACCESS EXCLUSIVE MODE;');
    const waiting = (mode, granted) => postgres.sql('storefront', `SELECT count(*) FROM pg_locks
      WHERE relation = 'country'::regclass AND mode = '${mode}' AND granted = ${granted}`) === '1';
    await until('the table is locked', () => waiting('AccessExclusiveLock', true));
    const answer = read(backend).catch(error => error);
    await until('the read waits', () => waiting('AccessShareLock', false));
    return { answer, release: () => lock.end() };
  }

  test('that are being read when SIGTERM comes still arrive, new connections are refused', async () => {
    const backend = await Backend.start({ FOREST_SERVER_URL: forest.url, POSTGRESQL_URL: postgres.url() });
    await backend.ready();
    const { answer, release } = await heldBack(backend);
    backend.process.kill('SIGTERM');
    await backend.says('SIGTERM: stopping');
    await until('new connections are refused', () => backend.request('/').then(() => false, () => true));
    await release();
    assert.equal((await answer).status, 200);
    assert.deepEqual(await backend.exited, { code: 0, signal: null });
    assert.match(backend.output, /stopped\n$/);
  });

  test('that never come do not keep the process longer than 5 s', async () => {
    const backend = await Backend.start({ FOREST_SERVER_URL: forest.url, POSTGRESQL_URL: postgres.url() });
    await backend.ready();
    const { answer, release } = await heldBack(backend);
    const startedAt = performance.now();
    backend.process.kill('SIGTERM');
    assert.deepEqual(await backend.exited, { code: 0, signal: null });
    const elapsedMs = performance.now() - startedAt;
    assert.ok(elapsedMs > 2500 && elapsedMs < 20000, `${elapsedMs} ms`); // the rest is the machine's
    assert.ok((await answer) instanceof Error);
    await release();
  });
});
