import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { readAgain } from './read-again.ts'

/** Milliseconds in which changes are gathered: a rollout's wave is one look, not a thousand. */
const GATHER_MS = 400
/** While changes keep coming, one looks no more often than this. */
const REST_MS = 2_000
/** A browser that was refused waits this long before it asks again. */
const AGAIN_MS = 5_000
/** Names the lock and the channel of the browser's tabs. */
const SHARED = 'storecast-live'

/** What the tab that listens tells the others. */
type Told =
  | { readonly type: 'change'; readonly kind: string }
  /** So much was missed that nobody can say what. */
  | { readonly type: 'reset' }
  | { readonly type: 'live'; readonly isLive: boolean }
  /** All up to this position was told. */
  | { readonly type: 'at'; readonly position: string }

/**
 * Follows `GET /v1/events` and has what it names read again: queries whose key begins with the kind, or with several of which
 * it is one, `device|alert`. A browser resumes by itself where it was cut, from the last event that it saw.
 * @returns whether it is connected
 */
export function useLive(): boolean {
  const client = useQueryClient()
  const [isLive, setLive] = useState(true)
  useEffect(() => {
    const leaving = new AbortController()
    const reader = readerOf(client, leaving.signal)
    let position: string | undefined
    const hear = (told: Told) => {
      if (told.type === 'live') {
        setLive(told.isLive)
        // The cloud answers again, or it does not hear one any more: what failed is asked again, and who one is.
        void client.invalidateQueries({
          predicate: ({ queryKey, state }) => (told.isLive ? state.status === 'error' : queryKey[0] === 'self'),
        })
      } else if (told.type === 'at') position = told.position
      else if (told.type === 'reset') readAgain(client, () => true)
      else reader.changed(told.kind)
    }
    share(hear, leaving.signal, (tell, signal) =>
      listen({ tell, signal, since: () => position, onFirst: reader.openedAt }),
    )
    return () => leaving.abort()
  }, [client])
  return isLive
}

/**
 * One tab listens for all of the browser's, which may hold six connections to a cloud without HTTP/2; when it is closed, the
 * next one goes on. Where browsers do not let tabs agree (without TLS), each listens by itself.
 */
function share(
  hear: (told: Told) => void,
  leaving: AbortSignal,
  work: (tell: (told: Told) => void, signal: AbortSignal) => void,
): void {
  if (!('locks' in navigator)) {
    work(hear, leaving)
    return
  }
  const channel = new BroadcastChannel(SHARED)
  channel.addEventListener('message', ({ data }: MessageEvent<Told>) => hear(data))
  leaving.addEventListener('abort', () => channel.close())
  const tell = (told: Told) => {
    if (leaving.aborted) return
    channel.postMessage(told)
    hear(told)
  }
  navigator.locks
    .request(SHARED, { signal: leaving }, () => {
      work(tell, leaving)
      return new Promise<void>((resolve) => leaving.addEventListener('abort', () => resolve()))
    })
    .catch((error: unknown) => {
      // The page was left while another tab listened.
      if (!leaving.aborted) throw error
    })
}

interface ListenOptions {
  readonly tell: (told: Told) => void
  readonly signal: AbortSignal
  /** Where another tab has stopped; undefined: begins now. */
  readonly since: () => string | undefined
  /** It listens from this time on, and did not before. */
  readonly onFirst: (at: number) => void
}

function listen({ tell, signal, since, onFirst }: ListenOptions): void {
  let again: ReturnType<typeof setTimeout> | undefined
  let source: EventSource | undefined
  const begin = () => {
    const from = since()
    source = new EventSource(`/v1/events${from === undefined ? '' : `?since=${encodeURIComponent(from)}`}`)
    source.addEventListener('open', () => {
      tell({ type: 'live', isLive: true })
      if (since() === undefined) onFirst(Date.now())
    })
    source.addEventListener('change', ({ data }) => {
      tell({ type: 'change', kind: (JSON.parse(data) as { kind: string }).kind })
    })
    source.addEventListener('reset', () => tell({ type: 'reset' }))
    source.addEventListener('at', ({ lastEventId }) => tell({ type: 'at', position: lastEventId }))
    source.addEventListener('error', () => {
      tell({ type: 'live', isLive: false })
      if (source?.readyState === EventSource.CLOSED) again = setTimeout(begin, AGAIN_MS)
    })
  }
  begin()
  signal.addEventListener('abort', () => {
    clearTimeout(again)
    source?.close()
  })
}

const kindsOf = ([first]: readonly unknown[]): readonly string[] => (typeof first === 'string' ? first.split('|') : [])

/** Reads again what has changed, some at a time. */
function readerOf(client: QueryClient, leaving: AbortSignal) {
  const kinds = new Set<string>()
  let gathering: ReturnType<typeof setTimeout> | undefined
  let readAt = 0
  leaving.addEventListener('abort', () => clearTimeout(gathering))
  const readChanged = () => {
    const told = new Set(kinds)
    kinds.clear()
    gathering = undefined
    readAt = Date.now()
    readAgain(client, ({ queryKey }) => kindsOf(queryKey).some((kind) => told.has(kind)))
  }
  return {
    changed(kind: string) {
      kinds.add(kind)
      const rest = Math.max(0, readAt + REST_MS - Date.now())
      // Consoles that hear the same at once do not all ask at once.
      gathering ??= setTimeout(readChanged, Math.max(GATHER_MS, rest) * (1 + Math.random() / 2))
    },
    /** What was asked for earlier may have changed since, untold. */
    openedAt(at: number) {
      readAgain(
        client,
        ({ state: { fetchStatus, dataUpdatedAt } }) =>
          fetchStatus === 'fetching' || (dataUpdatedAt > 0 && dataUpdatedAt < at),
      )
    },
  }
}
