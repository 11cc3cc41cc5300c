import { InfiniteQueryObserver, QueryClient, QueryObserver } from '@tanstack/react-query'
import { expect, it, vi } from 'vitest'
import { readAgain, wasReadAgain } from './read-again.ts'

/** Answers when it is told to, in the order of the questions. */
function cloud() {
  const asked: ((answer: string) => void)[] = []
  return { asked, ask: () => new Promise<string>((resolve) => asked.push(resolve)) }
}
const all = () => true

it('reads once more what was only just being read: its answer may be from before the change', async () => {
  const client = new QueryClient()
  const { asked, ask } = cloud()
  const observer = new QueryObserver(client, { queryKey: ['rollout'], queryFn: ask })
  const end = observer.subscribe(() => undefined)
  readAgain(client, all)
  expect(asked).toHaveLength(1)
  asked[0]!('before')
  await vi.waitFor(() => expect(asked).toHaveLength(2))
  asked[1]!('after')
  await vi.waitFor(() => expect(observer.getCurrentResult().data).toBe('after'))
  expect(asked).toHaveLength(2)
  end()
  client.clear()
})

it('cuts short what is being read anew, and leaves what is not meant', async () => {
  const client = new QueryClient()
  const { asked, ask } = cloud()
  const observer = new QueryObserver(client, { queryKey: ['rollout'], queryFn: ask, initialData: 'old', staleTime: 0 })
  const end = observer.subscribe(() => undefined)
  expect(asked).toHaveLength(1)
  readAgain(client, ({ queryKey }) => queryKey[0] === 'device')
  expect(asked).toHaveLength(1)
  readAgain(client, all)
  expect(asked).toHaveLength(2)
  asked[1]!('after')
  asked[0]!('before')
  await vi.waitFor(() => expect(observer.getCurrentResult().data).toBe('after'))
  end()
  client.clear()
})

it('forgets nobody who asked for more of a list', async () => {
  const client = new QueryClient()
  const { asked, ask } = cloud()
  const observer = new InfiniteQueryObserver(client, {
    ...{ queryKey: ['device'], queryFn: ask, initialPageParam: 0 },
    getNextPageParam: (_last: string, pages: readonly string[]) => pages.length,
  })
  const end = observer.subscribe(() => undefined)
  asked[0]!('first')
  await vi.waitFor(() => expect(observer.getCurrentResult().data?.pages).toEqual(['first']))
  void observer.fetchNextPage()
  readAgain(client, all)
  asked[1]!('second')
  // Both pages, read again.
  await vi.waitFor(() => expect(asked).toHaveLength(3))
  asked[2]!('first, after')
  await vi.waitFor(() => expect(asked).toHaveLength(4))
  asked[3]!('second, after')
  await vi.waitFor(() => expect(observer.getCurrentResult().data?.pages).toEqual(['first, after', 'second, after']))
  end()
  client.clear()
})

it('tells what was read for a change from what somebody asked for', async () => {
  const client = new QueryClient()
  const { asked, ask } = cloud()
  const observer = new QueryObserver(client, { queryKey: ['rollout'], queryFn: ask })
  const end = observer.subscribe(() => undefined)
  asked[0]!('asked for')
  await vi.waitFor(() => expect(observer.getCurrentResult().isSuccess).toBe(true))
  expect(wasReadAgain(client, observer.getCurrentResult().dataUpdatedAt)).toBe(false)
  readAgain(client, all)
  asked[1]!('told of')
  await vi.waitFor(() => expect(observer.getCurrentResult().data).toBe('told of'))
  expect(wasReadAgain(client, observer.getCurrentResult().dataUpdatedAt)).toBe(true)
  await vi.waitFor(() => expect(wasReadAgain(client, Number.MAX_SAFE_INTEGER)).toBe(false))
  end()
  client.clear()
})
