import { describe, expect, it } from 'vitest'
import { everyDevice, MAX_TOPIC_BYTES, parseTopic, sharedAmong, topicOf } from './topics.ts'

describe('topics', () => {
  it('come back as they were built', () => {
    expect(topicOf('shop-7', 'up')).toBe('storecast/v1/shop-7/up')
    for (const channel of ['up', 'ack', 'desired', 'presence'] as const) {
      expect(parseTopic(topicOf('shop-7', channel))).toEqual({ device: 'shop-7', channel })
    }
  })

  it.each([
    'storecast/v1/shop-7',
    'storecast/v1/shop-7/up/more',
    'storecast/v2/shop-7/up',
    'storecast/v1/shop-7/down',
    'storecast/v1//up',
    'storecast/v1/+/up',
    'storecast/v1/Shop 7/up',
    `storecast/v1/${'a'.repeat(65)}/up`,
    '',
    '/'.repeat(70_000),
  ])('%.40s is none of ours', (topic) => {
    expect(parseTopic(topic)).toBeUndefined()
  })

  it('stay within the limits of AWS IoT Core: 256 bytes, 7 slashes', () => {
    const longest = topicOf('a'.repeat(64), 'presence')
    expect(parseTopic(longest)).toBeDefined()
    expect(Buffer.byteLength(longest)).toBeLessThanOrEqual(MAX_TOPIC_BYTES)
    expect(longest.split('/').length - 1).toBeLessThanOrEqual(7)
  })

  it('filter every device, alone or as a group', () => {
    expect(everyDevice('up')).toBe('storecast/v1/+/up')
    expect(sharedAmong('ingest', everyDevice('up'))).toBe('$share/ingest/storecast/v1/+/up')
  })
})
