// Signs in, by npm's openid-client, in the place of an app and of a browser that has a session already.
import assert from 'node:assert/strict'
import * as client from 'openid-client'

const given = JSON.parse(process.argv[2])
const config = await client.discovery(
  new URL(given.issuer),
  given.client,
  given.secret,
  undefined, // client_secret_post
  { execute: [client.allowInsecureRequests] },
)

// browse sends the browser somewhere, and returns where it is sent from there.
async function browse(url) {
  const answer = await fetch(url, { redirect: 'manual', headers: { cookie: given.cookie } })
  assert.equal(answer.status, 303, `${url}: ${answer.status}`)
  return new URL(answer.headers.get('location'))
}

async function request(more = {}) {
  const verifier = client.randomPKCECodeVerifier()
  const state = client.randomState()
  const nonce = client.randomNonce()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: given.redirect,
    scope: 'openid email profile offline_access',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...more,
  })
  return { url, checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true } }
}

const { url, checks } = await request({ max_age: '3600' })
const answer = await browse(url)
const tokens = await client.authorizationCodeGrant(config, answer, { ...checks, maxAge: 3600 })
assert.equal(tokens.claims().sub, given.subject)
assert.equal(tokens.claims().workspace, 'ACC123')

const info = await client.fetchUserInfo(config, tokens.access_token, given.subject)
assert.equal(info.email, 'ada@example.com')

const next = await client.refreshTokenGrant(config, tokens.refresh_token)
assert.equal(next.claims().sub, given.subject)
assert.notEqual(next.refresh_token, tokens.refresh_token)

const opened = await client.tokenIntrospection(config, next.access_token)
assert.equal(opened.active, true)

await client.tokenRevocation(config, next.refresh_token)
await assert.rejects(client.refreshTokenGrant(config, next.refresh_token), { error: 'invalid_grant' })

// An error is told to the app, and the library finds that it is of this issuer.
const refused = await request({ prompt: 'none', id_token_hint: 'nonsense' })
await assert.rejects(client.authorizationCodeGrant(config, await browse(refused.url), refused.checks), { error: 'invalid_request' })

// The answer of another issuer is not taken (RFC 9207).
const mixed = await request()
const changed = await browse(mixed.url)
changed.searchParams.set('iss', 'https://evil.example')
await assert.rejects(client.authorizationCodeGrant(config, changed, mixed.checks))

// By the header, too.
const basic = await client.discovery(new URL(given.issuer), given.client, {}, client.ClientSecretBasic(given.secret), {
  execute: [client.allowInsecureRequests],
})
const again = await request()
assert.ok((await client.authorizationCodeGrant(basic, await browse(again.url), again.checks)).access_token)

const bye = await browse(
  client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: given.bye, state: 's' }),
)
assert.equal(bye.href, given.bye + '?state=s')
console.log('signed in, refreshed, introspected, revoked, signed out')
