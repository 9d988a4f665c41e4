// An OpenID provider that is not ours, on loopback: node oidc_provider.mjs PORT. Prints "ready" when it listens.
// One client (console / a secret) that may sign in by client_credentials; access tokens are JWTs for one resource.
import { createRequire } from 'node:module';

const require = createRequire((process.env.NODE_PATH ?? process.cwd() + '/node_modules') + '/');
const { default: Provider } = await import(require.resolve('oidc-provider'));

const port = Number(process.argv[2]);
const resource = 'urn:example:mcp';
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'console', client_secret: 'a-secret-for-tests', grant_types: ['client_credentials'], redirect_uris: [], response_types: [],
  }],
  scopes: ['mcp/invoke'],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      getResourceServerInfo: () => ({ scope: 'mcp/invoke', audience: resource, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
    },
  },
});
provider.listen(port, '127.0.0.1', () => console.log('ready'));
