/** It may work later: the reconciler tries again, with backoff, for as long as this is desired. */
export class TransientUpdateError extends Error {
  override readonly name = 'TransientUpdateError'
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** It will not work as it is: given up until a later generation. */
export class RefusedUpdateError extends Error {
  override readonly name = 'RefusedUpdateError'
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
