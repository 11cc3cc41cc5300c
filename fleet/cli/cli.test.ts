import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { demandRows, simulateShop } from '../simulator/index.ts'
import { runCli } from './program.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storecast-cli-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function storecast(...argv: string[]) {
  const said = { out: '', err: '' }
  const terminal = {
    out: (text: string) => {
      said.out += `${text}\n`
    },
    err: (text: string) => {
      said.err += `${text}\n`
    },
    progress: () => {},
  }
  const status = await runCli(argv, {
    terminal,
    signal: new AbortController().signal,
    env: {},
    readInput: async () => '',
  })
  return { status, ...said }
}

describe('models', () => {
  it('are trained on a data set and inspected, with data on one stream and words on the other', async () => {
    const shops = [1, 2].map((n) =>
      simulateShop({ site: `shop-${n}`, seed: n, products: 4, firstDay: '2026-01-05', days: 45 }),
    )
    const [data, out, definition] = ['demand.csv', 'demand.bundle', 'demand.yaml'].map((name) => join(folder, name))
    await writeFile(data!, [...demandRows(shops), ''].join('\n'))
    const shipped = parse(await readFile('models/definitions/demand.yaml', 'utf8'))
    shipped.spec.network = { kind: 'residual-mlp', width: 8, blocks: 1, dropout: 0.1 }
    shipped.spec.training = { epochs: 1, batch: 16, seeds: [1] }
    await writeFile(definition!, stringify(shipped))

    const trained = await storecast('model', 'train', definition!, '--data', data!, '--out', out!, '--json')
    expect(trained.err).toBe('')
    expect(trained.status).toBe(0)
    expect(JSON.parse(trained.out).lineage.dataset.rows).toBe(2 * 4 * 45)
    expect(JSON.parse(trained.out).metrics.latency_p95_ms).toBeGreaterThan(0)
    expect(JSON.parse(trained.out).metrics.latency_p95_ms).toBeLessThan(50)

    const inspected = await storecast('model', 'inspect', out!)
    expect(inspected.status).toBe(0)
    expect(inspected.out).toMatch(/model +demand \(residual-mlp, int8\)/)
    expect(inspected.out).toMatch(/wape +0\.\d+ +0\.\d+/)
    expect(inspected.err).toMatch(/every digest and golden vector matches/)
  })

  it('that cannot be trained say where the data is wrong', async () => {
    const data = join(folder, 'bad.csv')
    await writeFile(data, 'site,entity\n1,2\n')
    const { status, err } = await storecast(
      ...['model', 'train', 'models/definitions/demand.yaml', '--data', data, '--out', join(folder, 'no.bundle')],
    )
    expect(status).toBe(1)
    expect(err).toMatch(/^storecast: .*no column/)
  })
})

describe('the command line', () => {
  it('prints help where asked for, as data', async () => {
    const { status, out } = await storecast('model', '--help')
    expect(status).toBe(0)
    expect(out).toContain('inspect')
  })

  it.each([[['model', 'inspect']], [['model', 'paint']], [['model', 'inspect', 'a.bundle', '--colour']]])(
    'ends with 1 and says what is wrong: %s',
    async (argv) => {
      const { status, out, err } = await storecast(...argv)
      expect(status).toBe(1)
      expect(out).toBe('')
      expect(err).toMatch(/missing|unknown/)
    },
  )

  it('ends with 1 where the command fails', async () => {
    const path = join(folder, 'not-a.bundle')
    await writeFile(path, 'hello')
    const { status, out, err } = await storecast('model', 'inspect', path)
    expect(status).toBe(1)
    expect(out).toBe('')
    expect(err).toMatch(/^storecast: bundle: .*not a tar archive/)
    expect((await storecast('model', 'inspect', join(folder, 'absent'))).err).toMatch(/no such file/)
  })
})
