// An OpenID provider for tests: oidc-provider with people that can be changed while it runs.
//
// PORT: where it listens, on this machine alone. SETTINGS: JSON, see `settings` below. Beside OpenID Connect it answers
//   PUT, DELETE /test/people/ID      who they are: their claims
//   POST /test/rotate                new keys; the old ones are gone
//   POST /test/login                 {person, client, secret, scope, nonce}: a login through its pages; the tokens
import { createHash, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import http from 'node:http';
import Provider from 'oidc-provider';

const port = Number(process.env.PORT);
const issuer = `http://127.0.0.1:${port}`;
// redirects: where clients may send people back. inIdToken: claims are in ID tokens, too. jwtFor: access tokens for
// this audience are signed ones. rotate: whether a refresh token is used once.
const settings = { redirects: [`${issuer}/nowhere`], inIdToken: true, jwtFor: null, algorithm: 'RS256', rotate: true, ...JSON.parse(process.env.SETTINGS ?? '{}') };
const people = new Map();

const key = (kind, alg, options) => ({
  ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: "sig", ...(alg ? { alg } : {}),
});
const newKeys = () => [
  key('rsa', undefined, { modulusLength: 2048 }),
  key('ec', 'ES256', { namedCurve: 'P-256' }),
  key('ed25519', 'EdDSA', {}),
];

const client = (id, more) => ({
  client_id: id, client_secret: `${id}-secret`, redirect_uris: settings.redirects,
  grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
  id_token_signed_response_alg: settings.algorithm, ...more,
});

const configuration = (keys) => ({
  jwks: { keys },
  clients: [
    client('rosterd', settings.client ?? {}),
    client('signed', { userinfo_signed_response_alg: settings.algorithm }),
    client('other', {}),
  ],
  scopes: ['openid', 'offline_access', 'profile', 'email', 'groups'],
  claims: {
    openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'],
    groups: ['groups', 'roles', 'hasgroups', '_claim_names', '_claim_sources', 'tid'],
  },
  conformIdTokenClaims: !settings.inIdToken,
  // Its own way refuses this machine's addresses.
  fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }),
  pkce: { required: () => true },
  rotateRefreshToken: () => settings.rotate,
  cookies: { keys: ['tests'] },
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'], userinfoSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
  features: {
    devInteractions: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    jwtUserinfo: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => settings.jwtFor ?? undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: 'openid groups', audience: settings.jwtFor, accessTokenFormat: 'jwt', accessTokenTTL: 600 }),
    },
  },
  ttl: { AccessToken: 600, IdToken: 600, RefreshToken: 3600, Session: 3600, Grant: 3600, Interaction: 600, AuthorizationCode: 60 },
  issueRefreshToken: async (ctx, client, code) => client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
  extraTokenClaims: async (ctx, token) => ({ groups: people.get(token.accountId)?.groups }),
  findAccount: async (ctx, id) => people.has(id) ? { accountId: id, claims: async () => ({ sub: id, ...people.get(id) }) } : undefined,
});

const made = () => {
  const provider = new Provider(issuer, configuration(newKeys()));
  provider.on('backchannel.error', (ctx, error) => console.log('back-channel:', error.message));
  return provider;
};
let provider = made();

// A login as a browser makes it: through the pages, with cookies, to the redirect.
async function login({ person, client = 'rosterd', scope = 'openid profile email groups', nonce }) {
  const jar = new Map();
  const verifier = randomBytes(32).toString('base64url');
  const redirect = settings.redirects[0];
  const query = new URLSearchParams({
    client_id: client, redirect_uri: redirect, response_type: 'code', scope, state: 'state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256', prompt: 'consent',
    ...(nonce ? { nonce } : {}),
  });
  let url = `${issuer}/auth?${query}`, body;
  for (let step = 0; step < 20; step += 1) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie }, ...(body ? { method: 'POST', body } : {}) });
    for (const line of answer.headers.getSetCookie()) {
      const [pair] = line.split(';'), at = pair.indexOf('=');
      jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    body = undefined;
    const location = answer.headers.get('location');
    if (location?.startsWith(redirect)) {
      const code = new URL(location).searchParams.get('code');
      const form = new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: redirect, code_verifier: verifier });
      const basic = Buffer.from(`${client}:${client}-secret`).toString('base64');
      const tokens = await fetch(`${issuer}/token`, { method: 'POST', headers: { authorization: `Basic ${basic}` }, body: form });
      return tokens.json();
    }
    if (location) {
      url = new URL(location, url).href;
      continue;
    }
    const page = await answer.text();
    const action = page.match(/<form[^>]*action="([^"]+)"/)?.[1].replaceAll('&amp;', '&');
    const prompt = page.match(/name="prompt" value="(\w+)"/)?.[1];
    if (!action || !prompt) throw new Error(`no way on from ${url}: ${page.slice(0, 300)}`);
    url = new URL(action, url).href;
    body = new URLSearchParams({ prompt, login: person, password: 'x' });
  }
  throw new Error('the login does not end');
}

async function test(req, res) {
  let text = '';
  for await (const part of req) text += part;
  const [, , what, id] = req.url.split('/').map(decodeURIComponent);
  if (what === 'people' && req.method === 'PUT') people.set(id, JSON.parse(text));
  else if (what === 'people') people.delete(id);
  else if (what === 'rotate') provider = made();
  else if (what === 'login') return res.end(JSON.stringify(await login(JSON.parse(text))));
  return res.end('{}');
}

http.createServer((req, res) => {
  if (!req.url.startsWith('/test/')) return provider.callback()(req, res);
  return test(req, res).catch((error) => { res.statusCode = 500; res.end(String(error.stack)); });
}).listen(port, '127.0.0.1', () => console.log('ready'));
