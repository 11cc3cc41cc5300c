/** Does the work for every item, at most `atOnce` at a time. Ends with the first failure; what has begun is waited for. */
export async function inTurns<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const queue = items.values()
  let failure: { error: unknown } | undefined
  const worker = async () => {
    for (const item of queue) {
      if (failure) return
      try {
        await work(item)
      } catch (error) {
        failure ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
  if (failure) throw failure.error
}
