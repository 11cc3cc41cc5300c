import type { Hello, Run } from '@storecast/shared/wire'

/** A span of a database's sequences under one epoch. */
export interface KnownEpoch {
  readonly epoch: number
  readonly dbId: string
  readonly quarantined: boolean
  /** The newest link granted. */
  readonly link: number
  /** When that was, or the newest batch under it was committed. */
  readonly committedAt: number
  /** The highest sequence heard of; 0 for none. */
  readonly highest: number
  /** Of the run that holds the newest link: the highest sequence was given out by one of them. */
  readonly runs: readonly Run[]
}

export interface KnownLink {
  readonly epoch: number
  readonly link: number
  readonly nonce: string
  readonly session: string
  readonly grantedAt: number
  /** Times of the newest `KEPT_COMMITS` commits of batches under it, ascending. */
  readonly commits: readonly number[]
  readonly resendSince?: number
}

export const KEPT_COMMITS = 64

/** What the cloud knows of a device, as far as a hello asks. */
export interface History {
  readonly epochs: readonly KnownEpoch[]
  /** The grant made to this nonce: for the same session if there was one, else the newest. */
  readonly answered: KnownLink | undefined
  /** The link that the hello says it holds. */
  readonly held: KnownLink | undefined
  /** The newest link of the same database before the one that the hello says it holds. */
  readonly before: KnownLink | undefined
  /** What the session was asked to echo. */
  readonly challenge: string | undefined
}

export type Reason = 'first-contact' | 'new-database' | 'restored-image' | 'fork' | 'cloud-restored'

export interface Grant {
  readonly epoch: number
  readonly link: number
  readonly quarantined: boolean
  /** Why the epoch is opened; undefined where it is open. */
  readonly opens: Reason | undefined
  readonly resendSince: number | undefined
}

export type Decision =
  /** This very message was answered, and nothing has happened since: the same answer. */
  | { readonly kind: 'repeat'; readonly link: KnownLink; readonly quarantined: boolean }
  /** A late duplicate: somebody speaks under a later grant. */
  | { readonly kind: 'ignore' }
  /** Evidence of a copy, an image or a restore counts only from somebody who is there to echo a challenge. */
  | { readonly kind: 'challenge' }
  | { readonly kind: 'grant'; readonly grant: Grant }

/** Beyond this, an epoch or link was not ours to grant. */
const FAR_FUTURE_MS = 100 * 365 * 86_400_000

/**
 * What a hello gets (the wire, in the architecture page). Pure: the device's row is locked around it.
 *
 * A link is held by one run of one database, so that (epoch, sequence) names one change: a copy says hello under a link
 * that is behind, and goes on in another epoch.
 */
export function decideHello(history: History, hello: Hello, now: number): Decision {
  const { answered, epochs } = history
  if (answered && answered.session === hello.session) {
    const epoch = epochs.find((e) => e.epoch === answered.epoch)
    if (epoch?.link !== answered.link) return { kind: 'ignore' }
    return { kind: 'repeat', link: answered, quarantined: epoch.quarantined }
  }
  const { grant, usual } = judge(history, hello, now)
  if (!usual && (history.challenge === undefined || hello.challenge !== history.challenge)) return { kind: 'challenge' }
  return { kind: 'grant', grant }
}

