import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cloudConfig, startCloud } from '@storecast/cloud'
import { testBundle } from '@storecast/cloud/test/bundle'
import { temporaryFolder } from '@storecast/cloud/test/database'
import { rolloutOf } from '@storecast/cloud/test/rollout'
import { tufClient } from '@storecast/cloud/test/tuf-client'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { cloudClient } from '../client/client.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

/** Blocks of the page, in order. */
const blocks = (page: string, language: string) =>
  [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(([, of]) => of === language).map(([, , text]) => text!)

it('the key ceremony can be held as its page says, command by command', async () => {
  const page = await readFile(join(ROOT, 'docs/operator/key-ceremony.md'), 'utf8')
  await using stack = new AsyncDisposableStack()
  const { path } = stack.use(await temporaryFolder())
  const [settings] = blocks(page, 'yaml')
  const config = cloudConfig({
    ...parse(settings!),
    ...{
      data: join(path, 'cloud'),
      http: { port: 0 },
      mqtt: { port: 0 },
      mqtts: { port: 0 },
      devices: { port: 0 },
      logLevel: 'silent',
    },
  })
  let cloud = await startCloud(config)
  stack.defer(() => cloud[Symbol.asyncDispose]())

  const desk = await mkdtemp(join(path, 'desk-'))
  await mkdir(join(desk, 'bin'))
  await writeFile(join(desk, 'passphrase'), 'correct horse battery staple\n')
  // What a person types: their passphrase, what is to be changed by its name, and "yes" once they have read what they sign.
  const answered = '[[ "$1" =~ ^(approve|revoke)$ || "$1 $2" =~ ^trust.(sign|rotate)$ ]] && set -- "$@" --yes'
  const shim = `#!/usr/bin/env bash\n${answered}\nexec "${process.execPath}" "${join(ROOT, 'fleet/cli/main.ts')}" "$@"\n`
  await writeFile(join(desk, 'bin/storecast'), shim)
  await chmod(join(desk, 'bin/storecast'), 0o755)
  const type = async (commands: string) => {
    const env = {
      ...process.env,
      PATH: `${join(desk, 'bin')}:${process.env.PATH}`,
      STORECAST_URL: cloud.url,
      STORECAST_TOKEN: cloud.adminToken,
      STORECAST_KEY_PASSPHRASE_FILE: join(desk, 'passphrase'),
    }
    return run('bash', ['-euc', commands], { cwd: desk, env })
  }

  const client = () => cloudClient({ url: cloud.url, token: cloud.adminToken })
  const register = await fetch(`${cloud.url}/v1/models/demand/versions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${cloud.adminToken}`, 'content-type': 'application/x-tar' },
    body: testBundle() as Uint8Array<ArrayBuffer>,
  })
  expect(register.status).toBe(201)
  const rollout = () => client().post('/v1/rollouts', rolloutOf('models:/demand/1'))

  const said: string[] = []
  let device: Awaited<ReturnType<typeof tufClient>> | undefined
  for (const block of blocks(page, 'sh')) {
    if (block.includes('new-cloud-keys')) {
      // "Stop the cloud, move its trust folder away, start it."
      await cloud[Symbol.asyncDispose]()
      await rm(join(path, 'cloud', 'trust'), { recursive: true })
      cloud = await startCloud(config)
      expect((await client().get<{ state: string }>('/v1/trust')).state).toBe('other-cloud-keys')
      device = undefined
    }
    if (block.includes('revoke')) await expect(rollout()).rejects.toMatchObject({ code: 'rollout-empty' })
    if (block.includes('storecast approve'))
      await expect(rollout()).rejects.toMatchObject({ code: 'version-unapproved' })
    const { stdout } = await type(block)
    said.push(stdout)
    if (block.includes('revoke')) await expect(rollout()).rejects.toMatchObject({ code: 'version-revoked' })
    if (!block.includes('trust push')) continue
    const { root, state } = await client().get<{ state: string; root: { sha256: string } }>('/v1/trust')
    expect(state).toBe('ready')
    const pinned = await readFile(join(desk, 'trust/metadata/1.root.json'))
    if (!said.join('').includes('version 2'))
      expect(createHash('sha256').update(pinned).digest('hex')).toBe(root.sha256)
    // A device from the first day follows every step.
    device ??= await tufClient({ url: cloud.url, folder: await mkdtemp(join(path, 'device-')), root: pinned })
    await device.refresh()
  }
  const everything = said.join('\n')
  expect(everything).toMatch(/production, ready/)
  expect(everything).toMatch(/root +version 4 +in force/)
  expect(await client().get('/v1/trust')).toMatchObject({ targets: { approved: 1, revoked: 1 }, root: { version: 4 } })
})
