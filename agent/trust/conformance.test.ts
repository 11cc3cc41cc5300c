import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ObjectServer, startObjectServer } from '../test/object-server.ts'
import { makeSigner, SigningCloud } from '../test/signing-cloud.ts'
import { temporaryFolder } from '../test/storage.ts'

/** The client that theupdateframework/tuf-conformance can drive, against repositories that are signed here. */
const CLIENT = fileURLToPath(new URL('../test/tuf-client.ts', import.meta.url))
const METADATA = '/v1/tuf/metadata/'
const { stack } = { stack: { current: new AsyncDisposableStack() } }
let server: ObjectServer
let cloud: SigningCloud
let folder: string

beforeEach(async () => {
  stack.current = new AsyncDisposableStack()
  folder = stack.current.use(await temporaryFolder()).path
  server = stack.current.use(await startObjectServer())
  cloud = new SigningCloud({ put: server.putFile })
  await mkdir(join(folder, 'targets'))
})
afterEach(() => stack.current.disposeAsync())

/** @returns the exit status */
async function run(...args: string[]): Promise<number> {
  const options = ['--metadata-dir', join(folder, 'metadata'), '--metadata-url', server.url + METADATA.slice(0, -1)]
  const child = spawn(process.execPath, [CLIENT, ...options, ...args], { stdio: 'ignore' })
  const [status] = await once(child, 'exit')
  return status
}
const init = async (root: Buffer = cloud.firstRoot) => {
  await writeFile(join(folder, 'initial.json'), root)
  return await run('init', join(folder, 'initial.json'))
}
const refresh = () => run('refresh')
const download = (name: string) => {
  const places = ['--target-base-url', `${server.url}/v1/tuf/targets`, '--target-dir', join(folder, 'targets')]
  return run('--target-name', name, ...places, 'download')
}
const trusted = async () => {
  const names = (await readdir(join(folder, 'metadata'))).filter((name) => name.endsWith('.json'))
  const read = async (name: string) => [name.slice(0, -5), await readFile(join(folder, 'metadata', name))] as const
  return new Map(await Promise.all(names.map(read)))
}
const versions = async () =>
  Object.fromEntries([...(await trusted())].map(([role, bytes]) => [role, JSON.parse(bytes.toString()).signed.version]))
/** Puts a target of many letters in the repository. */
const addTarget = (path: string, content: string) => {
  cloud.putTarget(path, content)
  cloud.publish()
}
const downloaded = async () =>
  await Promise.all(
    (await readdir(join(folder, 'targets'))).map((name) => readFile(join(folder, 'targets', name), 'utf8')),
  )

describe('the conformance client', () => {
  it('inits without a request, refreshes in the order of the specification, and leaves the bytes that were signed', async () => {
    expect(await init()).toBe(0)
    expect(server.requests).toEqual([])
    expect(await refresh()).toBe(0)
    const { targets, snapshot } = cloud.versions
    const files = ['2.root.json', 'timestamp.json', `${snapshot}.snapshot.json`, `${targets}.targets.json`]
    expect(server.requests).toEqual(files.map((file) => METADATA + file))
    expect(await trusted()).toEqual(
      new Map([
        ['root', cloud.firstRoot],
        ['snapshot', cloud.served.get(`${snapshot}.snapshot.json`)],
        ['targets', cloud.served.get(`${targets}.targets.json`)],
        ['timestamp', cloud.served.get('timestamp.json')],
      ]),
    )
    // Nothing is new: only the root after this one and the timestamp are asked for.
    expect(await refresh()).toBe(0)
    expect(server.requests.slice(4)).toEqual([`${METADATA}2.root.json`, `${METADATA}timestamp.json`])
  })

  it('fails without an init, and with a first root that nobody signed, before it asks for anything', async () => {
    expect(await refresh()).toBe(1)
    const root = JSON.parse(cloud.firstRoot.toString())
    root.signatures[0].sig = '00'.repeat(64)
    await init(Buffer.from(JSON.stringify(root)))
    expect(await refresh()).toBe(1)
    expect(server.requests).toEqual([])
  })

  it('fails where any part fails, and keeps what was verified before that', async () => {
    await init()
    expect(await refresh()).toBe(0)
    const before = await versions()
    const { root } = cloud.signers
    cloud.signers.root = [makeSigner()]
    cloud.publishRoot(root)
    cloud.publish()
    cloud.serve(`${cloud.versions.targets}.targets.json`, Buffer.from('{}'))
    expect(await refresh()).toBe(1)
    const { snapshot, timestamp } = cloud.versions
    expect(await versions()).toEqual({ ...before, root: 2, timestamp, snapshot })
    cloud.serve(`${cloud.versions.targets}.targets.json`, cloud.served.get(`${cloud.versions.targets}.targets.json`)!)
    expect(await refresh()).toBe(0)
    expect(await versions()).toEqual(cloud.versions)
  })

  it('refuses a rollback, and takes a lower version back once the keys are others', async () => {
    await init()
    cloud.versions.timestamp = 99
    cloud.now = 100_000
    cloud.lifetimes.timestamp = 2 * Date.now()
    cloud.publish({ from: 'timestamp' })
    expect(await refresh()).toBe(0)
    cloud.versions.timestamp = 4
    cloud.now = 1000
    cloud.publish({ from: 'timestamp' })
    expect(await refresh()).toBe(1)
    expect((await versions()).timestamp).toBe(100)
    cloud.now = Date.now()
    cloud.signers.timestamp = [makeSigner()]
    cloud.publishRoot()
    cloud.now = 1000
    cloud.versions.timestamp = 4
    cloud.publish({ from: 'timestamp' })
    expect(await refresh()).toBe(0)
    expect((await versions()).timestamp).toBe(5)
  })

  it('downloads what is signed, once, and nothing else', async () => {
    await init()
    expect(await download('nothing of the kind')).toBe(1)
    expect(await versions()).toEqual(cloud.versions)
    addTarget('greeting.txt', 'good morning')
    expect(await download('greeting.txt')).toBe(0)
    expect(await downloaded()).toEqual(['good morning'])
    const asked = () => server.requests.filter((path) => path.endsWith('greeting.txt')).length
    expect(await download('greeting.txt')).toBe(0)
    expect(asked()).toBe(1)
    addTarget('greeting.txt', 'good night')
    const { hashes } = cloud.targets.get('greeting.txt')!
    const path = `/v1/tuf/targets/${hashes.sha256}.greeting.txt`
    server.putFile(path, Buffer.from('good nigth'))
    expect(await download('greeting.txt')).toBe(1)
    server.putFile(path, Buffer.from('good night, and more than was signed'))
    expect(await download('greeting.txt')).toBe(1)
    expect(await downloaded()).toEqual(['good morning'])
    server.putFile(path, Buffer.from('good night'))
    expect(await download('greeting.txt')).toBe(0)
    expect(await downloaded()).toEqual(['good night'])
  })
})
