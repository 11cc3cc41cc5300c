import { createHash } from 'node:crypto'
import { canonicalJson } from '../platform/canonical.ts'

/**
 * Who called: a person by the user's name or, for a token that is no user's, by the start of its digest; a device by its id;
 * a part of the cloud by its name.
 */
export interface Actor {
  readonly kind: 'operator' | 'device' | 'unknown' | 'system'
  readonly id: string
  /** Name of the person's API token, where one was shown. */
  readonly token?: string
  /** At the provider that vouched for the person, `issuer#subject`. */
  readonly subject?: string
  /** Labels of the sites that the person is limited to. */
  readonly limit?: Readonly<Record<string, string>>
  /** Address of the caller's socket. */
  readonly from?: string
}

/** A policy's word on a call. */
export interface PolicyDecision {
  readonly policy: string
  /** Digest of the policy's canonical JSON: which text of it was asked. */
  readonly sha256: string
  readonly gate: string
  readonly verdict: 'allow' | 'audit' | 'warn' | 'deny'
  /** What the policy says where it does not hold, or why it could not be evaluated. */
  readonly messages: readonly string[]
  /** All that the policy was given to judge. */
  readonly inputs: unknown
}

/** What one mutating call was, and what became of it. */
export interface AuditRecord {
  /** Unix ms. */
  readonly at: number
  readonly actor: Actor
  /** Method and route pattern, `PUT /v1/sites/:site`, or what a part of the cloud did by itself. */
  readonly action: string
  /** The thing that was called upon: the request's path. */
  readonly subject: string
  /** Sites that it was about, where that is known. */
  readonly sites?: readonly string[]
  readonly decision: 'allowed' | 'denied' | 'failed'
  /** Of the refusal or failure; why a part of the cloud did what it did by itself is the message alone. */
  readonly code?: string
  readonly message?: string
  /** Query and body, or the body's digest where it is large or may hold a secret. */
  readonly request?: unknown
  /** The thing as the API showed it; null: not there, absent: not looked at. */
  readonly before?: unknown
  readonly after?: unknown
  readonly policies?: readonly PolicyDecision[]
  /** Refused calls of unknown callers before this one that have no entry of their own, so that they cannot fill the disk. */
  readonly unrecorded?: number
}

/** A row of the log. Its hash is the SHA-256 of its RFC 8785 JSON, which holds the hash of the entry before. */
export interface AuditEntry extends AuditRecord {
  readonly format: 1
  /** From 1, without holes. */
  readonly number: number
  /** Hex; zeros for the first. */
  readonly previous: string
}

export interface ChainedEntry {
  readonly number: number
  readonly hash: string
  readonly entry: AuditEntry
}

/** The newest entry's number and hash; number 0 and zeros for an empty log. */
export interface Head {
  readonly number: number
  readonly hash: string
}

export const NO_ENTRY: Head = { number: 0, hash: '0'.repeat(64) }

export const entryHash = (entry: unknown): string => createHash('sha256').update(canonicalJson(entry)).digest('hex')

/** A place where the log is not what was written. */
export interface Damage {
  /** Number of the entry, as the log numbers it. */
  readonly number: number
  readonly kind: 'changed' | 'removed' | 'reordered' | 'rewritten' | 'cut'
  readonly message: string
}

/** Follows a chain from its first entry. */
export interface ChainCheck {
  /** The next row, in the log's own order. */
  next(row: { readonly number: number; readonly hash: string; readonly entry: unknown }): void
  end(): { readonly head: Head; readonly damage: readonly Damage[] }
}

/**
 * @param kept a head that was kept elsewhere, hex: it must be in the chain, so that a tail that was cut, or a log that was
 *   written anew, shows.
 */
export function checkChain(kept?: string): ChainCheck {
  const damage: Damage[] = []
  let head = NO_ENTRY
  let met = kept === undefined
  const report = (number: number, kind: Damage['kind'], message: string) => damage.push({ number, kind, message })
  return {
    next({ number, hash, entry }) {
      const said = entry as Partial<AuditEntry> | null
      if (number !== head.number + 1) {
        const missing = head.number + 1 === number - 1 ? `${number - 1} is` : `${head.number + 1} to ${number - 1} are`
        if (number > head.number) report(head.number + 1, 'removed', `entry ${missing} missing`)
        else report(number, 'reordered', `entry ${number} comes after entry ${head.number}`)
      }
      if (entryHash(entry) !== hash) report(number, 'changed', `entry ${number} is not what its hash was made of`)
      else if (said?.number !== number) {
        report(number, 'reordered', `entry ${said?.number} stands in the place of entry ${number}`)
      } else if (number === head.number + 1 && said.previous !== head.hash) {
        report(number - 1, 'rewritten', `entry ${number} was chained to another entry ${number - 1} than the one here`)
      }
      if (kept !== undefined && hash === kept) met = true
      head = { number, hash }
    },
    end() {
      if (!met) {
        report(
          head.number + 1,
          'cut',
          `no entry has the hash ${kept}: the log, which now ends with entry ${head.number}, was cut or written anew since that head was kept`,
        )
      }
      return { head, damage }
    },
  }
}
