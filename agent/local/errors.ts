/** An answer that tells the caller what was wrong; `code` is stable, `message` says what to do. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    { code, message, headers = {} }: { code: string; message: string; headers?: Readonly<Record<string, string>> },
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.status = status
    this.code = code
    this.headers = headers
  }
}
