// SPDX-License-Identifier: MIT
'use strict';

/*
 * A stand-in for Forest's API, as far as the agent talks to it. `mode` may be changed while it runs:
 * ok | hang | 404 | 403 | 503 | sse404 (everything works but the event stream). Everything received is in
 * `requests` and `schemas`.
 */

const http = require('node:http');

const JSON_TYPE = { 'content-type': 'application/json' };

class Forest {
  constructor(mode = 'ok') {
    this.mode = mode;
    this.requests = [];
    this.schemas = [];
    this.knownHash = null;
    this.whitelist = { use_ip_whitelist: false, rules: [] };
    this.sockets = new Set();
  }

  async listen(port = 0) {
    this.server = http.createServer((request, response) => {
      const parts = [];
      request.on('data', part => parts.push(part));
      request.on('end', () => this.answer(request, Buffer.concat(parts).toString(), response));
    });
    this.server.on('connection', socket => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    await new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', resolve);
    });
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  async close() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise(resolve => this.server.close(resolve));
  }

  answer(request, body, response) {
    const { method, url, headers } = request;
    this.requests.push({ method, url, secret: headers['forest-secret-key'], body });
    const failures = { 404: 'Environment not found', 403: 'no access', 503: 'maintenance' };
    if (this.mode === 'hang') return;
    if (failures[this.mode]) {
      response.writeHead(Number(this.mode), JSON_TYPE);
      response.end(JSON.stringify({ errors: [{ detail: failures[this.mode] }] }));
      return;
    }
    this.route(url, body, response);
  }

  route(url, body, response) {
    const json = (value, status = 200) => {
      response.writeHead(status, JSON_TYPE);
      response.end(JSON.stringify(value));
    };
    if (url === '/oidc/.well-known/openid-configuration') return json(this.discovery());
    if (url === '/oidc/reg') return json(this.registration(), 201);
    if (url === '/liana/v1/ip-whitelist-rules') return json({ data: { attributes: this.whitelist } });
    if (url === '/forest/apimaps/hashcheck') {
      return json({ sendSchema: JSON.parse(body).schemaFileHash !== this.knownHash });
    }
    if (url === '/forest/apimaps') {
      const schema = JSON.parse(body);
      this.schemas.push(schema);
      this.knownHash = schema.meta.schemaFileHash;
      return response.writeHead(204).end();
    }
    if (url === '/liana/v4/subscribe-to-events') {
      if (this.mode === 'sse404') return response.writeHead(404).end();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      return response.write('event: heartbeat\ndata: {}\n\n');
    }
    // `true` is what a development environment answers: everything is allowed.
    if (url === '/liana/v4/permissions/environment') return json(true);
    if (url === '/liana/v4/permissions/users') return json([this.user()]);
    if (url.startsWith('/liana/v4/permissions/renderings/')) {
      return json({ team: {}, collections: {}, stats: [] });
    }
    return json({ errors: [{ detail: `the stand-in has no ${url}` }] }, 404);
  }

  discovery() {
    return {
      issuer: this.url,
      authorization_endpoint: `${this.url}/oidc/auth`,
      token_endpoint: `${this.url}/oidc/token`,
      registration_endpoint: `${this.url}/oidc/reg`,
      jwks_uri: `${this.url}/jwks`,
    };
  }

  registration() {
    return {
      client_id: 'client',
      redirect_uris: ['https://abc.execute-api.eu-west-1.amazonaws.com/forest/authentication/callback'],
      token_endpoint_auth_method: 'none',
      response_types: ['code'],
    };
  }

  user() {
    return { id: 1, email: 'ada@example.com', firstName: 'Ada', roleId: 1, permissionLevel: 'admin', tags: {} };
  }
}

module.exports = { Forest };
