import { median } from '../measure.ts'
import type { ReadCall } from './calls.ts'
import type { Person } from './places.ts'

/** Somebody who is signed in. */
export interface User extends Person {
  readonly token: string
}

export async function signIn(url: string, person: Person): Promise<User> {
  const { name, password } = person
  const response = await fetch(`${url}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, password }),
  })
  if (response.status !== 201) throw new Error(`${name} cannot sign in: ${response.status} ${await response.text()}`)
  const { token } = (await response.json()) as { token: string }
  return { ...person, token }
}

export interface Timing {
  readonly name: string
  /** Milliseconds until the whole answer was there. */
  readonly p50: number
  readonly p95: number
  /** Of the first call, which found nothing warm. */
  readonly first: number
  readonly calls: number
  /** Users to whom it is refused: nobody of them waits for it. */
  readonly refused: number
  readonly bytes: number
}

/**
 * One route by everybody at once, each asking again as soon as there is an answer: the hardest that so many users can do to it.
 */
export async function timeCall(url: string, call: ReadCall, users: readonly User[], each: number): Promise<Timing> {
  const times: number[] = []
  let refused = 0
  let bytes = 0
  const ask = async ({ token }: User) => {
    const began = performance.now()
    const response = await fetch(url + call.path, { headers: { authorization: `Bearer ${token}` } })
    const size = (await response.arrayBuffer()).byteLength
    if (response.status === 403 || response.status === 404) return false
    if (response.status !== 200) throw new Error(`${call.path}: ${response.status}`)
    times.push(performance.now() - began)
    bytes = Math.max(bytes, size)
    return true
  }
  const allowed: User[] = []
  for (const user of users) {
    if (allowed.length > 0 && times.length > 2 && Math.min(...times) > SLOW_MS) allowed.push(user)
    else if (await ask(user)) allowed.push(user)
    else refused++
  }
  const first = times[0] ?? Number.NaN
  times.length = 0
  await Promise.all(
    allowed.map(async (user) => {
      for (let i = 0; i < each; i++) {
        await ask(user)
        if (times.length > allowed.length && median(times) > SLOW_MS) return
      }
    }),
  )
  const sorted = times.toSorted((a, b) => a - b)
  const at = (q: number) => sorted[Math.ceil(q * sorted.length) - 1] ?? Number.NaN
  return { name: call.name, p50: at(0.5), p95: at(0.95), first, calls: sorted.length, refused, bytes }
}

/** What takes so long is slow, however often it is asked. */
const SLOW_MS = 2000
