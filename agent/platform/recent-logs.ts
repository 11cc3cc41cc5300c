import { createHash } from 'node:crypto'
import { Listeners } from './listeners.ts'

/** A line that says that something is not as it should be. */
export interface Complaint {
  readonly severity: 'warning' | 'error'
  readonly message: string
  readonly trace: string | undefined
}

interface Options {
  /** Of all lines that are kept, in characters. */
  readonly most?: number
  /** Complaints told in an hour; the others are counted with the next one. */
  readonly perHour?: number
  /** Monotonic milliseconds. */
  readonly now?: () => number
}

const HOUR_MS = 3_600_000
/** Of pino; 40 is a warning. */
const ERROR = 50
const LONGEST_MESSAGE = 400

/**
 * The newest log lines, in memory, and complaints among them told once an hour each: for those who are not on the device. It
 * is a destination of pino's, which hands it each line as text.
 */
export class RecentLogs {
  readonly #options: Required<Options>
  readonly #lines: string[] = []
  readonly #complaints = new Listeners<Complaint & { readonly others: number }>()
  /** When each was told, by the digest of its message. */
  readonly #told = new Map<string, number>()
  #size = 0
  #others = 0

  constructor({ most = 256 * 1024, perHour = 20, now = () => performance.now() }: Options = {}) {
    this.#options = { most, perHour, now }
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  /** @param listener must not log on its own: it would hear of itself. */
  onComplaint(listener: (complaint: Complaint & { readonly others: number }) => void): Disposable {
    return this.#complaints.add(listener)
  }

  write(line: string): void {
    this.#lines.push(line)
    this.#size += line.length
    while (this.#size > this.#options.most && this.#lines.length > 1) this.#size -= this.#lines.shift()!.length
    // Cheap for the many lines that complain of nothing.
    if (/^\{"level":[45]\d,/.test(line)) this.#complain(line)
  }

  #complain(line: string): void {
    const { level, msg, trace, err } = JSON.parse(line) as Record<string, unknown>
    const reason = (err as { message?: unknown } | undefined)?.message
    const text = [msg, reason].filter((part) => typeof part === 'string').join(': ')
    const now = this.#options.now()
    for (const [key, at] of this.#told) if (now - at >= HOUR_MS) this.#told.delete(key)
    const key = createHash('sha256').update(String(msg)).digest('base64')
    if (this.#told.has(key) || this.#told.size >= this.#options.perHour) {
      this.#others++
      return
    }
    this.#told.set(key, now)
    const others = this.#others
    this.#others = 0
    this.#complaints.tell({
      severity: Number(level) >= ERROR ? 'error' : 'warning',
      message: text.slice(0, LONGEST_MESSAGE),
      trace: typeof trace === 'string' ? trace : undefined,
      others,
    })
  }
}
