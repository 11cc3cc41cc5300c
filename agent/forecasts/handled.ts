/** A promise that is awaited later: should it be rejected before that, this is not an unhandled rejection. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
