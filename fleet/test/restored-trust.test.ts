import { chmod, cp, mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { backup, type CloudConfig, cloudConfig, restore, startCloud } from '@storecast/cloud'
import { testBundle } from '@storecast/cloud/test/bundle'
import { quiet, temporaryFolder } from '@storecast/cloud/test/database'
import { type TufClient, tufClient } from '@storecast/cloud/test/tuf-client'
import { freePort } from '@storecast/shared/test/ports'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { runCli } from '../cli/program.ts'

/** A device has seen what was signed after yesterday's backup; the cloud is restored from it. */
const log = quiet
const stack = new AsyncDisposableStack()
let path: string
beforeAll(async () => {
  path = stack.use(await temporaryFolder()).path
})
afterAll(() => stack.disposeAsync())

interface Running extends AsyncDisposable {
  readonly url: string
  readonly adminToken: string
}

describe.each(['development', 'production'] as const)(
  'a cloud in %s mode, restored from yesterday’s backup',
  (mode) => {
    let home: string
    let port: number
    beforeEach(async () => {
      home = await mkdtemp(join(path, `${mode}-`))
      await chmod(home, 0o711) // PostgreSQL may run as another user
      // Where the device looks for the restored cloud, too.
      port = await freePort()
    })
    const configOf = (name: string): CloudConfig =>
      cloudConfig({
        ...{
          data: join(home, name),
          http: { port },
          mqtt: { port: 0 },
          mqtts: { port: 0 },
          devices: { port: 0 },
          postgres: { fsync: 'off' },
          trust: { mode },
        },
      })
    const register = async (cloud: Running, salt: string) => {
      const response = await fetch(`${cloud.url}/v1/models/demand/versions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${cloud.adminToken}`, 'content-type': 'application/x-tar' },
        body: testBundle({ salt }) as Uint8Array<ArrayBuffer>,
      })
      expect(response.status).toBe(201)
    }
    const statusOf = async (cloud: Running) => {
      const response = await fetch(`${cloud.url}/v1/trust`, {
        headers: { authorization: `Bearer ${cloud.adminToken}` },
      })
      return (await response.json()) as { state: string; root: { version: number }; targets: { version: number } }
    }
    /** The highest that the cloud has signed. */
    const onlineVersion = async (cloud: Running): Promise<number> => {
      const response = await fetch(`${cloud.url}/v1/tuf/metadata/timestamp.json`)
      const { signed } = (await response.json()) as {
        signed: { version: number; meta: { 'snapshot.json': { version: number } } }
      }
      return Math.max(signed.version, signed.meta['snapshot.json'].version)
    }
    const storecast = async (cloud: Running, ...argv: string[]) => {
      const said: string[] = []
      const status = await runCli(argv, {
        terminal: { out: () => {}, err: (text) => said.push(text), progress: () => {} },
        signal: new AbortController().signal,
        env: {
          STORECAST_URL: cloud.url,
          STORECAST_TOKEN: cloud.adminToken,
          STORECAST_KEY_PASSPHRASE_FILE: join(home, 'passphrase'),
          STORECAST_TRUST_FOLDER: join(home, 'trust'),
        },
        readInput: async () => '',
      })
      expect([argv.join(' '), status, status === 0 ? [] : said]).toEqual([argv.join(' '), 0, []])
    }
    const at = (name: string) => join(home, name)
    const approve = (cloud: Running, version: number) =>
      mode === 'production'
        ? storecast(cloud, 'approve', `demand@${version}`, '--key', at('alice.pem'), '--yes')
        : Promise.resolve()

    /** Yesterday: version 1 and a backup; then version 2, and a device that has seen it. */
    async function yesterday(): Promise<TufClient> {
      await using cloud = await startCloud(configOf('first'), { log })
      if (mode === 'production') {
        await writeFile(at('passphrase'), 'correct horse battery')
        await storecast(cloud, 'key', 'create', at('alice.pem'))
        await storecast(cloud, 'trust', 'cloud-keys', '--out', at('keys.json'))
        const alice = at('alice.pem.pub')
        await storecast(cloud, 'trust', 'init', '--cloud-keys', at('keys.json'), '--root', alice, '--targets', alice)
        await storecast(cloud, 'trust', 'sign', '--key', at('alice.pem'), '--yes')
        await storecast(cloud, 'trust', 'push')
      }
      await register(cloud, 'one')
      await approve(cloud, 1)
      const root = Buffer.from(await (await fetch(`${cloud.url}/v1/tuf/metadata/1.root.json`)).arrayBuffer())
      const device = await tufClient({ url: cloud.url, folder: await mkdtemp(join(home, 'device-')), root })
      await device.refresh()
      await backup(configOf('first'), at('saved'), { log })
      await register(cloud, 'two')
      await approve(cloud, 2)
      if (mode === 'production') {
        await storecast(cloud, 'trust', 'renew', '--only', 'root')
        await storecast(cloud, 'trust', 'sign', '--key', at('alice.pem'), '--yes')
        await storecast(cloud, 'trust', 'push')
      }
      expect(await device.target('models/demand/2.bundle')).toBeDefined()
      // Versions are seconds, and what is signed more often runs ahead of them: by the next day a cloud is beyond that.
      const signed = await onlineVersion(cloud)
      await vi.waitFor(() => expect(Date.now() / 1000).toBeGreaterThan(signed + 1), { timeout: 30_000 })
      return device
    }

    it('strands no device', async () => {
      const device = await yesterday()
      await restore(configOf('second'), at('saved'), { log })
      await cp(at('first/trust'), at('second/trust'), { recursive: true })
      await using cloud = await startCloud(configOf('second'), { log })
      if (mode === 'production') {
        // What the operators signed after the backup is not there: devices do not go back to what was before.
        await expect(device.refresh()).rejects.toThrow(/less than current version/)
        expect(await statusOf(cloud)).toMatchObject({ state: 'ready', root: { version: 1 } })
        await storecast(cloud, 'trust', 'push')
        expect(await statusOf(cloud)).toMatchObject({ state: 'ready', root: { version: 2 } })
        expect(await device.target('models/demand/2.bundle')).toBeDefined()
      }
      await device.refresh()
      expect(await device.target('models/demand/1.bundle')).toBeDefined()
      await register(cloud, 'after')
      if (mode === 'development') expect(await device.target('models/demand/2.bundle')).toBeDefined()
    })

    if (mode === 'development') return

    it('strands none either when its own keys are lost', async () => {
      const device = await yesterday()
      await restore(configOf('second'), at('saved'), { log })
      await using cloud = await startCloud(configOf('second'), { log })
      expect((await statusOf(cloud)).state).toBe('other-cloud-keys')
      await expect(device.refresh()).rejects.toThrow()
      await storecast(cloud, 'trust', 'cloud-keys', '--out', at('new-keys.json'))
      await storecast(cloud, 'trust', 'rotate', '--cloud-keys', at('new-keys.json'), '--yes')
      await storecast(cloud, 'trust', 'sign', '--key', at('alice.pem'), '--yes')
      await storecast(cloud, 'trust', 'push')
      expect(await statusOf(cloud)).toMatchObject({ state: 'ready', root: { version: 3 } })
      await device.refresh()
      expect(await device.target('models/demand/2.bundle')).toBeDefined()
    })
  },
)
