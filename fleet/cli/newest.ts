import type { Got } from '@storecast/shared/api'
import type { CloudClient } from '../client/client.ts'

/** The end of the data, and of the same span for what the cloud does by its own clock; unix ms. */
export async function newest(cloud: CloudClient): Promise<{ to: number; cloudTo: number }> {
  const { at, now } = await cloud.get<Got<'/v1/newest-data'>>('/v1/newest-data')
  return { to: at ?? now, cloudTo: now }
}
