interface Runs<T> {
  readonly current: Promise<T>
  next?: Promise<T>
}

/**
 * Runs `work` one at a time for each key; those who ask while one is under way share the one after it, so that nobody gets what
 * was read before they asked.
 */
export function together<Argument, T>(
  keyOf: (argument: Argument) => string,
  work: (argument: Argument) => Promise<T>,
): (argument: Argument) => Promise<T> {
  const runs = new Map<string, Runs<T>>()
  const begin = (key: string, argument: Argument): Promise<T> => {
    const current = work(argument)
    const run: Runs<T> = { current }
    runs.set(key, run)
    const over = () => {
      if (runs.get(key) === run && !run.next) runs.delete(key)
    }
    current.then(over, over)
    return current
  }
  return (argument) => {
    const key = keyOf(argument)
    const run = runs.get(key)
    if (!run) return begin(key, argument)
    const after = () => begin(key, argument)
    run.next ??= run.current.then(after, after)
    return run.next
  }
}
