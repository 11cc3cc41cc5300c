import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openBundle } from '@storecast/shared/bundle'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { stringify } from 'yaml'
import { smallShops } from './test/small-shops.ts'
import {
  DefinitionError,
  inspectBundle,
  loadDefinition,
  spawnTraining,
  type TrainProgress,
  trainModel,
} from './workshop.ts'

const definition = fileURLToPath(new URL('definitions/demand.yaml', import.meta.url))
let folder: string
let data: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storecast-workshop-'))
  data = join(folder, 'shops.csv')
  await writeFile(data, smallShops({ shops: 3, products: 20, days: 60 }))
})
afterAll(() => rm(folder, { recursive: true }))
const variant = async (name: string, change: (document: Record<string, unknown>) => unknown) => {
  const path = join(folder, name)
  await writeFile(path, stringify(change(structuredClone(await loadDefinition(definition)))))
  return path
}

describe('trainModel', () => {
  it('turns a definition and a data set into an int8 bundle that reproduces its golden vectors', async () => {
    const out = join(folder, 'demand.bundle')
    const told: TrainProgress[] = []
    const { bundle, manifest } = await trainModel({ definition, data, out, onProgress: (each) => told.push(each) })
    expect(await readFile(out)).toEqual(Buffer.from(bundle))
    expect(manifest.precision).toBe('int8')
    expect(manifest.quantization!.bytesInt8).toBeLessThan(0.4 * manifest.quantization!.bytesFloat32)
    expect(manifest.metrics.wape).toBeLessThan(manifest.baseline.wape!)
    expect(manifest.features).toHaveLength(manifest.fill.length)
    expect(manifest.vocabulary.site).toEqual(['s0', 's1', 's2'])
    expect(manifest.lineage.dataset).toMatchObject({ rows: 3600, from: '2026-01-05', to: '2026-03-05' })
    const opened = openBundle(bundle)
    expect(opened.reference!.features.map(({ name }) => name)).toEqual(manifest.features)
    expect(Object.keys(opened.warmup!.sites)).toHaveLength(3)
    const inspection = await inspectBundle(out)
    expect(inspection.golden).toEqual({ cases: 2, matches: true, worst: 0 })
    expect(inspection.card).toContain('seasonal naive')
    expect(inspection.files.map(({ name }) => name)).toContain('model.onnx')
    const parts = told.map(({ part }) => part)
    expect(parts).toEqual(parts.toSorted((a, b) => a - b))
    expect([told[0]!.stage, told.at(-1)]).toEqual(['reading', expect.objectContaining({ stage: 'done', part: 1 })])
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('trains the seasonal naive, in float32', async () => {
    const path = await variant('naive.yaml', (document) => ({
      ...document,
      spec: { ...(document.spec as object), network: { kind: 'seasonal-naive' } },
    }))
    const { manifest } = await trainModel({ definition: path, data })
    expect([manifest.precision, manifest.quantization]).toEqual(['float32', null])
    expect(manifest.metrics.wape).toBeCloseTo(manifest.baseline.wape!, 3)
  })

  it('trains a sensor definition on any series', async () => {
    const series = join(folder, 'series.csv')
    const rows = Array.from({ length: 600 }, (_, t) => `t${t},${Math.sin(t / 4).toFixed(4)},${(t % 12) + 20}`)
    await writeFile(series, ['date,wave,saw', ...rows].join('\n'))
    const { metrics, ...rest } = await loadDefinition(
      fileURLToPath(new URL('definitions/sensor.yaml', import.meta.url)),
    ).then(async (sensor) => {
      const small = structuredClone(sensor)
      Object.assign(small.spec, { horizon: 12 })
      Object.assign(small.spec.view, { context: 48 })
      return (await trainModel({ definition: small, data: series })).manifest
    })
    expect(rest.precision).toBe('int8')
    expect(rest.features).toEqual(['wave', 'saw'])
    expect(metrics.mse).toBeLessThan(0.2 * rest.baseline.mse!)
  })

  it('says what is wrong with a definition, and with too short a series', async () => {
    const wrong = await variant('wrong.yaml', (document) => ({ ...document, spec: { horizon: 'tomorrow' } }))
    const error = await trainModel({ definition: wrong, data }).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(DefinitionError)
    expect((error as DefinitionError).message).toContain('spec.horizon')
    await writeFile(wrong, ': {')
    await expect(loadDefinition(wrong)).rejects.toMatchObject({ code: 'not-yaml' })
    await expect(loadDefinition(join(folder, 'absent.yaml'))).rejects.toMatchObject({ code: 'unreadable' })
    const sensor = fileURLToPath(new URL('definitions/sensor.yaml', import.meta.url))
    const short = join(folder, 'short.csv')
    await writeFile(short, 'date,x\na,1\nb,2\n')
    await expect(trainModel({ definition: sensor, data: short })).rejects.toMatchObject({ code: 'too-little' })
  })
})

describe('spawnTraining', () => {
  it('trains in a process of its own and tells how far it is', async () => {
    const out = join(folder, 'spawned.bundle')
    const told: TrainProgress[] = []
    const manifest = await spawnTraining({ definition, data, out, onProgress: (each) => told.push(each) })
    expect(openBundle(await readFile(out)).manifest).toEqual(manifest)
    expect(told.at(-1)!.stage).toBe('done')
  })

  it('carries the code of an error over', async () => {
    const out = join(folder, 'failed.bundle')
    const absent = join(folder, 'absent.csv')
    await expect(spawnTraining({ definition, data: absent, out })).rejects.toMatchObject({
      name: 'TrainingError',
      code: 'unreadable',
    })
  })

  it('ends when it is aborted', async () => {
    const out = join(folder, 'aborted.bundle')
    const controller = new AbortController()
    const training = spawnTraining({
      ...{ definition, data, out, signal: controller.signal },
      onProgress: ({ stage }) => stage === 'training' && controller.abort(new Error('enough')),
    })
    await expect(training).rejects.toThrow('enough')
    expect(existsSync(out)).toBe(false)
  })

  it('ends with its parent', async () => {
    // The parent starts a training, says the training process's id, and is killed.
    const parent = `
      import { spawnTraining } from ${JSON.stringify(new URL('workshop.ts', import.meta.url).href)}
      import { readFileSync } from 'node:fs'
      const order = ${JSON.stringify({ definition, data, out: join(folder, 'orphan.bundle') })}
      spawnTraining({ ...order, onProgress: () =>
        console.log(readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8')) })`
    const child = spawn(process.execPath, ['--input-type=module', '-e', parent], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [text] = (await new Promise<string[]>((resolve) => {
      child.stdout.setEncoding('utf8').once('data', (said: string) => resolve([said]))
    })) as [string]
    const pid = Number(text.trim().split(/\s+/)[0])
    const alive = () => {
      try {
        process.kill(pid, 0)
        return true
      } catch {
        return false
      }
    }
    expect(alive()).toBe(true)
    child.kill('SIGKILL')
    await vi.waitFor(() => expect(alive()).toBe(false))
  })
})
