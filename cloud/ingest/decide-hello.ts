import type { Hello } from '@storecast/shared/wire'

/** A span of a database's sequences under one epoch. */
export interface KnownEpoch {
  readonly epoch: number
  readonly dbId: string
  readonly quarantined: boolean
  /** The newest link granted, and when it or the newest batch under it was committed. */
  readonly link: number
  readonly committedAt: number
  /** The highest sequence heard of; 0 for none. */
  readonly highest: number
}

export interface KnownLink {
  readonly epoch: number
  readonly link: number
  readonly nonce: string
  readonly session: string
  /** Of the grant, or of the newest batch under it: all that was committed for the device before is known. */
  readonly committedAt: number
  readonly resendSince?: number
}

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

  if (epochs.length === 0 && hello.epoch === 0) return { grant: open('first-contact', false), usual: true }
  if (!epochs.some((e) => e.dbId === hello.dbId)) {
    const reason = hello.epoch > 0 ? 'cloud-restored' : 'new-database'
    return { grant: open(reason, hello.quarantined), usual: false }
  }

  // It asked before and never heard the answer, or is a copy of the disk that asked: it takes over what was granted, and
  // whoever took that grant already is behind now.
  const asked = answered && epochs.find((e) => e.epoch === answered.epoch && e.link === answered.link)
  if (asked && isSpeaking(asked) && asked.highest < hello.nextSeq) {
    return { grant: into(asked, answered?.resendSince), usual: false }
  }

  const held = epochs.find((e) => e.epoch === hello.epoch && e.dbId === hello.dbId)
  if (!held) {
    if (hello.epoch === 0 || hello.epoch <= main) return { grant: open('fork', true), usual: false }
    // The epoch was granted by a later cloud than this one, which was restored from before.
    const opened = open('cloud-restored', hello.quarantined)
    const isFree = isPlausible && !epochs.some((e) => e.epoch === hello.epoch)
    return { grant: isFree ? { ...opened, epoch: hello.epoch } : opened, usual: false }
  }
  if (!isSpeaking(held)) return { grant: open('fork', true), usual: false }
  if (hello.link < held.link || hello.nextSeq <= held.highest) {
    return { grant: open('restored-image', held.quarantined), usual: false }
  }
  // A link ahead is one that this cloud forgot. Where somebody else has spoken since it was granted, their sequences may
  // be the same: they must not share the epoch.
  const isShared = hello.link > held.link && held.committedAt >= hello.link
  if (isShared || !isPlausible) return { grant: open('cloud-restored', held.quarantined), usual: false }
  return { grant: into(held, resendSince), usual: resendSince === undefined && hello.link === held.link }
}

/**
 * The time after which the cloud has lost what it acknowledged to this device: the newest commit it remembers where it
 * does not remember the link that the device holds, or its last acknowledgement.
 */
function lostSince({ held, before }: History, hello: Hello): number | undefined {
  if (hello.epoch === 0) return undefined
  if (!held) return before?.committedAt ?? 0
  return hello.acknowledgedAt > held.committedAt ? held.committedAt : undefined
}
