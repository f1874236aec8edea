// SPDX-License-Identifier: MIT
'use strict';

/* The agent against Forest: what a running one does, and every way in which Forest can fail. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { Backend, ENV_SECRET, session } = require('./support/backend');
const { Forest } = require('./support/forest');
const { Postgres } = require('./support/postgres');
const { until } = require('./support/wait');

const ORIGIN = 'https://app.forestadmin.com';
const TABLES = ['country', 'customer', 'order_line', 'orders', 'paid_orders', 'product'];
let postgres;
let scratch;

before(async () => {
  postgres = await Postgres.start();
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'backend-forest-'));
});
after(async () => {
  fs.rmSync(scratch, { recursive: true });
  await postgres.stop();
});

/* Runs `body` with a stand-in in this mode and a backend that talks to it; both end with the test. */
async function withBackend(mode, env, body, { whitelist, uid } = {}) {
  const forest = new Forest(mode);
  if (whitelist) forest.whitelist = whitelist;
  await forest.listen();
  const addresses = { FOREST_SERVER_URL: forest.url, POSTGRESQL_URL: postgres.url() };
  const backend = await Backend.start({ ...addresses, ...env }, { uid });
  try {
    await body({ backend, forest });
    assert.deepEqual(await backend.stop(), { code: 0, signal: null });
  } finally {
    backend.process.kill('SIGKILL');
    await forest.close();
  }
}

describe('a running agent', () => {
  test('sends the whole schema, says so in its log, and answers as Forest expects', () => withBackend('ok', {},
    async ({ backend, forest }) => {
      await backend.ready();
      assert.deepEqual(forest.schemas.map(schema => schema.data.map(each => each.id).sort()), [TABLES]);
      assert.ok(forest.requests.every(({ url, secret }) => secret === ENV_SECRET || url === '/oidc/reg'));
      for (const line of [`listening on ${backend.port}`, 'database connected, 5 tables, 1 view',
        'schema sent to Forest, 6 collections', 'agent is running']) await backend.says(line);

      // The preflight of Forest's page, answered by the agent itself.
      const preflight = await backend.request('/forest/authentication', { method: 'OPTIONS', headers: { origin: ORIGIN,
        'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' } });
      assert.equal(preflight.status, 204);
      assert.equal(preflight.headers['access-control-allow-origin'], ORIGIN);
      assert.equal(preflight.headers['access-control-allow-credentials'], 'true');

      // The way into the login names the URL that Forest has for us.
      const login = await backend.request('/forest/authentication', { method: 'POST',
        headers: { 'content-type': 'application/json' }, body: '{"renderingId":1}' });
      assert.equal(login.status, 200);
      const redirect = new URL(login.json.authorizationUrl).searchParams.get('redirect_uri');
      assert.match(redirect, /\/forest\/authentication\/callback$/);

      // The wall: no session, no rows; a session signed with our secret, rows of the database.
      const query = '/forest/customer?fields[customer]=id,email&timezone=Europe/Paris';
      assert.equal((await backend.request(query)).status, 401);
      const rows = await backend.request(query, { headers: { authorization: session() } });
      assert.equal(rows.status, 200, rows.text);
      assert.deepEqual(rows.json.data.map(row => row.attributes.email).sort(), ['ada@example.com', 'kari@example.com']);

      // A refused request is one line of log, not the agent's stack, query and body.
      const lines = backend.output.trim().split('\n');
      assert.ok(lines.some(line => /^warning: \[401\] GET \/forest\/customer - \d+ms$/.test(line)), backend.output);
      assert.ok(!/An exception was raised|^ +at /m.test(backend.output), backend.output);
    }));

  test('a view can be read but not written', () => withBackend('ok', {}, async ({ backend, forest }) => {
    await backend.ready();
    const view = forest.schemas[0].data.find(each => each.id === 'paid_orders');
    assert.ok(view.attributes.fields.every(field => field.isReadOnly));
  }));

  test('a shipped schema is sent unchanged; what Forest already knows is not sent again', async () => {
    const file = path.join(scratch, 'shipped.json');
    const collection = { name: 'customer', fields: [], actions: [], segments: [] };
    fs.writeFileSync(file, JSON.stringify({ collections: [collection] }));
    await withBackend('ok', { FOREST_SCHEMA_FILE: file }, async ({ backend, forest }) => {
      await backend.ready();
      await backend.says('schema sent to Forest, 1 collections');
      assert.deepEqual(forest.schemas[0].data.map(each => each.id), ['customer']);
      const again = await Backend.start({ FOREST_SERVER_URL: forest.url, POSTGRESQL_URL: postgres.url(),
        FOREST_SCHEMA_FILE: file });
      await again.ready();
      await again.says('schema already known to Forest, 1 collections');
      await again.stop();
      assert.equal(forest.schemas.length, 1);
    });
  });

  test('nothing writable, no HOME, a user without a name: still sends its schema', () => {
    // Only root may become a user that no passwd file knows; elsewhere the rest is checked.
    const uid = process.getuid() === 0 ? 54321 : undefined;
    return withBackend('ok', { TMPDIR: '/proc/none', HOME: undefined }, async ({ backend, forest }) => {
      await backend.ready();
      assert.equal(forest.schemas.length, 1);
    }, { uid });
  });

  test('forest/customize.js shapes the collections; one that throws is the cause, without secrets', async () => {
    const good = path.join(scratch, 'good.js');
    fs.writeFileSync(good, "module.exports = agent => agent.removeCollection('country');");
    await withBackend('ok', { FOREST_CUSTOMIZE_FILE: good }, async ({ backend, forest }) => {
      await backend.ready();
      const ids = forest.schemas[0].data.map(each => each.id).sort();
      assert.deepEqual(ids, TABLES.filter(name => name !== 'country'));
    });
    const bad = path.join(scratch, 'bad.js');
    // The worst a message can hold: every secret, in every spelling. stop() looks for them.
    fs.writeFileSync(bad, `module.exports = () => {
      const { POSTGRESQL_URL: url, FOREST_ENV_SECRET, FOREST_AUTH_SECRET } = process.env;
      const { password } = new URL(url);
      throw new Error(['my mistake', url, password, decodeURIComponent(password), FOREST_ENV_SECRET,
        FOREST_AUTH_SECRET].join(' '));
    };`);
    await withBackend('ok', { FOREST_CUSTOMIZE_FILE: bad }, async ({ backend }) => {
      assert.match((await backend.cause('customize-failed')).lastError, /my mistake/);
    });
  });

  test('the IP whitelist sees the client behind API Gateway and the load balancer', async () => {
    const whitelist = { use_ip_whitelist: true, rules: [{ type: 0, ip: '203.0.113.7' }] };
    await withBackend('ok', {}, async ({ backend }) => {
      const from = header => backend.request('/forest/country?fields[country]=name&timezone=UTC',
        { headers: { authorization: session(), 'x-forwarded-for': header } });
      await backend.says('agent is running');
      assert.equal((await from('203.0.113.7, 10.0.1.5')).status, 200);
      assert.equal((await from('203.0.113.8, 10.0.1.5')).status, 403);
      assert.equal((await from('203.0.113.7, 203.0.113.8, 10.0.1.5')).status, 403, 'the client is not believed');
    }, { whitelist });
  });

  test('Forest going away later changes nothing for who is logged in', () => withBackend('ok', {},
    async ({ backend, forest }) => {
      await backend.ready();
      const query = '/forest/country?fields[country]=name&timezone=UTC';
      assert.equal((await backend.request(query, { headers: { authorization: session() } })).status, 200);
      forest.mode = '503';
      for (const socket of forest.sockets) socket.destroy();
      await until('the stream is asked for again', () =>
        forest.requests.filter(each => each.url.endsWith('subscribe-to-events')).length > 1);
      assert.equal((await backend.request('/forest')).json.message, 'Agent is running');
      assert.equal((await backend.request(query, { headers: { authorization: session() } })).status, 200);
    }));
});

