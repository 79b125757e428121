// An OpenID provider for one client, on a free port of 127.0.0.1. It ends with its standard input.
// Its first argument is a client as JSON; then come words: thin, for ID tokens without claims of their own, and quiet, for no
// pages: who login_hint names is signed in. Its first line of output is its issuer. PUT /people/<sub> sets somebody's claims.
import { createServer } from 'node:http';
import { once } from 'node:events';
import Provider from 'oidc-provider';

const [, , clientText, ...words] = process.argv;
const client = JSON.parse(clientText);
const quiet = words.includes('quiet');
const people = new Map();

const server = createServer();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [client],
  claims: { openid: ['sub', 'sid'], email: ['email', 'email_verified'], profile: ['name'], roles: ['role'] },
  scopes: ['openid', 'email', 'profile', 'roles'],
  conformIdTokenClaims: words.includes('thin'),
  cookies: { keys: ['of no importance'] },
  pkce: { required: () => true },
  ...(quiet && { interactions: { url: (_, { uid }) => `/quiet/${uid}` } }),
  features: {
    devInteractions: { enabled: !quiet },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  // Its own fetch refuses loopback addresses, where the test is.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  async findAccount(_, sub) {
    return { accountId: sub, claims: async () => ({ sub, ...people.get(sub) }) };
  },
});
provider.on('backchannel.error', (_, error) => console.error('back-channel logout:', error));
const serve = provider.callback();

// Answers what a page would have asked.
async function answer(req, res) {
  const { prompt, params, session } = await provider.interactionDetails(req, res);
  const accountId = session?.accountId ?? params.login_hint?.split('@')[0];
  if (prompt.name === 'login') {
    return provider.interactionFinished(req, res, { login: { accountId } });
  }
  const grant = new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  return provider.interactionFinished(req, res, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
}

server.on('request', async (req, res) => {
  const person = /^\/people\/(\w+)$/.exec(req.url);
  if (req.method === 'PUT' && person) {
    let body = '';
    for await (const part of req) body += part;
    people.set(person[1], JSON.parse(body));
    res.writeHead(204).end();
    return;
  }
  if (quiet && req.url.startsWith('/quiet/')) {
    answer(req, res).catch((error) => {
      console.error(error);
      res.writeHead(500).end();
    });
    return;
  }
  serve(req, res);
});
console.log(issuer);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
