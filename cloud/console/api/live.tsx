import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

/** Milliseconds in which changes are gathered: a rollout's wave is one look, not a thousand. */
const GATHER_MS = 400
/** A browser that was refused waits this long before it asks again. */
const AGAIN_MS = 5_000

/** What the cloud tells of a change; queries whose key begins with its kind are out of date. */
interface Change {
  readonly kind: string
}

/**
 * Follows `GET /v1/events` and has what it names read again. A browser resumes by itself where it was cut, from the last event
 * that it saw.
 * @returns whether it is connected
 */
export function useLive(): boolean {
  const client = useQueryClient()
  const [isLive, setLive] = useState(true)
  useEffect(() => follow(client, setLive), [client])
  return isLive
}

function follow(client: QueryClient, onLive: (isLive: boolean) => void): () => void {
  const kinds = new Set<string>()
  let gathering: ReturnType<typeof setTimeout> | undefined
  let again: ReturnType<typeof setTimeout> | undefined
  let source: EventSource | undefined

  const readAgain = () => {
    gathering = undefined
    const told = [...kinds]
    kinds.clear()
    for (const kind of told) void client.invalidateQueries({ queryKey: [kind] })
  }
  const begin = () => {
    source = new EventSource('/v1/events')
    source.addEventListener('open', () => onLive(true))
    source.addEventListener('change', ({ data }) => {
      kinds.add((JSON.parse(data) as Change).kind)
      gathering ??= setTimeout(readAgain, GATHER_MS)
    })
    // So much was missed that nobody can say what.
    source.addEventListener('reset', () => void client.invalidateQueries())
    source.addEventListener('error', () => {
      onLive(false)
      if (source?.readyState === EventSource.CLOSED) again = setTimeout(begin, AGAIN_MS)
    })
  }
  begin()
  return () => {
    clearTimeout(gathering)
    clearTimeout(again)
    source?.close()
  }
}
