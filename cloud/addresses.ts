import type { CloudConfig } from './config.ts'
import type { Broker } from './platform/broker.ts'
import { ConflictError } from './platform/errors.ts'

/** By which devices reach the cloud's own listeners. */
export function namesOf({ devices, mqtts }: CloudConfig): readonly string[] {
  const urls = [devices.publicUrl, mqtts.publicUrl].filter((url) => url !== undefined)
  const hosts = urls.map((url) => new URL(url).hostname.replace(/^\[|\]$/g, ''))
  return [devices.host, mqtts.host, ...hosts]
}

/** Where devices reach the broker under their certificates. @throws ConflictError `broker-address` */
export function mqttsUrlOf({ mqtts }: CloudConfig, embedded: Pick<Broker, 'secureUrl'> | undefined): string {
  const known = mqtts.publicUrl ?? embedded?.secureUrl
  if (known !== undefined) return known
  throw new ConflictError({
    code: 'broker-address',
    message:
      'Devices cannot be told where the broker is: set STORECAST_MQTTS_URL (mqtts.publicUrl) to its mqtts address.',
  })
}

export function withoutLogin(url: string): string {
  const parsed = new URL(url)
  parsed.username = ''
  parsed.password = ''
  return parsed.href.replace(/\/$/, '')
}