describe('Forest failing at the start', { concurrency: 2 }, () => {
  const modes = [['404', 'forest-secret-unknown', /Environment not found/], ['403', 'forest-forbidden', /no access/],
    ['503', 'forest-maintenance', /maintenance/]];
  for (const [mode, cause, message] of modes) {
    test(`${mode} is ${cause}, and the agent runs when Forest answers again`, () => withBackend(mode, {},
      async ({ backend, forest }) => {
        const state = await backend.cause(cause);
        assert.deepEqual(Object.keys(state), ['phase', 'attempts', 'lastError', 'cause']);
        assert.match(state.lastError, message);
        assert.equal((await backend.request('/')).text, 'ok');
        forest.mode = 'ok';
        await backend.ready();
      }));
  }

  test('no answer is forest-unreachable after the agent\'s 10 s; / answers all the time', () => withBackend('hang', {},
    async ({ backend }) => {
      await backend.says('database connected');
      assert.deepEqual((await backend.request('/forest')).json.state,
        { phase: 'forest', attempts: 1, lastError: null, cause: null });
      assert.equal((await backend.request('/')).status, 200);
      assert.match((await backend.cause('forest-unreachable', 20000)).lastError, /timed out/);
      assert.equal((await backend.request('/')).status, 200);
    }));

  test('a refused connection and an unknown host are forest-unreachable', async () => {
    const cases = [['http://127.0.0.1:9', /ECONNREFUSED/], ['http://no-such.invalid', /ENOTFOUND|EAI_AGAIN/]];
    for (const [url, message] of cases) {
      await withBackend('ok', { FOREST_SERVER_URL: url }, async ({ backend }) => {
        assert.match((await backend.cause('forest-unreachable')).lastError, message);
      });
    }
  });

  test('many failed attempts leave no more than one connection to the database', async () => {
    const POSTGRESQL_URL = postgres.url({ query: '?application_name=counted' });
    await withBackend('503', { POSTGRESQL_URL }, async ({ backend, forest }) => {
      await until('eight attempts', async () => (await backend.request('/forest')).json.state.attempts >= 8);
      // One, not none: the counting itself works.
      assert.equal(postgres.connections('counted'), 1);
      forest.mode = 'ok';
      await backend.ready();
      assert.equal(postgres.connections('counted'), 1);
    });
  });

  test('an event stream that is refused is done without, if the secret is good', () => withBackend('sse404', {},
    async ({ backend, forest }) => {
      await backend.says('starting the agent again without it');
      await until('a second start', () => forest.requests.filter(each => each.url.endsWith('hashcheck')).length === 2);
      await backend.ready();
      assert.equal(forest.requests.filter(each => each.url.endsWith('subscribe-to-events')).length, 1);
    }));

  test('an event stream that is refused because the secret died ends in its cause', () => withBackend('ok', {},
    async ({ backend, forest }) => {
      await backend.ready();
      forest.mode = '404';
      for (const socket of forest.sockets) socket.destroy();
      assert.match((await backend.cause('forest-secret-unknown')).lastError, /Environment not found/);
    }));
});
