import type { Feed, Seen } from './feed.ts'
import type { Times } from './times.ts'
import type { Status } from './wire.ts'

/** What the pages show, and act on. */
export interface ShopView {
  readonly seen: Seen
  readonly status: Status
  readonly times: Times
  /** Store time, unix ms. */
  readonly now: number
  readonly feed: Feed
}
