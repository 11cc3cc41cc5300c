import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Decisions, type DecisionsOptions } from './decisions.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  vi.spyOn(Math, 'random').mockReturnValue(0.999) // Of a pause's longest: 1 s, 2 s, 4 s.
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** A device whose database cannot be read for one of its models. */
function troubled(failing: string) {
  const tries: string[] = []
  const ran: ((run: { model: string }) => void)[] = []
  const options = {
    models: {
      versions: () => new Map([['demand', 1]]),
      current(model: string) {
        tries.push(model)
        if (model === failing) throw new Error('disk I/O error')
      },
      onChanged: () => new DisposableStack(),
    },
    forecaster: {
      onRun(hear: (run: { model: string }) => void) {
        ran.push(hear)
        return new DisposableStack()
      },
      onScored: () => new DisposableStack(),
    },
    log: { warn() {} },
  } as unknown as DecisionsOptions
  const run = (model: string) => {
    for (const hear of ran) hear({ model })
  }
  return { decisions: new Decisions(options), tries, run }
}

/** Longer than any chain of promises without a timer takes. */
async function quiet() {
  for (let i = 0; i < 20; i++) await turn()
}

it('are put off for longer each time where they fail, whatever comes for other models', async () => {
  const { decisions, tries, run } = troubled('demand')
  await using _ = decisions
  decisions.start()
  await quiet()
  expect(tries).toEqual(['demand'])
  await vi.advanceTimersByTimeAsync(1000)
  await quiet()
  expect(tries).toEqual(['demand', 'demand'])
  run('fresh')
  await quiet()
  expect(tries).toEqual(['demand', 'demand', 'fresh'])
  await vi.advanceTimersByTimeAsync(2000)
  await quiet()
  expect(tries).toEqual(['demand', 'demand', 'fresh', 'demand'])
  expect(vi.getTimerCount()).toBe(1)
})

it('are tried at once when the model has another run, and leave no timer behind', async () => {
  const { decisions, tries, run } = troubled('demand')
  decisions.start()
  await quiet()
  run('demand')
  await quiet()
  expect(tries).toEqual(['demand', 'demand'])
  expect(vi.getTimerCount()).toBe(1)
  await decisions[Symbol.asyncDispose]()
  expect(vi.getTimerCount()).toBe(0)
})
