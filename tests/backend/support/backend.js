// SPDX-License-Identifier: MIT
'use strict';

/*
 * Runs the backend as ECS does: its own process, a bare environment, nothing shared with the test but HTTP and its
 * output. Every output of every backend is searched for the canary secrets when it ends.
 */

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const crypto = require('node:crypto');
const http = require('node:http');
const path = require('node:path');
const { after } = require('node:test');
const { PASSWORD, freePort } = require('./postgres');
const { until } = require('./wait');

const APP = process.env.BACKEND_DIR ?? path.join(__dirname, '..', '..', '..', 'assets', 'backend');
const ENV_SECRET = 'c0ffee'.repeat(10) + 'ca11';
const AUTH_SECRET = 'auth-CANARY-0123456789abcdef0123456789abcdef';
const CANARIES = [ENV_SECRET, AUTH_SECRET, PASSWORD, encodeURIComponent(PASSWORD), 'CANARY'];

/* A test that fails half-way leaves its backend; its pipes would keep the test process for ever. */
const alive = new Set();
after(() => {
  for (const child of alive) child.kill('SIGKILL');
});

class Backend {
  /* `env` is added to the bare environment; undefined removes a variable. */
  static async start(env = {}, { uid, wait = true } = {}) {
    const backend = new Backend();
    backend.port = await freePort();
    backend.output = '';
    backend.bodies = '';
    const all = {
      PATH: process.env.PATH,
      PORT: String(backend.port),
      FOREST_ENV_SECRET: ENV_SECRET,
      FOREST_AUTH_SECRET: AUTH_SECRET,
      FOREST_SERVER_URL: 'http://127.0.0.1:9',
      POSTGRESQL_URL: 'postgres://forest:x@127.0.0.1:9/storefront',
      RETRY_FIRST_MS: '100',
      RETRY_MAX_MS: '300',
      ...env,
    };
    for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];
    backend.process = spawn(process.execPath, ['src/index.js'], { cwd: APP, env: all, uid, gid: uid });
    alive.add(backend.process);
    const collect = part => {
      backend.output += part;
    };
    backend.process.stdout.on('data', collect);
    backend.process.stderr.on('data', collect);
    backend.exited = new Promise(resolve => {
      backend.process.once('close', (code, signal) => {
        alive.delete(backend.process);
        resolve({ code, signal });
      });
    });
    if (wait) await backend.says(`listening on ${backend.port}`);
    return backend;
  }

  get running() {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  says(text, timeoutMs) {
    return until(`the backend says "${text}", output: ${this.output}`, () => this.output.includes(text), timeoutMs)
      .catch(() => assert.fail(`the backend never said "${text}"; it said:\n${this.output}`));
  }

  request(url, { method = 'GET', headers = {}, body } = {}) {
    return new Promise((resolve, reject) => {
      const options = { port: this.port, host: '127.0.0.1', path: url, method, headers, agent: false };
      const request = http.request(options, response => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', part => (text += part));
        response.on('end', () => {
          this.bodies += text;
          resolve({ status: response.statusCode, headers: response.headers, text, json: parse(text) });
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  ready(timeoutMs) {
    const check = async () => (await this.request('/forest')).json?.message === 'Agent is running';
    return until('the agent runs', check, timeoutMs).catch(error => assert.fail(`${error.message}\n${this.output}`));
  }

  /* Waits for the 503 to name this cause; returns its state. */
  async cause(cause, timeoutMs) {
    let state;
    const check = async () => {
      const { status, json } = await this.request('/forest');
      state = json?.state;
      return status === 503 && state?.cause === cause;
    };
    const complain = () => assert.fail(`no 503 with cause ${cause}; last ${JSON.stringify(state)}\n${this.output}`);
    await until(cause, check, timeoutMs).catch(complain);
    return state;
  }

  /* Stops it as ECS does, and holds it to what every run promises. */
  async stop() {
    if (this.running) {
      assert.equal((await this.request('/')).status, 200, 'the load balancer still gets its answer');
      this.process.kill('SIGTERM');
    }
    const end = await this.exited;
    for (const canary of CANARIES) {
      assert.ok(!this.output.includes(canary), `a secret is in the output:\n${this.output}`);
      assert.ok(!this.bodies.includes(canary), `a secret is in an answer:\n${this.bodies}`);
    }
    return end;
  }
}

/* A session as the agent's own login signs it. */
function session() {
  const encode = value => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = { id: 1, email: 'ada@example.com', renderingId: 1, permissionLevel: 'admin', exp: 4102444800 };
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(body)}`;
  return `Bearer ${signed}.${crypto.createHmac('sha256', AUTH_SECRET).update(signed).digest('base64url')}`;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

module.exports = { Backend, APP, ENV_SECRET, session };
