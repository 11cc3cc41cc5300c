import { describe, expect, it } from 'vitest'
import { TRACEPARENT, traceOf } from './traceparent.ts'
import { createTracing, type SpanOptions } from './tracing.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const of = (span: number) => `00-${TRACE}-${String(span).padStart(16, '0')}-01`

function traced() {
  const begun: (SpanOptions & { name: string; ended?: unknown })[] = []
  const tracing = createTracing({
    begin(name, options) {
      const span: (typeof begun)[number] = { name, ...options }
      begun.push(span)
      return {
        traceparent: of(begun.length),
        end(failure) {
          span.ended = failure ?? 'well'
        },
      }
    },
    async [Symbol.asyncDispose]() {},
  })
  return { begun, tracing }
}

describe('work that is traced', () => {
  it('says on every log line what it is about, and is the parent of what begins in it', async () => {
    const { begun, tracing } = traced()
    await tracing.run('outer', { log: { rollout: 'spring (1)' } }, async () => {
      await tracing.run('inner', { log: { device: 'berlin-1' } }, async (span) => {
        expect(tracing.current()).toBe(span.traceparent)
        expect(tracing.logFields()).toEqual({ rollout: 'spring (1)', device: 'berlin-1', trace: TRACE })
      })
      expect(tracing.logFields()).toEqual({ rollout: 'spring (1)', trace: TRACE })
    })
    expect(tracing.logFields()).toEqual({})
    expect(begun).toMatchObject([
      { name: 'outer', parent: undefined, ended: 'well' },
      { name: 'inner', parent: of(1), ended: 'well' },
    ])
  })

  it('fails as it would untraced, and its span says so', async () => {
    const { begun, tracing } = traced()
    const failure = new Error('disk full')
    const work = () => tracing.run('work', { parent: of(7) }, () => Promise.reject(failure))
    await expect(work()).rejects.toBe(failure)
    expect(begun).toMatchObject([{ parent: of(7), ended: failure }])
  })

  it('that goes nowhere still says what it is about', async () => {
    const tracing = createTracing()
    expect([tracing.isOn, tracing.begin('x').traceparent]).toEqual([false, undefined])
    await tracing.run('work', { log: { rollout: 'spring' } }, async () => {
      expect(tracing.logFields()).toEqual({ rollout: 'spring' })
      expect(tracing.current()).toBeUndefined()
    })
  })
})

/** The examples of W3C Trace Context, sections 2.2 and 4. */
it.each([
  [`00-${TRACE}-00f067aa0ba902b7-01`, TRACE],
  [`cc-${TRACE}-00f067aa0ba902b7-01-what-the-future-will-be-like`, TRACE],
  [`ff-${TRACE}-00f067aa0ba902b7-01`, undefined],
  [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, undefined],
  [`00-${TRACE}-0000000000000000-01`, undefined],
  [`00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01`, undefined],
  [`00-${TRACE}-00f067aa0ba902b7`, undefined],
  ['', undefined],
])('%j is of trace %s', (text, trace) => {
  expect(traceOf(text)).toBe(trace)
  expect(TRACEPARENT.test(text)).toBe(trace !== undefined)
})
