// SPDX-License-Identifier: MIT
'use strict';

/* The process itself: listens at once, stops when told, never dies of its environment. Needs no database. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const { describe, test } = require('node:test');
const { Backend } = require('./support/backend');
const { until } = require('./support/wait');

/* A server that accepts and never answers: a black hole with an address. */
async function blackHole() {
  const sockets = new Set();
  const server = net.createServer(socket => sockets.add(socket.on('error', () => {})));
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise(resolve => server.close(resolve));
  };
  return { port: server.address().port, close };
}

describe('listening', () => {
  test('answers / and /forest while neither database nor Forest answers', async () => {
    const hole = await blackHole();
    const backend = await Backend.start({ POSTGRESQL_URL: `postgres://u:CANARY@127.0.0.1:${hole.port}/d`,
      FOREST_SERVER_URL: `http://127.0.0.1:${hole.port}` });
    const root = await backend.request('/');
    assert.deepEqual([root.status, root.text], [200, 'ok']);
    const forest = await backend.request('/forest/authentication', { method: 'POST' });
    assert.equal(forest.status, 503);
    assert.equal(forest.json.error, 'agent not ready');
    assert.equal(forest.headers['x-powered-by'], undefined);
    assert.equal(forest.headers['access-control-allow-origin'], undefined);
    assert.equal((await backend.request('/elsewhere')).status, 404);
    assert.equal((await backend.request('/%ff')).status < 500, true);
    await backend.stop();
    await hole.close();
  });

  test('a port that is taken ends the process with a line', async () => {
    const hole = await blackHole();
    const backend = await Backend.start({ PORT: String(hole.port) }, { wait: false });
    // The black hole listens on 127.0.0.1 and the backend on 0.0.0.0 of the same port.
    assert.equal((await backend.exited).code, 1);
    assert.match(backend.output, /^error: cannot listen on \d+: .*EADDRINUSE/m);
    await hole.close();
  });

  test('keeps an idle connection longer than the load balancer does', async () => {
    const backend = await Backend.start();
    const { headers } = await new Promise((resolve, reject) => {
      const agent = new http.Agent({ keepAlive: true });
      http.get({ port: backend.port, host: '127.0.0.1', path: '/', agent }, response => {
        response.resume();
        response.on('end', () => {
          agent.destroy();
          resolve(response);
        });
      }).on('error', reject);
    });
    assert.equal(headers['keep-alive'], 'timeout=65');
    await backend.stop();
  });
});

describe('a hopeless environment', () => {
  const cases = [
    ['env-secret-missing', { FOREST_ENV_SECRET: undefined }],
    ['env-secret-invalid', { FOREST_ENV_SECRET: 'CANARY-not-hex' }],
    ['auth-secret-missing', { FOREST_AUTH_SECRET: '' }],
    ['database-url-missing', { POSTGRESQL_URL: undefined }],
  ];
  for (const [cause, env] of cases) {
    test(`${cause} is told by the 503; the process stays up and does not try again`, async () => {
      const backend = await Backend.start(env);
      const state = await backend.cause(cause);
      assert.deepEqual([state.phase, state.attempts], ['failed', 1]);
      assert.equal((await backend.request('/')).status, 200);
      assert.equal(backend.output.split(`[${cause}]`).length, 2, 'one line');
      assert.deepEqual(await backend.stop(), { code: 0, signal: null });
    });
  }
});

/* Seconds of processor time that a process has used (proc(5): utime and stime, in hundredths). */
function cpuSeconds(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

describe('a log that nobody reads any more', () => {
  test('neither ends the process nor keeps it busy', async () => {
    const backend = await Backend.start();
    backend.process.stdout.destroy();
    backend.process.stderr.destroy();
    const attempts = async () => (await backend.request('/forest')).json.state.attempts;
    const first = await attempts();
    await until('it has written and tried again', async () => (await attempts()) > first + 1, 30000);
    const [before, from] = [cpuSeconds(backend.process.pid), performance.now()];
    const second = await attempts();
    await until('some more attempts', async () => (await attempts()) > second + 5, 30000);
    const used = (cpuSeconds(backend.process.pid) - before) / ((performance.now() - from) / 1000);
    assert.ok(used < 0.7, `it uses ${Math.round(used * 100)} % of a processor`);
    backend.process.kill('SIGKILL');
    await backend.exited;
  });
});

describe('SIGTERM', () => {
  test('ends the process with 0 at once when nothing is under way', async () => {
    const backend = await Backend.start();
    const startedAt = performance.now();
    assert.deepEqual(await backend.stop(), { code: 0, signal: null });
    // it waits up to 5 s for requests under way, and there is none
    assert.ok(performance.now() - startedAt < 4500);
  });

  test('ends it while it waits for Forest and while it pauses between attempts', async () => {
    const hole = await blackHole();
    const waiting = await Backend.start({ POSTGRESQL_URL: `postgres://u:CANARY@127.0.0.1:${hole.port}/d` });
    assert.deepEqual(await waiting.stop(), { code: 0, signal: null });
    await hole.close();
    const pausing = await Backend.start({ RETRY_FIRST_MS: '30000' });
    await pausing.says('trying again in');
    assert.deepEqual(await pausing.stop(), { code: 0, signal: null });
  });
});
