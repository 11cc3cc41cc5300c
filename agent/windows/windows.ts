import type { SeriesKey, WindowRecord, WindowSize } from '@storecast/shared/contracts'
import { type Calendar, calendar, type Span, stretchesOf, type ZoneStretches } from '@storecast/shared/windows'
import type { Buffer, Committed } from '../buffer/index.ts'
import { fullJitter } from '../platform/backoff.ts'
import type { Clock } from '../platform/clock.ts'
import type { Connection, DatabaseSize } from '../platform/database.ts'
import { Listeners } from '../platform/listeners.ts'
import type { Logger } from '../platform/logger.ts'
import { type Writer, WriterError } from '../platform/writer.ts'
import { unpackRows } from './packed-rows.ts'
import type { windowProcedures } from './procedures.ts'
import { recordOf, windowsFrom } from './rows.ts'

export interface WindowsOptions {
  readonly writer: Writer<typeof windowProcedures>
  /** A reading connection to the same database. */
  readonly db: Connection
  readonly buffer: Buffer
  readonly clock: Clock
  readonly log: Logger
  /** The site's, an IANA name. */
  readonly timeZone: string
  /** Store milliseconds after its end for which a window waits for readings on their way. */
  readonly graceMs?: number
  /** Store milliseconds for which raw readings are kept; longer where an open window needs them. */
  readonly keepRawMs?: number
  /**
   * Journal entries that make a roll-up due at once, and about as many as it takes in: enough that at a hundred readings a
   * second one comes with the end of a window, as each writes anew what is open, and few enough that a commit does not
   * wait long behind it.
   */
  readonly rollEntries?: number
  /** Real milliseconds after which readings for windows that may have closed are rolled up. */
  readonly lateDelayMs?: number
  /**
   * Milliseconds, by the store's clock and by the real one, for which a silent sensor may yet speak: what was on its way
   * while the agent was away comes after it has started.
   */
  readonly silence?: { readonly storeMs: number; readonly realMs: number }
  /** Told after every part of a roll-up, and waited for before the next. */
  readonly makeRoom?: (needed: RoomNeeded) => Promise<void>
}

export interface RoomNeeded {
  /** Undefined: there was no room for the roll-up. */
  readonly size: DatabaseSize | undefined
  /** The calendar that windows follow. */
  readonly zone: ZoneStretches
}

/** Real milliseconds between an import's last roll-up and the closing of what it left open; the longest, while it lasts. */
const SETTLE_MS = 500
/** Real milliseconds before room is made again on a disk that is still full. */
const ROOM_AGAIN_MS = 5000
const LONGEST_SETTLING_MS = 10_000
const YEAR = 366 * 86_400_000
/** 2000: no reading is older. */
const FIRST_YEAR = 946_684_800_000
const LONGEST_WINDOW_MS = 25 * 3_600_000

