import type { Ballast } from '../platform/ballast.ts'
import type { Clock } from '../platform/clock.ts'
import { type DatabaseSize, fileBudget } from '../platform/database.ts'
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
  readonly ballast: Pick<Ballast, 'hold' | 'release'>
  /** Store milliseconds of the newest windows that keep their size whatever the cap. */
  readonly keepFineMs?: number
}

/** Of what the file may hold: where concessions begin, and where enough has been conceded. */
const CROWDED = 0.9
const ROOMY = 0.8
/** Windows merged in one transaction, at most. */
const MOST_RECORDS = 20_000

/** Real milliseconds. */
const HOLD_AGAIN_MS = 60_000

/** Keeps the database within its cap, by the order of `concessions.ts`. */
export class Space {
  readonly #options: Required<SpaceOptions>
  #largestWal = 0
  #largestGrowth = 0
  #usedBytes: number | undefined
  /** Real time. */
  #nextHold = 0

  constructor(options: SpaceOptions) {
    this.#options = { keepFineMs: 48 * 3_600_000, ...options }
  }

  /** Gives up what it must; nothing while there is room. @throws WriterError */
  async makeRoom({ size, zone }: RoomNeeded): Promise<void> {
    const { writer, clock, keepFineMs, capBytes, ballast, log } = this.#options
    if (size) await this.#holdBallast()
    else {
      await ballast.release()
      this.#nextHold = performance.now() + HOLD_AGAIN_MS
      log.error('the disk is full: what was held for that is let go, and room is made')
    }
    if (size && size.usedBytes + this.#growth(size) < this.#fileBytes(size) * CROWDED) return
    const enough = Math.min(MOST_RECORDS, fileBudget(capBytes).records)
    for (let now = size; !now || now.usedBytes > this.#fileBytes(now) * ROOMY; ) {
      const made = await writer.call('outbox.makeRoom', { zone, now: clock.now(), keepFineMs, enough })
      now = made.size
      this.#usedBytes = now.usedBytes
      if (made.conceded === undefined) {
        log.error({ ...now, capBytes }, 'the database nears its cap and nothing is left to give up')
        return
      }
    }
  }

  /** Once it is held, and after a full disk, it is looked at now and then. */
  async #holdBallast(): Promise<void> {
    const now = performance.now()
    if (now < this.#nextHold) return
    this.#nextHold = now + HOLD_AGAIN_MS
    try {
      await this.#options.ballast.hold()
    } catch (err) {
      this.#options.log.warn({ err }, 'no space could be held for a full disk; trying again later')
    }
  }

  /** The most that came between two looks: as much may come before the next. */
  #growth({ usedBytes }: DatabaseSize): number {
    if (this.#usedBytes !== undefined) this.#largestGrowth = Math.max(this.#largestGrowth, usedBytes - this.#usedBytes)
    this.#usedBytes = usedBytes
    return this.#largestGrowth
  }

  /** What is left for the file beside a write-ahead log that holds the largest transaction yet, and a quarter more. */
  #fileBytes({ walBytes }: DatabaseSize): number {
    this.#largestWal = Math.max(this.#largestWal, walBytes)
    const { capBytes } = this.#options
    return Math.max(capBytes / 2, capBytes - Math.max(fileBudget(capBytes).walBytes, this.#largestWal * 1.25))
  }
}
