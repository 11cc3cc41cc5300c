import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { calendar } from '@storecast/shared/windows'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLogger } from '../platform/logger.ts'
import { type ManualClock, manualClock } from '../platform/manual-clock.ts'
import { MemoryIntake } from '../test/intake.ts'
import { sales, temperature, temporaryFolder } from '../test/storage.ts'
import { SourceConfig } from './config.ts'
import { CsvRows } from './csv.ts'
import { CsvSource } from './csv-source.ts'
import { Gate } from './gate.ts'
import { Refusals } from './refusals.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const MINUTE = 60_000

describe('rows', () => {
  const field = fc.string({ unit: fc.constantFrom(...'ab ,;"\n\r'), maxLength: 6 })
  const written = (value: string) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)

  it('come back as they were written, however the text is cut', () => {
    const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 8 })
    fc.assert(
      fc.property(
        table,
        fc.array(fc.nat({ max: 60 })),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        (rows, cuts, end, tail) => {
          const text = rows.map((row) => row.map(written).join(',')).join(end) + (tail ? end : '')
          const reader = new CsvRows()
          const got: string[][] = []
          let from = 0
          for (const cut of cuts.toSorted((a, b) => a - b)) {
            got.push(...reader.push(text.slice(from, cut)))
            from = Math.max(from, cut)
          }
          got.push(...reader.push(text.slice(from)), ...reader.end())
          expect(got).toEqual(rows)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('refuses a row that does not end, and passes over empty lines and a byte order mark', () => {
    expect(() => new CsvRows().push(`a,b\n"${'x'.repeat(70_000)}`)).toThrow(/row 2 .* quote/)
    expect(new CsvRows().push('\ufeffa,b\n\n\r\nc,d\n')).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
  })
})

describe('replay', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  beforeEach(async () => {
    folder = await temporaryFolder()
  })
  afterEach(() => folder[Symbol.asyncDispose]())

  interface Setting {
    readonly intake: MemoryIntake
    readonly refusals: Refusals
    readonly clock: ManualClock
  }
  function sourceOf(config: object, { intake, refusals, clock }: Setting): CsvSource {
    const gate = new Gate({ clock, intake })
    gate.define([temperature, sales])
    const parsed = SourceConfig.parse({ kind: 'csv', name: 'history', ...config })
    if (parsed.kind !== 'csv') throw new Error('not a CSV source')
    const zone = calendar('Europe/Berlin')
    const log = createLogger({ level: 'silent' })
    return new CsvSource({ config: parsed, gate, intake, refusals, zone: () => zone, clock, log })
  }
  const setting = (): Setting => ({ intake: new MemoryIntake(), refusals: new Refusals(), clock: manualClock(NOW) })
  const rows = (n: number) =>
    [
      'time,sensor,entity,value,id',
      ...Array.from({ length: n }, (_, i) => `${NOW - 1e9 + i},sales,milk,${i % 9},${i}`),
    ].join('\n')

  it('reads the long format, packed or not, and goes on behind what is durable after a restart', async () => {
    const path = join(folder.path, 'history.csv.gz')
    await writeFile(path, gzipSync(rows(10_000)))
    const own = setting()
    {
      await using first = sourceOf({ path, speed: 'max' }, own)
      first.start()
      await first.ended
      expect(first.trouble).toBeUndefined()
    }
    expect(own.intake.stored).toHaveLength(10_000)
    expect(own.intake.stored[7]).toEqual({
      ...{ sensor: 'sales', entity: 'milk', time: NOW - 1e9 + 7, value: 7, outOfRange: false, id: '7' },
    })
    expect(own.intake.positionOf('history')).toMatchObject({ position: 10_000 })
    await writeFile(path, gzipSync(`${rows(10_000)}\n${NOW},sales,milk,3,new`))
    await using second = sourceOf({ path, speed: 'max' }, own)
    second.start()
    await second.ended
    expect(own.intake.stored).toHaveLength(10_001)
    expect(own.intake.stored.at(-1)).toMatchObject({ id: 'new' })
  })

  it('starts over where another file took the name', async () => {
    const path = join(folder.path, 'history.csv')
    const own = setting()
    for (const id of ['a', 'b']) {
      await writeFile(path, `time,sensor,entity,value,id\n${NOW},sales,milk,1,${id}`)
      await using source = sourceOf({ path, speed: 'max' }, own)
      source.start()
      await source.ended
    }
    expect(own.intake.stored.map((r) => r.id)).toEqual(['a', 'b'])
  })

  it('maps columns, reads local times, passes over empty cells and counts bad ones by row', async () => {
    const path = join(folder.path, 'wide.csv')
    const own = setting()
    await writeFile(path, 'date;fridge;sold\n2026-02-28 10:00:00;40;1\n2026-02-28 11:00:00;;x\nnever;41;2\n')
    await using source = sourceOf(
      {
        path,
        delimiter: ';',
        speed: 'max',
        time: { column: 'date', format: 'local' },
        columns: [{ sensor: 'temperature', column: 'fridge', scale: 0.1 }],
      },
      own,
    )
    source.start()
    await source.ended
    const [time, value] = [Date.parse('2026-02-28T09:00:00Z'), 40]
    const temperature = { sensor: 'temperature', entity: '', outOfRange: false }
    expect(own.intake.stored).toEqual([
      { ...temperature, time, value },
      { ...temperature, time: NOW, value: 0, fault: 'untrusted' },
    ])
    expect(own.refusals.all()).toMatchObject([{ source: 'history', cause: 'bad-time', count: 1, message: /row 4/ }])
  })

  it('plays what is past at once and the rest as the clock reaches it', async () => {
    const path = join(folder.path, 'live.csv')
    const own = setting()
    const at = [-2, -1, 1, 2].map((minute) => `${NOW + minute * MINUTE},temperature,,4,`)
    await writeFile(path, ['time,sensor,entity,value,id', ...at].join('\n'))
    await using source = sourceOf({ path, speed: 'clock' }, own)
    source.start()
    await vi.waitFor(() => expect(own.intake.stored).toHaveLength(2))
    own.clock.advance(MINUTE)
    await vi.waitFor(() => expect(own.intake.stored).toHaveLength(3))
    own.clock.advance(MINUTE)
    await source.ended
    expect(own.intake.stored).toHaveLength(4)
  })

  it('plays at a multiple of the speed at which it happened', async () => {
    const path = join(folder.path, 'fast.csv')
    const own = setting()
    const at = [0, 10, 20].map((minute) => `${NOW - 1e9 + minute * MINUTE},temperature,,4,`)
    await writeFile(path, ['time,sensor,entity,value,id', ...at].join('\n'))
    await using source = sourceOf({ path, speed: 10 }, own)
    source.start()
    await vi.waitFor(() => expect(own.intake.stored).toHaveLength(1))
    own.clock.advance(MINUTE)
    await vi.waitFor(() => expect(own.intake.stored).toHaveLength(2))
  })

  it('says what is wrong with a file, and ends when it is stopped', async () => {
    const path = join(folder.path, 'history.csv')
    await writeFile(path, 'when,what\n1,2')
    const missing = sourceOf({ path: join(folder.path, 'none.csv') }, setting())
    missing.start()
    await missing.ended
    expect(missing.trouble).toMatch(/ENOENT/)
    const other = sourceOf({ path }, setting())
    other.start()
    await other.ended
    expect(other.trouble).toMatch(/no column "time"; it has when, what/)
    await writeFile(path, `time,sensor,entity,value,id\n${NOW + 1e6},temperature,,4,`)
    const waiting = sourceOf({ path, speed: 'clock' }, setting())
    waiting.start()
    await waiting[Symbol.asyncDispose]()
    expect(waiting.trouble).toBeUndefined()
  })
})
