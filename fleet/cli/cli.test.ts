import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
  const status = await runCli(argv, { terminal, signal: new AbortController().signal })
  return { status, ...said }
}

describe('the command line', () => {
  it('prints help where asked for, as data', async () => {
    const { status, out } = await storecast('model', '--help')
    expect(status).toBe(0)
    expect(out).toContain('inspect')
  })

  it.each([[['model', 'inspect']], [['model', 'paint']], [['model', 'inspect', 'a.bundle', '--colour']]])(
    'ends with 2 and says what is wrong: %s',
    async (argv) => {
      const { status, out, err } = await storecast(...argv)
      expect(status).toBe(2)
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
