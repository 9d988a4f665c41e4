// An OpenID provider that is not ours, on loopback: node oidc_provider.mjs PORT. Prints "ready" when it listens.
// Clients: console (a secret) and machine (a private key, whose public JWK is in MACHINE_JWK) sign in by client_credentials;
// person signs in by the code flow with PKCE on the provider's own pages. Access tokens are JWTs for one resource.
import { createRequire } from 'node:module';

const require = createRequire((process.env.NODE_PATH ?? process.cwd() + '/node_modules') + '/');
const { default: Provider } = await import(require.resolve('oidc-provider'));

const port = Number(process.argv[2]);
const resource = 'urn:example:mcp';
const machine = process.env.MACHINE_JWK ? [{
  client_id: 'machine', grant_types: ['client_credentials'], redirect_uris: [], response_types: [],
  token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [JSON.parse(process.env.MACHINE_JWK)] },
}] : [];
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'console', client_secret: 'a-secret-for-tests', grant_types: ['client_credentials'], redirect_uris: [], response_types: [],
  }, {
    client_id: 'person', application_type: 'native', token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: ['http://127.0.0.1/callback'], response_types: ['code'],
  }, ...machine],
  scopes: ['openid', 'offline_access', 'mcp/invoke'],
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      getResourceServerInfo: () => ({ scope: 'mcp/invoke', audience: resource, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
    },
  },
});
provider.listen(port, '127.0.0.1', () => console.log('ready'));