/** Rolls the journal up into windows, and tells of those that are stored. */
export class Windows implements AsyncDisposable {
  readonly #options: Required<WindowsOptions>
  readonly #stored = new Listeners<readonly WindowRecord[]>()
  readonly #keys = new Map<number, SeriesKey>()
  readonly #backoff = fullJitter({ baseMs: 500, capMs: 60_000 })
  readonly #timers = new DisposableStack()
  #due: Disposable | undefined
  #soon: NodeJS.Timeout | undefined
  /** Real time. */
  #nextRoom = 0
  /** Real time by which what is to be rolled up soon is rolled up, also while more keeps coming. */
  #latest = Infinity
  #running: Promise<void> = Promise.resolve()
  #rolling = false
  #waiting = 0
  #closedBefore = -Infinity
  /** Store times that had been reached at real ones, two of them: the earlier is at least as old as silence takes. */
  #reached = [
    { real: -Infinity, store: -Infinity },
    { real: -Infinity, store: -Infinity },
  ] as const
  #nextEnd = -Infinity
  #stopped = false
  #timeZone: string
  #calendar: Calendar
  #zone: { readonly stretches: ZoneStretches; readonly until: number } | undefined

  private constructor(options: Required<WindowsOptions>) {
    this.#options = options
    this.#timeZone = options.timeZone
    this.#calendar = calendar(options.timeZone)
  }

  /** Rolls up what the last run left in the journal, then keeps up with it. */
  static async start(options: WindowsOptions): Promise<Windows> {
    const windows = new Windows({
      graceMs: 10_000,
      keepRawMs: 48 * 3_600_000,
      rollEntries: 32_768,
      lateDelayMs: 5000,
      silence: { storeMs: 600_000, realMs: 10_000 },
      makeRoom: async () => undefined,
      ...options,
    })
    windows.#timers.use(options.buffer.onCommitted((committed) => windows.#onCommitted(committed)))
    windows.#timers.use(options.buffer.onFailed((error) => windows.#onFailed(error)))
    await windows.#exclusively(() => windows.#rollUp(options.clock.now() - windows.#options.graceMs))
    windows.#schedule()
    return windows
  }

  /** Windows that open from now on are of this zone; those that are open keep their span. */
  useTimeZone(timeZone: string): void {
    this.#timeZone = timeZone
    this.#calendar = calendar(timeZone)
    this.#zone = undefined
  }

  /** The window of `size` around a time, as windows open from now on. */
  windowAt(time: number, size: WindowSize): Span {
    return this.#calendar.windowAt(time, size)
  }

  /**
   * Tells of windows after the commit that stored them, new and revised alike; merging them later is not told. Read what
   * is stored after listening: windows that the start itself stored are told to nobody.
   */
  onStored(listener: (rows: readonly WindowRecord[]) => void): Disposable {
    return this.#stored.add(listener)
  }

  /**
   * Commits what has been accepted and closes every window that ends at or before `time`; resolves when they are durable
   * and have been told.
   * @throws WriterError
   */
  async closeUntil(time: number): Promise<void> {
    await this.#options.buffer.flush()
    await this.#exclusively(() => this.#rollUp(time))
  }

  /** Stored windows that overlap `[from, to)`, series by series, each in order of time. */
  *read({ sensor, entity, from, to }: Partial<SeriesKey> & { from: number; to: number }): Generator<WindowRecord> {
    const { db } = this.#options
    const series = db
      .statement<Record<string, string | null>, { id: number; sensor: string; entity: string }>(
        `SELECT id, sensor, entity FROM series WHERE (sensor = :sensor OR :sensor IS NULL)
           AND (entity = :entity OR :entity IS NULL) ORDER BY sensor, entity`,
      )
      .all({ sensor: sensor ?? null, entity: entity ?? null })
    for (const { id, ...key } of series) {
      for (const row of windowsFrom(db, id, from - LONGEST_WINDOW_MS, to)) if (row.end > from) yield recordOf(key, row)
    }
  }

  /** Journal entries that are not in windows yet. */
  get waiting(): number {
    return this.#waiting
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    this.#timers.dispose()
    this.#due?.[Symbol.dispose]()
    clearTimeout(this.#soon)
    await this.#running
  }

  #onCommitted({ entries, oldest }: Committed): void {
    this.#waiting += entries
    if (this.#waiting >= this.#options.rollEntries) this.#rollInBackground(-Infinity)
    // What comes before anything was open: nobody knows yet when its windows end.
    else if ((oldest < this.#closedBefore || this.#nextEnd === Infinity) && !this.#soon) {
      this.#rollSoon(this.#options.lateDelayMs)
    }
  }

  /** When the next window ends, after its grace; at once where one has ended already. */
  #schedule(): void {
    if (this.#stopped) return
    const { clock, graceMs } = this.#options
    this.#due?.[Symbol.dispose]()
    const wait = this.#nextEnd + graceMs - clock.now()
    if (wait <= 0 || this.#waiting >= this.#options.rollEntries) this.#rollSoon(SETTLE_MS)
    else if (wait < Infinity) this.#due = clock.after(wait, () => this.#rollOnTime())
  }

  /** Asked again, it waits again, within limits. */
  #rollSoon(realMs: number): void {
    if (this.#stopped) return
    clearTimeout(this.#soon)
    const now = performance.now()
    this.#latest = Math.min(this.#latest, now + realMs + LONGEST_SETTLING_MS)
    const wait = Math.min(realMs, Math.max(0, this.#latest - now))
    this.#soon = setTimeout(() => {
      this.#soon = undefined
      this.#latest = Infinity
      this.#rollOnTime()
    }, wait)
  }

  #rollOnTime(): void {
    const { buffer, clock, graceMs, log } = this.#options
    buffer.flush().then(
      () => this.#rollInBackground(clock.now() - graceMs),
      (error: Error) => {
        log.error({ err: error }, 'readings could not be committed before rolling up')
        this.#rollSoon(this.#backoff.next() + SETTLE_MS)
      },
    )
  }

  /** On a full disk nothing comes in any more, so that no window's end may come either: room is made at once. */
  #onFailed(error: Error): void {
    const now = performance.now()
    if (this.#stopped || !(error instanceof WriterError) || error.code !== 'disk-full' || now < this.#nextRoom) return
    this.#nextRoom = now + ROOM_AGAIN_MS
    const { clock, makeRoom, log } = this.#options
    const zone = this.#zoneAt(clock.now())
    this.#exclusively(() => makeRoom({ size: undefined, zone })).catch((err: Error) =>
      log.error({ err }, 'no room could be made on a full disk'),
    )
  }

  #rollInBackground(closeBefore: number): void {
    if (this.#stopped || (this.#rolling && closeBefore === -Infinity)) return
    this.#exclusively(async () => {
      await this.#rollUp(closeBefore)
      this.#backoff.reset()
      this.#schedule()
    }).catch((error: Error) => {
      this.#options.log.error({ err: error }, 'rolling up failed; the journal keeps the readings until it succeeds')
      this.#rollSoon(this.#backoff.next() + SETTLE_MS)
    })
  }

  /** One roll-up after another, so that revisions are told in order. */
  #exclusively(work: () => Promise<void>): Promise<void> {
    const done = this.#running.then(async () => {
      this.#rolling = true
      try {
        await work()
      } finally {
        this.#rolling = false
      }
    })
    this.#running = done.catch(() => undefined)
    return done
  }

  async #rollUp(closeBefore: number): Promise<void> {
    const { writer, clock, graceMs, keepRawMs, rollEntries, makeRoom } = this.#options
    for (let more = true; more; ) {
      const now = clock.now()
      const zone = this.#zoneAt(now)
      const request = {
        zone,
        now,
        closeBefore,
        graceMs,
        silentBefore: this.#silentBefore(now),
        keepRawFrom: now - keepRawMs,
        entries: rollEntries,
      }
      const result = await writer.call('windows.roll', request).catch(async (error: WriterError) => {
        if (error.code === 'disk-full') await makeRoom({ size: undefined, zone })
        throw error
      })
      this.#waiting = Math.max(0, this.#waiting - result.entries)
      this.#nextEnd = result.nextEnd
      more = result.more
      this.#tell(unpackRows(result.stored).map((row) => recordOf(this.#keyOf(row.series), row)))
      await makeRoom({ size: result.size, zone })
    }
    this.#closedBefore = Math.max(this.#closedBefore, closeBefore)
  }

  #silentBefore(now: number): number {
    const { storeMs, realMs } = this.#options.silence
    const [, newest] = this.#reached
    const real = performance.now()
    if (real - newest.real >= realMs) this.#reached = [newest, { real, store: now }]
    return Math.min(now - storeMs, this.#reached[0].store)
  }

  /** The zone as the writer thread needs it, which knows no time zones: they would cost it 8 MB. */
  #zoneAt(now: number): ZoneStretches {
    if (!this.#zone || now > this.#zone.until) {
      const until = now + YEAR
      this.#zone = { stretches: stretchesOf(this.#timeZone, { from: FIRST_YEAR, to: until + YEAR }), until }
    }
    return this.#zone.stretches
  }

  #tell(records: readonly WindowRecord[]): void {
    if (records.length > 0) this.#stored.tell(records)
  }

  #keyOf(series: number): SeriesKey {
    let key = this.#keys.get(series)
    if (!key) {
      key = this.#options.db
        .statement<[number], SeriesKey>('SELECT sensor, entity FROM series WHERE id = ?')
        .get(series)!
      this.#keys.set(series, key)
    }
    return key
  }
}
