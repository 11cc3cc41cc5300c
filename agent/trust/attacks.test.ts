import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { REVOKED_TARGET } from '@storecast/shared/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GuardedDevice, guardedDevice, refusal } from '../test/guarded-device.ts'
import type { Fault } from '../test/object-server.ts'
import { makeOnlineKey, makeSigner, SigningCloud } from '../test/signing-cloud.ts'
import { readMetadata } from './state.ts'

/** The table of attacks: a cloud, a broker or a line in other hands. What each row ends in is the reason that is told. */
const DAY = 86_400_000
const TIMESTAMP = '/v1/tuf/metadata/timestamp.json'
let device: GuardedDevice
let cloud: SigningCloud

const start = async (options?: Parameters<typeof guardedDevice>[0]) => {
  device = await guardedDevice(options)
  cloud = device.cloud
  await device.desire()
}
beforeEach(() => start())
afterEach(() => device[Symbol.asyncDispose]())

const { signal } = new AbortController()
const approved = (target = device.bundle()) =>
  refusal(device.gate.requireApproved({ model: 'demand', ...target }, signal))
const refresh = () => refusal(device.gate.refresh(signal))
const desire = (part = {}) => refusal(device.desire(part))
/** Some time goes by, for the cloud and the device. */
const pass = (ms: number) => {
  cloud.now += ms
  device.clock += ms
  device.uptime += ms
}
/** The reason is kept for the status, and is an event that the cloud will hear. */
const told = (reason: string) => {
  expect(device.gate.status.lastRefusal?.code).toBe(reason)
  const details = device.db.prepare<[], string>('SELECT detail FROM events').pluck().all()
  expect(details.map((detail) => JSON.parse(detail).reason)).toContain(reason)
}
/** Keeps one byte a while after the other coming. */
const trickle: Fault = (_, response, bytes) => {
  response.writeHead(200, { 'content-length': bytes.length })
  const timer = setInterval(() => response.write(' '), 20)
  response.on('close', () => clearInterval(timer))
}
const endless: Fault = (_, response) => {
  response.writeHead(200)
  const block = Buffer.alloc(65_536, ' ')
  const pour = () => {
    while (!response.destroyed && response.write(block));
  }
  response.on('drain', pour)
  pour()
}

