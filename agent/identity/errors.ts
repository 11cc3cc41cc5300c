/** The cloud cannot be asked now, or is not the one it should be: tried again by itself. */
export class IdentityUnavailable extends Error {
  override readonly name = 'IdentityUnavailable'
  readonly code: 'cloud-away' | 'authority-unknown' | 'answer-invalid'
  constructor(code: IdentityUnavailable['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The cloud refused: an operator has to do something, most often to make a new claim. */
export class IdentityRefused extends Error {
  override readonly name = 'IdentityRefused'
  /** The cloud's own, as `claim-used`; `root-mismatch` is ours. */
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
