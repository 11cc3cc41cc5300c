import { expect, it } from 'vitest'
import { together } from './together.ts'

/** Work that ends when it is told to. */
function held() {
  const begun: { argument: string; end: (result: string) => void; fail: (error: Error) => void }[] = []
  const run = together(
    (argument: string) => argument[0]!,
    (argument) => new Promise<string>((end, fail) => begun.push({ argument, end, fail })),
  )
  return { begun, run }
}

it('shares the next run among those who ask while one is under way, by key', async () => {
  const { begun, run } = held()
  const first = run('a1')
  const [second, third] = [run('a2'), run('a3')]
  const other = run('b1')
  expect(begun.map(({ argument }) => argument)).toEqual(['a1', 'b1'])
  begun[0]!.end('one')
  expect(await first).toBe('one')
  await expect.poll(() => begun.length).toBe(3)
  begun[2]!.end('two')
  expect(await Promise.all([second, third])).toEqual(['two', 'two'])
  begun[1]!.end('other')
  expect(await other).toBe('other')
  const later = run('a4')
  begun[3]!.end('three')
  expect(await later).toBe('three')
})

it('goes on after a failure, which only those hear who asked for that run', async () => {
  const { begun, run } = held()
  const first = run('a1')
  const second = run('a2')
  begun[0]!.fail(new Error('away'))
  await expect(first).rejects.toThrow('away')
  await expect.poll(() => begun.length).toBe(2)
  begun[1]!.end('back')
  expect(await second).toBe('back')
})