describe('a taken-over cloud', () => {
  it('arbitrary model: what no approver signed does not run', async () => {
    expect(await approved()).toBe('not-approved')
    told('not-approved')
    cloud.approve('demand', device.bundle())
    pass(DAY / 4)
    expect(await approved()).toBe('none')
  })

  it('arbitrary model, signed by keys of its own: refused with all that came with it', async () => {
    const before = readMetadata(device.db)
    cloud.signers.targets = [makeSigner()]
    cloud.approve('demand', device.bundle())
    pass(DAY / 4)
    expect(await approved()).toBe('metadata-signature')
    told('metadata-signature')
    expect(readMetadata(device.db).get('targets')).toEqual(before.get('targets'))
  })

  it('altered bundle: other bytes than those signed for, named by the cloud or come to lie on the disk', async () => {
    cloud.approve('demand', device.bundle('the right bytes'))
    pass(DAY / 4)
    expect(await approved(device.bundle('other bytes'))).toBe('digest-differs')
    told('digest-differs')
    const right = device.bundle('the right bytes')
    await writeFile(join(device.folder, right.bundle.sha256), 'the wrong bytes')
    expect(await approved(right)).toBe('bundle-altered')
    await writeFile(join(device.folder, right.bundle.sha256), 'the right bytes')
    expect(await approved(right)).toBe('none')
  })

  it('wrong length: of a bundle, of metadata, of a small target', async () => {
    const { bundle } = device.bundle()
    cloud.approve('demand', device.bundle())
    pass(DAY / 4)
    expect(await approved({ version: 1, bundle: { ...bundle, bytes: bundle.bytes + 1 } })).toBe('length-differs')
    cloud.publish()
    const file = `${cloud.versions.snapshot}.snapshot.json`
    cloud.serve(file, Buffer.concat([cloud.served.get(file)!, Buffer.from('\n')]))
    expect(await refresh()).toBe('endless-data')
    cloud.serve(file, cloud.served.get(file)!.subarray(0, -1))
    expect(await refresh()).toBe('metadata-length')
    told('metadata-length')
    cloud.putTarget(REVOKED_TARGET, JSON.stringify({ versions: [] }, null, 2))
    cloud.publish()
    const { hashes } = cloud.targets.get(REVOKED_TARGET)!
    device.server.putFile(`/v1/tuf/targets/${hashes.sha256}.${REVOKED_TARGET}`, Buffer.from('{}'))
    expect(await refresh()).toBe('target-differs')
    expect(await approved()).toBe('target-differs')
  })

  it('a withdrawn version does not run', async () => {
    cloud.approve('demand', device.bundle())
    pass(DAY / 4)
    expect(await approved()).toBe('none')
    const versions = [{ model: 'demand', version: 1, reason: 'orders far too much' }]
    cloud.putTarget(REVOKED_TARGET, JSON.stringify({ versions }))
    cloud.publish()
    pass(DAY / 4)
    expect(await approved()).toBe('version-revoked')
    told('version-revoked')
  })

  it('key compromise below the threshold: one of two approvers is not enough', async () => {
    const [ours, stolen] = [makeSigner(), makeSigner()]
    const { root } = cloud.signers
    cloud.signers.targets = [ours, stolen]
    cloud.thresholds.targets = 2
    cloud.publishRoot(root)
    cloud.publish()
    expect(await refresh()).toBe('none')
    cloud.signers.targets = [stolen]
    cloud.approve('demand', device.bundle())
    pass(DAY / 4)
    expect(await approved()).toBe('metadata-signature')
    // A root of the thief's, which says that one is enough.
    cloud.signers.root = [stolen]
    cloud.thresholds.targets = 1
    cloud.publishRoot()
    expect(await refresh()).toBe('metadata-signature')
    expect(device.gate.status.roles.root?.version).toBe(2)
  })

  it('puts time far ahead: until the operators name another timestamp key, and not after', async () => {
    const start = device.clock
    cloud.now += 80 * DAY
    cloud.publish({ from: 'snapshot' })
    expect(await refresh()).toBe('none')
    expect(device.gate.now()).toBe(Math.floor(cloud.now / 1000) * 1000)
    // Within what the operators' own signatures allow, and no further.
    cloud.now += 100 * DAY
    cloud.publish({ from: 'snapshot' })
    expect(await refresh()).toBe('none')
    await device.restart()
    expect(device.gate.now()).toBeLessThan(start + 90 * DAY)

    cloud.now = start
    const { root } = cloud.signers
    cloud.signers.timestamp = [makeSigner()]
    cloud.signers.snapshot = [makeSigner()]
    cloud.publishRoot(root)
    cloud.versions.snapshot = 0
    cloud.versions.timestamp = 0
    cloud.publish({ from: 'snapshot' })
    expect(await refresh()).toBe('none')
    expect(device.gate.now()).toBe(device.clock)
  })
})

