/** What was asked for would not do for a device, or for the people who sign. */
export class CeremonyError extends Error {
  override readonly name = 'CeremonyError'
  /** Stable, for example `already-approved`. */
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
