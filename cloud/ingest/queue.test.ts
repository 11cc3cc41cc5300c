import { describe, expect, it } from 'vitest'
import { ArrivalQueue } from './queue.ts'
import { TestDevice, window } from './test/device.ts'

const [a, b] = [new TestDevice('a'), new TestDevice('b')]
const hello = (device: TestDevice) => device.says(device.hello())
const batch = (device: TestDevice) => device.sends(device.batch({ windows: [window(0, 5, 1)] }))
const kinds = (queue: ArrivalQueue) => queue.takeGroup().map(({ device, kind }) => `${device} ${kind}`)

describe('the queue', () => {
  it('starts a new group at a hello behind a batch of the same device', () => {
    const queue = new ArrivalQueue()
    for (const arrival of [hello(a), batch(a), hello(b), batch(a), hello(a), batch(b)]) queue.add(arrival)
    expect(kinds(queue)).toEqual(['a hello', 'a batch', 'b hello', 'a batch'])
    expect(kinds(queue)).toEqual(['a hello', 'b batch'])
    expect(kinds(queue)).toEqual([])
    expect(queue.bytes).toBe(0)
  })

  it('gives groups of bounded size, and takes bounded bytes', () => {
    const queue = new ArrivalQueue()
    const large = { ...batch(a), payload: new Uint8Array(120 * 1024) }
    let added = 0
    while (queue.add(large)) added++
    expect(added).toBe(546)
    expect(queue.takeGroup()).toHaveLength(34)
    expect(queue.groups).toBeCloseTo(15, 0)
    while (queue.takeGroup().length > 0) expect(queue.bytes).toBeGreaterThanOrEqual(0)
    for (let i = 0; i < 250; i++) queue.add(hello(a))
    expect(queue.takeGroup()).toHaveLength(200)
  })
})
