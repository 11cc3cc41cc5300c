import { DeviceId } from '../contracts/index.ts'

/** What a device's four topics carry: see the wire, in the architecture page. */
export type Channel = 'up' | 'ack' | 'desired' | 'presence'

const ROOT = 'storecast/v1'
const CHANNELS: ReadonlySet<string> = new Set<Channel>(['up', 'ack', 'desired', 'presence'])

/** AWS IoT Core: at most 256 bytes and 7 slashes. Ours: 3 slashes, and a device id is at most 64 letters. */
export const MAX_TOPIC_BYTES = 256

/** `storecast/v1/{device}/{channel}`; `device` is a valid device id. */
export const topicOf = (device: string, channel: Channel): string => `${ROOT}/${device}/${channel}`

/** Device and channel of a topic, or undefined where it is none of ours. */
export function parseTopic(topic: string): { readonly device: string; readonly channel: Channel } | undefined {
  if (topic.length > MAX_TOPIC_BYTES) return undefined
  const [storecast, version, device, channel, more] = topic.split('/')
  if (`${storecast}/${version}` !== ROOT || channel === undefined || more !== undefined) return undefined
  if (!CHANNELS.has(channel) || !DeviceId.safeParse(device).success) return undefined
  return { device: device!, channel: channel as Channel }
}

/** The filter that hears a channel of every device. */
export const everyDevice = (channel: Channel): string => `${ROOT}/+/${channel}`

/** The same, each message going to one member of the group, where the broker can (Mosquitto, EMQX, HiveMQ, AWS). */
export const sharedAmong = (group: string, filter: string): string => `$share/${group}/${filter}`

/** The cloud's own, retained: the revocation list, for whoever reloads a broker. No device may read it. */
export const REVOCATIONS_TOPIC = 'storecast/cloud/revocations'
