import type { Clock } from '../platform/clock.ts'
import { fileBudget } from '../platform/database.ts'
import type { Logger } from '../platform/logger.ts'
import type { Writer } from '../platform/writer.ts'
import type { RoomNeeded } from '../windows/index.ts'
import type { makeRoom } from './make-room.ts'

export interface SpaceOptions {
  readonly writer: Writer<{ readonly 'outbox.makeRoom': typeof makeRoom }>
  readonly clock: Clock
  readonly log: Logger
  /** Bytes of the database, its write-ahead log included. */
  readonly capBytes: number
  /** Store milliseconds of the newest windows that keep their size whatever the cap. */
  readonly keepFineMs?: number
}

/** Of what the file may hold: where concessions begin, and where enough has been conceded. */
const CROWDED = 0.9
const ROOMY = 0.8
/** Windows merged in one transaction, at most; and what merging one writes, about: itself, the outbox, two indexes. */
const MOST_RECORDS = 20_000
const BYTES_A_RECORD = 600

/** Keeps the database within its cap, by the order of `concessions.ts`. */
export class Space {
  readonly #options: Required<SpaceOptions>

  constructor(options: SpaceOptions) {
    this.#options = { keepFineMs: 48 * 3_600_000, ...options }
  }

  /** Gives up what it must; nothing while there is room. @throws WriterError */
  async makeRoom({ usedBytes, zone }: RoomNeeded): Promise<void> {
    const { writer, clock, keepFineMs, capBytes, log } = this.#options
    const { fileBytes, walBytes } = fileBudget(capBytes)
    if (usedBytes < fileBytes * CROWDED) return
    const enough = Math.max(1, Math.min(MOST_RECORDS, Math.floor(walBytes / BYTES_A_RECORD)))
    for (let used = usedBytes; used > fileBytes * ROOMY; ) {
      const made = await writer.call('outbox.makeRoom', { zone, now: clock.now(), keepFineMs, enough })
      if (made.conceded === undefined) {
        log.error({ usedBytes: made.usedBytes, capBytes }, 'the database nears its cap and nothing is left to give up')
        return
      }
      used = made.usedBytes
    }
  }
}
