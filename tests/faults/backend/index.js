// SPDX-License-Identifier: MIT
// A backend of a team's own with nothing in it: health, the agent's greeting, its CORS answer and its wall. It announces
// one table to Forest when it starts, as the agent does.
'use strict';

const http = require('node:http');

const PORT = 3000;
const CORS = {
  'access-control-allow-origin': 'https://app.forestadmin.com',
  'access-control-allow-credentials': 'true',
  'access-control-allow-headers': 'authorization,content-type,forest-context-url,forest-projection',
  'access-control-allow-methods': 'GET,POST,PUT,DELETE,OPTIONS',
};

function answer(request) {
  if (request.method === 'OPTIONS') return [204, ''];
  if (request.url === '/') return [200, '{}'];
  if (request.url === '/forest') return [200, JSON.stringify({ error: false, message: 'Agent is running' })];
  return [401, JSON.stringify({ errors: [{ name: 'UnauthorizedError', status: 401, detail: 'Unauthorized' }] })];
}

async function announce() {
  const schema = {
    data: [{ id: 'things', type: 'collections', attributes: { fields: [] } }],
    included: [],
    meta: { liana: 'small-backend', liana_version: '1.0.0', schemaFileHash: 'small' },
  };
  const sent = await fetch(`${process.env.FOREST_SERVER_URL}/forest/apimaps`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'forest-secret-key': process.env.FOREST_ENV_SECRET },
    body: JSON.stringify(schema),
  });
  console.log(`schema: ${sent.status}`);
}

const server = http.createServer((request, response) => {
  const [status, body] = answer(request);
  response.writeHead(status, { 'content-type': 'application/json', ...CORS });
  response.end(body);
});
server.listen(PORT, () => announce().catch((error) => console.log(`schema: ${error.message}`)));
process.on('SIGTERM', () => process.exit(0));
