import { createHash, randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { z } from 'zod'
import { makeDirectory, readWhole, replaceFile } from '../platform/files.ts'
import { type KeptPin, readPin } from './pin.ts'

const HOUR = 3_600_000
/** A long shift. */
const SESSION_MS = 12 * HOUR
/** How long a tablet is known as one that was let in before. */
export const TABLET_MS = 180 * 24 * HOUR
/** A clock that was put right by this little ends no session. */
const CLOCK_SLACK_MS = 300_000
const MOST = 64
const LARGEST = 64 * 1024

const Kept = z.object({
  /** SHA-256 of what the browser holds. */
  digest: z.string().max(64),
  /** Unix ms. */
  since: z.number(),
  until: z.number(),
})
type Kept = z.infer<typeof Kept>

const KeptSessions = z.object({
  /** Of the PIN they were opened with. */
  pin: z.string().max(64),
  sessions: z.array(Kept).max(MOST),
  tablets: z.array(Kept).max(MOST),
})
type KeptSessions = z.infer<typeof KeptSessions>

export interface SessionsOptions {
  /** Holds the PIN; another program may replace it at any time. */
  readonly pinFile: string
  readonly file: string
  /** Unix ms, real time. */
  readonly now: () => number
}

export interface Opened {
  /** Secrets for the browser to keep. */
  readonly session: string
  readonly tablet: string
  /** Unix ms. */
  readonly sessionEnds: number
  readonly sessionMs: number
}

/**
 * Who has signed in with the PIN of now. On disk are digests alone; a restart of the agent, or an update of it, signs nobody
 * out. With another PIN all of them end.
 */
export class Sessions {
  readonly #options: SessionsOptions
  #kept: KeptSessions | undefined
  #writing: Promise<unknown> = Promise.resolve()

  constructor(options: SessionsOptions) {
    this.#options = options
  }

  /** Undefined where none is set. */
  pin(): Promise<KeptPin | undefined> {
    return readPin(this.#options.pinFile)
  }

  /** @returns unix ms at which it ends; undefined where there is none such */
  async find(session: string | undefined): Promise<number | undefined> {
    if (session === undefined) return undefined
    return (await this.#of('sessions', session))?.until
  }

  /** @returns a name for the tablet, by which its tries are counted; undefined where it was never let in */
  async findTablet(tablet: string | undefined): Promise<string | undefined> {
    if (tablet === undefined) return undefined
    return (await this.#of('tablets', tablet))?.digest
  }

  /** @param tablet what the browser holds already, where it was let in before */
  async open({ pin, tablet }: { pin: KeptPin; tablet: string | undefined }): Promise<Opened> {
    const now = this.#options.now()
    const session = secret()
    const known = (await this.findTablet(tablet)) === undefined ? secret() : tablet!
    const sessionEnds = now + SESSION_MS
    await this.#change(pin, ({ sessions, tablets }) => ({
      sessions: [...sessions, { digest: digest(session), since: now, until: sessionEnds }],
      tablets: [
        ...tablets.filter((other) => other.digest !== digest(known)),
        { digest: digest(known), since: now, until: now + TABLET_MS },
      ],
    }))
    return { session, tablet: known, sessionEnds, sessionMs: SESSION_MS }
  }

  /** Nothing is written for one that is not open: nobody who is not signed in wears the flash out. */
  async close(session: string): Promise<void> {
    const pin = await this.pin()
    if (pin === undefined || (await this.#of('sessions', session)) === undefined) return
    await this.#change(pin, ({ sessions, tablets }) => ({
      sessions: sessions.filter((other) => other.digest !== digest(session)),
      tablets,
    }))
  }

  async #of(what: 'sessions' | 'tablets', shown: string): Promise<Kept | undefined> {
    const pin = await this.pin()
    if (pin === undefined) return undefined
    const kept = await this.#read(pin)
    const now = this.#options.now()
    return kept[what].find((one) => one.digest === digest(shown) && isOpen(one, now))
  }

  async #read(pin: KeptPin): Promise<KeptSessions> {
    this.#kept ??= await readKept(this.#options.file)
    return this.#kept?.pin === pin.id ? this.#kept : { pin: pin.id, sessions: [], tablets: [] }
  }

  /** One after the other: two that sign in at once are both kept. */
  #change(pin: KeptPin, change: (kept: KeptSessions) => Omit<KeptSessions, 'pin'>): Promise<void> {
    const work = this.#writing.then(async () => {
      const { file, now } = this.#options
      const { sessions, tablets } = change(await this.#read(pin))
      const live = (all: readonly Kept[]) => all.filter((one) => isOpen(one, now())).slice(-MOST)
      const kept = { pin: pin.id, sessions: live(sessions), tablets: live(tablets) }
      await makeDirectory(dirname(file))
      await replaceFile(file, `${JSON.stringify(kept)}\n`)
      this.#kept = kept
    })
    this.#writing = work.catch(() => undefined)
    return work
  }
}

/** One that begins in the future was opened by a clock that was wrong, or is: it opens nothing. */
const isOpen = ({ since, until }: Kept, now: number) => since - CLOCK_SLACK_MS <= now && now < until

async function readKept(file: string): Promise<KeptSessions | undefined> {
  const bytes = await readWhole(file, LARGEST)
  if (bytes === undefined) return undefined
  try {
    return KeptSessions.parse(JSON.parse(bytes.toString()))
  } catch {
    // What cannot be read lets nobody in: all sign in again.
    return undefined
  }
}

const secret = () => randomBytes(32).toString('base64url')
const digest = (shown: string) => createHash('sha256').update(shown).digest('base64url')
