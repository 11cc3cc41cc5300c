import { setTimeout as delay } from 'node:timers/promises'
import { REVOCATIONS_TOPIC } from '@storecast/shared/wire'
import type { Bus } from '../platform/bus.ts'
import { UnavailableError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Certificates } from './certificates.ts'

export interface Announcer extends AsyncDisposable {
  /** Call after a commit that revoked something. */
  wake(): void
}

const RETRY_MS = 2_000

/**
 * Keeps the revocation list on a retained topic that devices cannot read: the helper beside a broker of one's own
 * installs it within a second.
 */
export function announceRevocations(options: { certificates: Certificates; bus: Bus; log: Log }): Announcer {
  const { certificates, bus, log } = options
  const ending = new AbortController()
  let due = false
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    while (due && !ending.signal.aborted) {
      due = false
      try {
        await bus.publish(REVOCATIONS_TOPIC, JSON.stringify(await certificates.list()), { retain: true })
      } catch (error) {
        // The next link announces it.
        if (error instanceof UnavailableError) return
        log.error({ error }, 'the revocation list was not announced; trying again')
        due = true
        await delay(RETRY_MS, undefined, { signal: ending.signal }).catch(() => {})
      }
    }
  }
  function wake(): void {
    due = true
    running ??= run().finally(() => {
      running = undefined
      if (due && bus.connected && !ending.signal.aborted) wake()
    })
  }
  const link = bus.onConnected(wake)
  return {
    wake,
    async [Symbol.asyncDispose]() {
      ending.abort()
      link[Symbol.dispose]()
      await running
    },
  }
}
