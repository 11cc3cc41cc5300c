// A provider of OpenID Connect with the pages that it ships for development, where any name logs in. Its issuer goes to stdout.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

/** @type {Record<string, object>} */
const PEOPLE = JSON.parse(process.env.PEOPLE ?? '{}')
const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const device = {
    grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
    redirect_uris: [],
    response_types: [],
    token_endpoint_auth_method: 'none',
  }
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'storecast',
        client_secret: process.env.CLIENT_SECRET,
        redirect_uris: [process.env.CALLBACK],
      },
      { client_id: 'storecast-cli', ...device },
      { client_id: 'another-program', ...device },
    ],
    features: { deviceFlow: { enabled: true } },
    // A serial, as other providers' `jti`: no two tokens of one second are the same.
    claims: { openid: ['sub', 'preferred_username', 'groups', 'sites', 'serial'] },
    conformIdTokenClaims: false,
    pkce: { required: () => false },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, serial: randomUUID(), ...PEOPLE[id] }),
    }),
  })
  server.on('request', provider.callback())
  process.stdout.write(`${issuer}\n`)
})
process.on('disconnect', () => process.exit())
