import { randomBytes } from 'node:crypto'
import { type CloudClient, cloudClient } from '../client/client.ts'

/** Who works with the demo's cloud, each under a name and a role of their own: so the audit log tells who did what. */
export interface Crew {
  /** Trains models, rolls them out and takes alerts up. */
  readonly operator: CloudClient
  /** Looks after the shops' data. */
  readonly steward: CloudClient
}

/** @param admin who may add users */
export async function hire(admin: CloudClient): Promise<Crew> {
  const signedIn = async (name: string, role: string) => {
    const password = randomBytes(12).toString('base64url')
    await admin.post('/v1/users', { name, password, roles: [role] })
    const { token } = await cloudClient({ url: admin.url }).post<{ token: string }>('/v1/sessions', { name, password })
    return cloudClient({ url: admin.url, token })
  }
  const [operator, steward] = await Promise.all([signedIn('olga', 'operator'), signedIn('sam', 'steward')])
  return { operator, steward }
}
