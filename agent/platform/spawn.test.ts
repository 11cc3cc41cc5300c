import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { fullJitter } from './backoff.ts'
import { entryPoint, startChild } from './spawn.ts'

describe('spawning', () => {
  it('finds the source in development and the file beside the bundle when shipped', () => {
    const source = new URL('file:///app/agent/inference/model-host.ts')
    expect(entryPoint(source, 'file:///app/agent/platform/spawn.ts').href).toBe(source.href)
    expect(entryPoint(source, 'file:///opt/storecast/agent.js').href).toBe('file:///opt/storecast/model-host.js')
    expect(entryPoint(source, 'file:///opt/storecast/agent.mjs').href).toBe('file:///opt/storecast/model-host.mjs')
  })

  it('carries typed arrays to a child, which ends with its channel', async () => {
    const child = startChild(new URL('./test/echo-child.ts', import.meta.url))
    child.send(new Float32Array([1, 2.5]))
    expect((await once(child, 'message'))[0]).toEqual(new Float32Array([1, 2.5]))
    child.disconnect()
    expect((await once(child, 'exit'))[0]).toBe(0)
  })

  it('works the same in an esbuild bundle', async () => {
    const out = await mkdtemp(join(tmpdir(), 'bundle-'))
    try {
      await build({
        entryPoints: ['spawn-child', 'echo-child'].map((name) => join(import.meta.dirname, 'test', `${name}.ts`)),
        outdir: out,
        outExtension: { '.js': '.mjs' },
        bundle: true,
        platform: 'node',
        format: 'esm',
      })
      const { stdout } = await promisify(execFile)(process.execPath, [join(out, 'spawn-child.mjs')])
      expect(stdout).toBe('hello 0\n')
    } finally {
      await rm(out, { recursive: true })
    }
  })
})

describe('backoff with full jitter', () => {
  it('draws from a ceiling that doubles to the cap and falls back after a success', () => {
    const backoff = fullJitter({ baseMs: 100, capMs: 450, random: () => 0.5 })
    expect([1, 2, 3, 4, 5].map(() => backoff.next())).toEqual([50, 100, 200, 225, 225])
    backoff.reset()
    expect(backoff.next()).toBe(50)
  })
})
