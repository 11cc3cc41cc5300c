/**
 * Why the gate does not let something through. `code` is stable, for example `metadata-rollback` or `version-revoked`; what
 * serves goes on serving, whichever it is.
 */
export abstract class TrustError extends Error {
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** What was presented will not do, whenever it is presented again. */
export class TrustRefused extends TrustError {
  override readonly name = 'TrustRefused'
}

/**
 * Nothing can be judged now: the repository is away, has expired, or serves what does not verify. Ask again later; until
 * then updates stand still.
 */
export class TrustFrozen extends TrustError {
  override readonly name = 'TrustFrozen'
}
