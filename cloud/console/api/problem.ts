/** What the cloud answers where it refuses: RFC 9457, with a stable `code`. */
export interface Problem {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly errors?: readonly { readonly at: string; readonly message: string }[]
}

/** The cloud refused; its message says what was wrong, where, and what to do. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly status: number
  readonly code: string
  /** By field of what was sent. */
  readonly errors: readonly { readonly at: string; readonly message: string }[]

  constructor({ status, code, detail, errors = [] }: Problem) {
    super(detail)
    this.status = status
    this.code = code
    this.errors = errors
  }
}

/** No answer came: the cloud is down, or the network between is. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
  constructor(cause: unknown) {
    super('The cloud cannot be reached. Check the network; the page tries again by itself.', { cause })
  }
}

/** Of a body that a proxy may have written in place of the cloud. */
export function problemOf(status: number, body: unknown): ProblemError {
  const { code, detail, title, errors } = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem>
  return new ProblemError({
    status,
    code: code ?? `http-${status}`,
    title: title ?? '',
    detail: detail ?? title ?? `The cloud answered ${status} without a reason.`,
    ...(errors && { errors }),
  })
}