describe('a repository in other hands', () => {
  it('rollback: older metadata than what is trusted', async () => {
    const past = new Map(cloud.served)
    pass(60_000)
    cloud.publish()
    expect(await refresh()).toBe('none')
    cloud.replay(past)
    expect(await refresh()).toBe('metadata-rollback')
    told('metadata-rollback')
    expect(device.gate.status.roles.timestamp?.version).toBe(cloud.versions.timestamp)
  })

  it('freeze: the same metadata for ever expires', async () => {
    cloud.approve('demand', device.bundle())
    pass(DAY / 4)
    expect(await approved()).toBe('none')
    pass(DAY + 1)
    expect(await approved()).toBe('metadata-expired')
    told('metadata-expired')
    expect(await desire()).toBe('metadata-expired')
    cloud.publish({ from: 'timestamp' })
    expect(await approved()).toBe('none')
    expect(await desire()).toBe('none')
  })

  it('mix-and-match: metadata of different times', async () => {
    const past = new Map(cloud.served)
    pass(60_000)
    cloud.publish()
    const oldTargets = past.get('1.targets.json')!
    cloud.serve(`${cloud.versions.targets}.targets.json`, oldTargets)
    expect(await refresh()).toMatch(/^metadata-(digest|length|mismatch)$/)
    cloud.serve('2.targets.json', cloud.served.get('2.targets.json')!)
    expect(await refresh()).toBe('none')
    // Snapshot and timestamp keys are the cloud's: an old snapshot under a new number.
    pass(60_000)
    cloud.publish()
    const snapshots = [...past.keys()].filter((file) => file.endsWith('.snapshot.json'))
    cloud.serve(`${cloud.versions.snapshot}.snapshot.json`, past.get(snapshots[0]!)!)
    expect(await refresh()).toMatch(/^metadata-(digest|length|mismatch)$/)
  })

  it('endless data: cut off at what was signed, announced or not', async () => {
    device.server.fail(TIMESTAMP, endless)
    expect(await refresh()).toBe('endless-data')
    told('endless-data')
    cloud.serve('timestamp.json', Buffer.alloc(1_000_000, ' '))
    expect(await refresh()).toBe('endless-data')
  })

  it('slow retrieval: a trickle is as little as silence', async () => {
    await device[Symbol.asyncDispose]()
    await start({ limits: { stallMs: 500, graceMs: 1000, bytesPerSecond: 1e6 } })
    device.server.fail(
      TIMESTAMP,
      trickle,
      (_, response) => void response.writeHead(200).write(' '),
      () => undefined,
    )
    for (let i = 0; i < 3; i++) expect(await refresh()).toBe('slow-retrieval')
    told('slow-retrieval')
    expect(await refresh()).toBe('none')
  })

  it('a file that is missing, or no metadata at all', async () => {
    cloud.serve('timestamp.json', Buffer.from('{}'))
    expect(await refresh()).toBe('metadata-invalid')
    cloud.serve('timestamp.json', Buffer.from('<html>'))
    expect(await refresh()).toBe('metadata-invalid')
    device.server.fail(TIMESTAMP, (_, response) => void response.writeHead(404).end())
    expect(await refresh()).toBe('repository-incomplete')
  })

  it('a server that is away is no attack, and no news', async () => {
    await device.server[Symbol.asyncDispose]()
    expect(await refresh()).toBe('repository-unreachable')
    expect(device.gate.status.lastRefusal).toBeUndefined()
  })

  it('another root than the first: it is not followed', async () => {
    const other = new SigningCloud({ put: device.server.putFile, now: cloud.now })
    other.publishRoot()
    expect(await refresh()).toBe('metadata-signature')
  })
})

