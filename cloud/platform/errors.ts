interface ErrorOptionsWithCode {
  /** Stable, for programs: `device-unknown`. */
  readonly code: string
  /** What was wrong, where, and what to do, for people. */
  readonly message: string
  readonly cause?: unknown
}

/** The classes below say what the caller can do; the code says what happened. */
export abstract class CloudError extends Error {
  readonly code: string
  constructor({ code, message, cause }: ErrorOptionsWithCode) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.code = code
  }
}

/** An operator has to change something on this machine or in its configuration before it can work. */
export class SetupError extends CloudError {}

/** Something we depend on does not answer now; the same call may work later. */
export class UnavailableError extends CloudError {}

/** The caller sent something wrong; sending it again will fail again. */
export class InvalidError extends CloudError {}

/** The named thing does not exist. */
export class NotFoundError extends CloudError {}

/** The request is well-formed and contradicts what is stored. */
export class ConflictError extends CloudError {}

/** More bytes than the place takes. */
export class TooLargeError extends CloudError {}

/** Nobody is known by this token. */
export class UnauthenticatedError extends CloudError {}

/** Known, and not allowed. */
export class ForbiddenError extends CloudError {}

/** Fine in itself, and too often: later again. */
export class RateLimitedError extends CloudError {}
