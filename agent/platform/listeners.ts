/** Those who want to hear of something, called in the order they came. One that throws is a defect and is not caught. */
export class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>()

  /** Disposing ends it. */
  add(listener: (value: T) => void): Disposable {
    const own = (value: T) => listener(value)
    this.#listeners.add(own)
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) }
  }

  tell(value: T): void {
    for (const listener of this.#listeners) listener(value)
  }
}
