import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cloudConfig, startCloud } from '@storecast/cloud'
import { testBundle } from '@storecast/cloud/test/bundle'
import { temporaryFolder } from '@storecast/cloud/test/database'
import { rolloutOf } from '@storecast/cloud/test/rollout'
import { tufClient } from '@storecast/cloud/test/tuf-client'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { cloudClient } from '../../client/client.ts'
import { blocksOf, openDesk } from './desk.ts'

it('the key ceremony can be held as its page says, command by command', { timeout: 600_000 }, async () => {
  const page = 'operator/key-ceremony.md'
  await using stack = new AsyncDisposableStack()
  const { path } = stack.use(await temporaryFolder())
  const [settings] = await blocksOf(page, 'yaml')
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

  const desk = stack.use(await openDesk(path))
  const type = (commands: string) =>
    desk.type(commands, { STORECAST_URL: cloud.url, STORECAST_TOKEN: cloud.adminToken })

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
  for (const block of await blocksOf(page, 'sh')) {
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
    said.push(await type(block))
    if (block.includes('revoke')) await expect(rollout()).rejects.toMatchObject({ code: 'version-revoked' })
    if (!block.includes('trust push')) continue
    const { root, state } = await client().get<{ state: string; root: { sha256: string } }>('/v1/trust')
    expect(state).toBe('ready')
    const pinned = await readFile(join(desk.folder, 'trust/metadata/1.root.json'))
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
