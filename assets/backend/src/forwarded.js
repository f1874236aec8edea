// SPDX-License-Identifier: MIT
'use strict';

/*
 * Forest's IP whitelist compares its rules with the whole X-Forwarded-For header, which behind API Gateway and
 * an ALB reads "client, gateway". This leaves the client's address alone in it. The address is counted from the
 * right, where our own proxies write, so that a client cannot choose it by sending the header itself.
 */

function withoutPort(address) {
  const v6 = /^\[(.+)\](:\d+)?$/.exec(address);
  if (v6) return v6[1];
  const v4 = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(address);
  return v4 ? v4[1] : address;
}

/* `trusted` proxies append to the header (API Gateway + ALB = 2). Returns undefined for "use the socket's". */
function clientAddress(header, trusted) {
  const hops = String(header ?? '').split(',').map(hop => hop.trim()).filter(Boolean);
  if (!trusted || !hops.length) return undefined;
  return withoutPort(hops[Math.max(0, hops.length - trusted)]);
}

function forwardedFor(trusted) {
  return (request, _response, next) => {
    const address = clientAddress(request.headers['x-forwarded-for'], trusted);
    if (address) request.headers['x-forwarded-for'] = address;
    else delete request.headers['x-forwarded-for'];
    next();
  };
}

module.exports = { clientAddress, forwardedFor };
