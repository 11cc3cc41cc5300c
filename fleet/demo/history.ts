import { inTurns } from '../constellation/in-turns.ts'
import type { Constellation } from '../constellation/index.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** Shops whose past is sent at once. */
const AT_ONCE = 4

/** Hands every agent its shop's past. @returns seconds */
export async function importPast(constellation: Constellation, days: number, terminal: Terminal): Promise<number> {
  const began = performance.now()
  const total = constellation.stores.length * days
  let done = 0
  await inTurns(constellation.stores, AT_ONCE, (store) => {
    let before = -1
    return constellation.importHistory(store, 0, days, (day) => {
      done += day - before
      before = day
      terminal.progress(`history: ${done} of ${total} shop-days`)
    })
  })
  return (performance.now() - began) / 1000
}
