// An OpenID provider for one client, on a free port of 127.0.0.1. It ends with its standard input.
// Its argument is a client as JSON; its first line of output is its issuer. PUT /people/<sub> sets somebody's claims.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(`${process.env.OIDC_PROVIDER}/`));
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));

const client = JSON.parse(process.argv[2]);
const people = new Map();

const server = createServer();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [client],
  claims: { openid: ['sub', 'sid'], email: ['email', 'email_verified'], profile: ['name'], roles: ['role'] },
  scopes: ['openid', 'email', 'profile', 'roles'],
  conformIdTokenClaims: process.env.THIN_TOKENS === '1',
  cookies: { keys: ['of no importance'] },
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  async findAccount(_, sub) {
    return { accountId: sub, claims: async () => ({ sub, ...people.get(sub) }) };
  },
});
const serve = provider.callback();

server.on('request', async (req, res) => {
  const person = /^\/people\/(\w+)$/.exec(req.url);
  if (req.method === 'PUT' && person) {
    let body = '';
    for await (const part of req) body += part;
    people.set(person[1], JSON.parse(body));
    res.writeHead(204).end();
    return;
  }
  serve(req, res);
});
console.log(issuer);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
