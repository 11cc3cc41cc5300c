import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { REVOKED_TARGET } from '@storecast/shared/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openReading } from '../platform/database.ts'
import { startChild } from '../platform/spawn.ts'
import { type GuardedDevice, guardedDevice, refusal } from '../test/guarded-device.ts'
import type { TornWrite } from '../test/torn-trust.ts'
import { readJudged, readMetadata, readRefusal, readTarget, readTime } from './state.ts'

const CHILD = new URL('../test/torn-trust.ts', import.meta.url)
const { signal } = new AbortController()
let device: GuardedDevice

beforeEach(async () => {
  device = await guardedDevice()
  await device.desire()
})
afterEach(() => device[Symbol.asyncDispose]())

/** All that is trusted, as one value. */
function stateOf(file: string): object {
  const db = openReading(file)
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    const events = db.prepare('SELECT count(*) FROM events').pluck().get()
    const metadata = [...readMetadata(db)].map(([role, body]) => [role, body.toString()])
    const revoked = readTarget(db, REVOKED_TARGET)
    return { metadata, revoked, time: readTime(db), desired: readJudged(db), refusal: readRefusal(db), events }
  } finally {
    db.close()
  }
}

/** Kills the write at each of its statements; gives how many there were. */
async function killAtEachStatement(write: Omit<TornWrite, 'at' | 'file'>): Promise<number> {
  const image = join(device.folder, 'image.db')
  await rm(image, { force: true })
  device.db.prepare('VACUUM INTO ?').run(image)
  const before = stateOf(image)
  for (let at = 1; ; at++) {
    const file = join(device.folder, `torn-${at}.db`)
    await copyFile(image, file)
    const child = startChild(CHILD)
    let statements: number | undefined
    child.on('message', (message: { statements: number }) => {
      statements = message.statements
    })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.send({ ...write, file, at })
    await ended
    if (statements === undefined) {
      expect(stateOf(file), `killed at statement ${at}`).toEqual(before)
      continue
    }
    expect(stateOf(file)).not.toEqual(before)
    return statements
  }
}

describe('trust state, killed at every statement of a write, is what it was or what it becomes', () => {
  it('while a refresh is kept', async () => {
    const { cloud } = device
    cloud.putTarget(REVOKED_TARGET, JSON.stringify({ versions: [{ model: 'demand', version: 3, reason: 'wrong' }] }))
    cloud.now += 60_000
    cloud.publish()
    const metadata = readMetadata(device.db)
    for (const [file, bytes] of cloud.served) {
      const role = file.replace(/^\d+\./, '').replace('.json', '')
      metadata.set(role, bytes)
    }
    const { sha256 } = cloud.targets.get(REVOKED_TARGET)!.hashes as { sha256: string }
    const targets = [{ path: REVOKED_TARGET, sha256, body: Buffer.from('{"versions":[]}') }]
    const arg = { metadata, targets, gone: [], known: cloud.now, attestedBy: ['a key'], refreshedAt: cloud.now }
    expect(await killAtEachStatement({ name: 'trust.keep', arg })).toBeGreaterThan(5)
  })

  it('while a desired state is let through', async () => {
    const arg = device.desired()
    expect(await killAtEachStatement({ name: 'trust.desire', arg })).toBeGreaterThan(0)
  })

  it('while a refusal is told', async () => {
    const refused = { code: 'metadata-rollback', message: 'went back', at: 1 }
    const arg = { id: crypto.randomUUID(), refusal: refused, passing: true }
    expect(await killAtEachStatement({ name: 'trust.refuse', arg })).toBeGreaterThan(2)
  })
})

it('a device that stops amid a refresh goes on from what it had, whatever lies in its working folder', async () => {
  const { cloud } = device
  const remains = join(device.folder, 'trust')
  for (let round = 0; round < 10; round++) {
    cloud.now += 60_000
    device.clock += 60_000
    cloud.publish()
    const before = device.gate.status.roles.timestamp!.version
    const stopped = refusal(device.gate.refresh(signal))
    await device.restart()
    expect(['none', 'AbortError']).toContain(await stopped)
    expect(device.gate.status.roles.timestamp!.version).toBeGreaterThanOrEqual(before)
    await mkdir(remains, { recursive: true })
    for (const role of ['root', 'targets', 'other']) await writeFile(join(remains, `${role}.json`), 'torn')
    expect(await refusal(device.gate.refresh(signal))).toBe('none')
  }
})