/** `usual`: the grant is harmless even if nobody is there to take it. */
function judge(history: History, hello: Hello, now: number): { grant: Grant; usual: boolean } {
  const { epochs, answered } = history
  const resendSince = lostSince(history, hello)
  const main = Math.max(0, ...epochs.filter((e) => !e.quarantined).map((e) => e.epoch))
  const isPlausible = hello.epoch * 1000 < now + FAR_FUTURE_MS && hello.link < now + FAR_FUTURE_MS
  // In time, so that what a cloud grants after it was restored differs from what it had granted and forgot.
  const link = Math.max(now, ...epochs.map((e) => e.link + 1), isPlausible ? hello.link + 1 : 0)
  const into = (epoch: KnownEpoch, since: number | undefined): Grant => ({
    epoch: epoch.epoch,
    link,
    quarantined: epoch.quarantined,
    opens: undefined,
    resendSince: since,
  })
  const open = (opens: Reason, quarantined: boolean): Grant => {
    const last = Math.max(isPlausible ? hello.epoch : 0, ...epochs.map((e) => e.epoch))
    return { epoch: Math.max(last + 1, Math.floor(now / 1000)), link, quarantined, opens, resendSince }
  }
  const isSpeaking = (epoch: KnownEpoch) => epoch.quarantined || epoch.epoch === main

  if (epochs.length === 0 && hello.epoch === 0) return { grant: open('first-contact', false), usual: false }
  if (!epochs.some((e) => e.dbId === hello.dbId)) {
    const reason = hello.epoch > 0 ? 'cloud-restored' : 'new-database'
    return { grant: open(reason, hello.quarantined), usual: false }
  }

  // It asked before and never heard the answer, or is a copy of the disk that asked: while nobody has used the grant it may
  // have the next link, and whoever took the one before is behind then.
  const asked = answered && epochs.find((e) => e.epoch === answered.epoch && e.link === answered.link)
  if (asked && answered.commits.length === 0 && isSpeaking(asked) && isOwn(asked, hello)) {
    return { grant: into(asked, answered.resendSince), usual: false }
  }

  const held = epochs.find((e) => e.epoch === hello.epoch && e.dbId === hello.dbId)
  if (!held) {
    if (hello.epoch === 0) return { grant: open('fork', true), usual: false }
    // Epochs are never forgotten but by a cloud that was restored from before this one was granted: no fork, then.
    const opened = open('cloud-restored', hello.quarantined)
    const isAhead = isPlausible && hello.epoch > Math.max(...epochs.map((e) => e.epoch))
    return { grant: isAhead ? { ...opened, epoch: hello.epoch } : opened, usual: false }
  }
  if (!isSpeaking(held)) return { grant: open('fork', true), usual: false }
  if (hello.link < held.link || !isOwn(held, hello)) {
    return { grant: open('restored-image', held.quarantined), usual: false }
  }
  // A link ahead is one that this cloud forgot. Where somebody else has spoken since it was granted, their sequences may
  // be the same: they must not share the epoch.
  const isShared = hello.link > held.link && held.committedAt >= hello.link
  if (isShared || !isPlausible) return { grant: open('cloud-restored', held.quarantined), usual: false }
  return { grant: into(held, resendSince), usual: resendSince === undefined && hello.link === held.link }
}

/**
 * Whether the device gave out the highest sequence heard, as far as it knows. An image of its disk may have given out the
 * same number since, in another run.
 */
function isOwn({ highest, runs }: KnownEpoch, hello: Hello): boolean {
  const runOf = (list: readonly Run[]) => list.findLast(({ first }) => first <= highest)?.id
  return highest === 0 || (highest < hello.nextSeq && runOf(runs) === runOf(hello.runs))
}

/**
 * The time after which the cloud has lost what it acknowledged to this device: the newest commit it remembers from before
 * the link, or the acknowledgement, that the device remembers and it does not.
 */
function lostSince({ held, before }: History, { epoch, link, acknowledged }: Hello): number | undefined {
  if (epoch === 0) return undefined
  // A link's number is the time of its grant, or later.
  if (!held) return before ? newestCommit(before, link) : 0
  const lost = acknowledged.find((time) => !isKnown(held.commits, time))
  return lost === undefined ? undefined : newestCommit(held, lost)
}

/** Whether these may be all the commits of a link up to some time, and one of them was at `time`. */
export const isKnown = (commits: readonly number[], time: number): boolean =>
  commits.includes(time) || (commits.length === KEPT_COMMITS && time < commits[0]!)

const newestCommit = ({ grantedAt, commits }: KnownLink, before: number): number =>
  commits.findLast((time) => time < before) ?? grantedAt