describe('desired states', () => {
  it('arbitrary: signed by nobody, by somebody else, by an algorithm that is none', async () => {
    const judge = (payload: string) => refusal(device.gate.judge(Buffer.from(payload)))
    expect(await judge(JSON.stringify(device.desired()))).toBe('desired-malformed')
    const stranger = makeOnlineKey()
    expect(await judge(await cloud.desire(device.desired(), stranger))).toBe('desired-key-unknown')
    expect(await judge(await cloud.desire(device.desired(), { ...stranger, kid: cloud.online.kid }))).toBe(
      'desired-signature',
    )
    const [header, , signature] = (await cloud.desire(device.desired())).split('.')
    const payload = Buffer.from(JSON.stringify(device.desired())).toString('base64url')
    expect(await judge(`${header}.${payload}.${signature}`)).toBe('desired-signature')
    told('desired-signature')
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'storecast-desired+jws', kid: cloud.online.kid }))
    expect(await judge(`${none.toString('base64url')}.${payload}.`)).toBe('desired-malformed')
    expect(await judge('x'.repeat(100_000))).toBe('desired-too-large')
  })

  it('for another device: refused', async () => {
    expect(await desire({ device: 'north-2' })).toBe('desired-not-ours')
    told('desired-not-ours')
  })

  it('replayed and reordered: an older generation is refused, the same one again is no harm', async () => {
    const states = [device.desired(), device.desired(), device.desired()]
    const [one, two, three] = await Promise.all(states.map((state) => cloud.desire(state)))
    const judge = (jws: string) => refusal(device.gate.judge(Buffer.from(jws)))
    expect([await judge(one!), await judge(three!), await judge(two!), await judge(one!), await judge(three!)]).toEqual(
      ['none', 'none', 'desired-rollback', 'desired-rollback', 'none'],
    )
    await device.restart()
    expect(await judge(two!)).toBe('desired-rollback')
    told('desired-rollback')
  })

  it('the same generation with another content: refused', async () => {
    const state = device.desired()
    expect(await desire(state)).toBe('none')
    expect(await desire({ ...state, site: 'south' })).toBe('desired-changed')
  })

  it('freeze: an expired one is not taken, one in force takes no new step until it is signed again', async () => {
    const state = device.desired()
    expect(await desire(state)).toBe('none')
    expect(device.gate.now()).toBeLessThan(device.gate.status.desiredExpires!)
    pass(7 * DAY)
    cloud.publish()
    expect(device.gate.now()).toBeGreaterThanOrEqual(device.gate.status.desiredExpires!)
    expect(await desire(state)).toBe('desired-expired')
    told('desired-expired')
    const again = { ...state, expires: state.expires + 7 * 86_400 }
    expect(await desire(again)).toBe('none')
    expect(device.gate.now()).toBeLessThan(device.gate.status.desiredExpires!)
    // Its older signature comes once more.
    pass(DAY / 4)
    expect(await desire({ ...state, expires: state.expires + 86_400 })).toBe('none')
    expect(device.gate.status.desiredExpires).toBe(again.expires * 1000)
  })

  it('a generation that would lock out all others: refused', async () => {
    expect(await desire({ generation: Number.MAX_SAFE_INTEGER })).toBe('desired-implausible')
  })

  it('by a key that was withdrawn: refused', async () => {
    cloud.putTarget('desired-keys.json', JSON.stringify({ keys: [makeOnlineKey().jwk] }))
    pass(DAY + 1)
    cloud.publish()
    expect(await desire()).toBe('desired-key-unknown')
  })
})

describe('time', () => {
  it('clock set back: what has expired stays expired, over a restart too', async () => {
    pass(DAY / 2)
    cloud.publish({ from: 'timestamp' })
    expect(await refresh()).toBe('none')
    device.uptime += DAY
    expect(await refresh()).toBe('metadata-expired')
    await device.restart()
    device.clock -= 300 * DAY
    expect(await refresh()).toBe('metadata-expired')
    cloud.now += DAY
    cloud.publish({ from: 'timestamp' })
    expect(await refresh()).toBe('none')
  })

  it('a boot at 1970 recovers by itself: from what is on the disk, and on a first boot from what is signed', async () => {
    await device.restart()
    device.clock = 0
    expect(device.gate.now()).toBeGreaterThan(cloud.now - 1000)
    expect(await desire()).toBe('none')

    await using fresh = await guardedDevice()
    fresh.clock = 0
    expect(await refusal(fresh.desire())).toBe('none')
    expect(fresh.gate.now()).toBe(Math.floor(fresh.cloud.now / 1000) * 1000)
  })

  it('a clock that ran ahead does no harm once it is right again', async () => {
    device.clock += 1000 * DAY
    expect(await refresh()).toBe('metadata-expired')
    device.clock = cloud.now
    expect(await refresh()).toBe('none')
  })
})
