import { decodeBatches, type Message } from '@storecast/cloud/test/simulated-ingest'
import { decodeDownlink, decodeUplink, includes, type Ranges } from '@storecast/shared/wire'
import { expect } from 'vitest'
import { canonical } from './ledger.ts'

/** What the cloud took under each (device, epoch, sequence): always one and the same change. */
export class Changes {
  readonly #taken = new Map<string, string>()

  /** After a group was taken: what its acknowledgements name. */
  note(group: readonly Message[], replies: readonly Message[]): void {
    const committed = new Map<string, Ranges>()
    for (const { device, payload } of replies) {
      const message = decodeDownlink(payload)
      if ('ack' in message) committed.set(`${device} ${message.ack.epoch} ${message.ack.link}`, message.ack.committed)
    }
    for (const message of group) {
      const decoded = decodeUplink(message.payload)
      if (!('batch' in decoded)) continue
      const { epoch, link } = decoded.batch
      const acknowledged = committed.get(`${message.device} ${epoch} ${link}`) ?? []
      for (const { seq, record } of decodeBatches([message])) {
        if (!includes(acknowledged, seq)) continue
        const key = `${message.device} ${epoch} ${seq}`
        const before = this.#taken.get(key)
        expect(before ?? canonical(record), `two changes under ${key}`).toBe(canonical(record))
        this.#taken.set(key, canonical(record))
      }
    }
  }

  /** The cloud was restored: it may not remember. */
  forget(): void {
    this.#taken.clear()
  }
}
