import { execFile, spawnSync } from 'node:child_process'
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { testBundle } from '@storecast/cloud/test/bundle'
import { type TestCloud, testCloud } from '@storecast/cloud/test/cloud'
import { parseClaim } from '@storecast/shared/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { typist } from '../test/cli.ts'

let folder: string
let server: TestCloud
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storecast-operator-'))
  server = await testCloud()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const storecast: ReturnType<typeof typist> = (...typed) => typist(folder)(...typed)
const json = async (...argv: string[]) => {
  const { status, out, err } = await storecast([...argv, '--json'])
  expect([status, err]).toEqual([0, ''])
  return JSON.parse(out)
}

describe('login', () => {
  it('is asked for, with a status of its own', async () => {
    const { status, out, err } = await storecast(['device', 'list'])
    expect([status, out]).toEqual([4, ''])
    expect(err).toMatch(/storecast login/)
    const env = { STORECAST_URL: server.cloud.url, STORECAST_TOKEN: 'guess' }
    expect(await storecast(['device', 'list'], { env })).toMatchObject({ status: 4 })
  })

  it('keeps nothing of a token that the cloud does not know', async () => {
    const typed = { input: 'guess\n' }
    expect(await storecast(['login', server.cloud.url, '--with-token'], typed)).toMatchObject({ status: 4 })
    await expect(stat(join(folder, 'storecast', 'credentials.json'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('exchanges the link of the first start for a token, and keeps it for this user alone', async () => {
    const { status, out, err } = await storecast(['login', server.cloud.adminLink!])
    expect([status, out]).toEqual([0, ''])
    expect(err).toContain('logged in')
    const { mode } = await stat(join(folder, 'storecast', 'credentials.json'))
    expect(mode & 0o777).toBe(0o600)
    expect(await json('device', 'list')).toEqual([])
    expect(await storecast(['login', server.cloud.adminLink!])).toMatchObject({ status: 1 })
  })

  it('takes a token that is typed unseen', async () => {
    const typed = { secret: server.cloud.adminToken, env: { XDG_CONFIG_HOME: join(folder, 'typed') } }
    expect(await storecast(['login', server.cloud.url], typed)).toMatchObject({ status: 0 })
    expect(await storecast(['login', server.cloud.url], { ...typed, secret: ' ' })).toMatchObject({ status: 1 })
  })

  it('sends a token to the cloud that gave it, and to no other', async () => {
    const env = { STORECAST_URL: 'http://127.0.0.1:9' }
    expect(await storecast(['device', 'list'], { env })).toMatchObject({ status: 4 })
    expect(await storecast(['device', 'list'], { env: { ...env, STORECAST_TOKEN: 'x' } })).toMatchObject({
      status: 1,
      err: expect.stringMatching(/cannot be reached/),
    })
  })

  it.each([[['login', 'cloud.example']], [['login', 'ftp://cloud.example']], [['completion', 'tcsh']]])(
    'refuses %j',
    async (argv) => {
      expect(await storecast(argv)).toMatchObject({ status: 1, out: '', err: expect.stringMatching(/^storecast: /) })
    },
  )
})

describe('devices and models', () => {
  it('are listed and shown', async () => {
    expect(await json('model', 'list')).toEqual([])
    expect(await storecast(['model', 'list'])).toMatchObject({
      out: '',
      err: expect.stringMatching(/^the cloud has no model yet/),
    })
    await server.call('PUT', '/v1/sites/berlin', { json: { timeZone: 'Europe/Berlin', labels: { region: 'eu' } } })
    await server.call('POST', '/v1/devices', { json: { id: 'berlin-1', site: 'berlin', labels: { tier: 'gold' } } })
    await server.call('POST', '/v1/models/demand/versions', { bytes: testBundle() })
    await server.call('PUT', '/v1/models/demand/aliases/champion', { json: { version: 1 } })

    expect((await json('device', 'list', '-l', 'region=eu')).map((one: { id: string }) => one.id)).toEqual(['berlin-1'])
    expect(await json('device', 'list', '--site', 'oslo')).toEqual([])
    expect((await storecast(['device', 'list'])).out).toMatch(/^berlin-1 +berlin +offline +– +tier=gold$/m)
    expect((await storecast(['device', 'show', 'berlin-1'])).out).toMatch(/^state +offline$/m)
    expect((await storecast(['device', 'show', 'berlin-1'])).out).toMatch(/^gaps +none$/m)
    expect((await storecast(['device', 'show', 'berlin-1'])).out).toMatch(/^clock +not told by its agent$/m)
    expect(await json('device', 'show', 'berlin-1')).toMatchObject({
      id: 'berlin-1',
      desired: { models: {} },
      backlog: { device: 'berlin-1', sequence: null, waiting: null, gaps: {} },
    })
    expect((await storecast(['device', 'show', 'nobody'])).status).toBe(1)

    expect((await storecast(['model', 'list'])).out).toMatch(/^demand +1 +champion → 1$/m)
    expect((await storecast(['model', 'show', 'demand'])).out).toMatch(/^ +1 +champion +\S+ \S+ +0.3000/m)
    expect((await storecast(['model', 'show', 'demand@champion'])).out).toMatch(/^licence +Apache-2.0$/m)
    expect(await json('model', 'show', 'models:/demand/1')).toMatchObject({ version: 1 })
    expect((await storecast(['model', 'show', 'demand@best'])).err).toMatch(/has no alias "best"; it has champion → 1/)
    expect((await storecast(['model', 'show', 'De mand'])).err).toMatch(/names no model/)
  })
})

describe('claims', () => {
  it('are made, listed without their secrets, and withdrawn', async () => {
    const list = join(folder, 'serials.txt')
    await writeFile(list, 'pi-1\n\npi-2\n')
    const argv = ['enroll', 'create', '--site', 'berlin', '-n', '2', '--expires', '12h', '--label', 'tier=gold']
    const made = await storecast([...argv, '--serial-numbers', list])
    expect(made).toMatchObject({ status: 0, err: expect.stringMatching(/^2 claims for berlin, for 12h/) })
    const texts = made.out.trim().split('\n')
    expect(texts.map((text) => parseClaim(text).url)).toEqual(Array(2).fill(server.cloud.devicesUrl))

    const open = await json('enroll', 'list')
    expect(open).toHaveLength(2)
    expect(open[0]).toMatchObject({ site: 'berlin', labels: { tier: 'gold' }, serialNumbers: ['pi-1', 'pi-2'] })
    const inTwelveHours = open[0].createdAt + 12 * 3_600_000
    expect(open[0].expiresAt).toBe(inTwelveHours)
    expect(await storecast(['enroll', 'revoke', open[0].id])).toMatchObject({ status: 0 })
    const { out } = await storecast(['enroll', 'list'])
    expect(out).toMatch(/withdrawn/)
    expect(out).toMatch(/open/)
    for (const text of texts) expect(out).not.toContain(parseClaim(text).secret)
  })

  it.each([
    [['--expires', 'soon'], /--expires soon: say how long/],
    [['--label', 'gold'], /--label gold: say name=value/],
    [['--device', 'a', '-n', '2'], /one device needs one claim/],
  ])('are refused with %j', async (more, message) => {
    const { status, out, err } = await storecast(['enroll', 'create', '--site', 'berlin', ...more])
    expect([status, out]).toEqual([1, ''])
    expect(err).toMatch(message)
  })
})

describe('a severe act', () => {
  it('is done when its name is typed, and by nobody only with --yes', async () => {
    for (const id of ['berlin-2', 'berlin-3'])
      await server.call('POST', '/v1/devices', { json: { id, site: 'berlin' } })
    const retire = ['device', 'retire', 'berlin-2']
    expect(await storecast(retire, { answer: 'y' })).toMatchObject({
      status: 2,
      err: expect.stringMatching(/Nothing was done/),
    })
    expect(await storecast(retire)).toMatchObject({ status: 1, err: expect.stringMatching(/--yes/) })
    expect((await json('device', 'show', 'berlin-2')).retiredAt).toBe(null)
    expect(await storecast(retire, { answer: 'berlin-2\n' })).toMatchObject({ status: 0 })
    expect(await storecast(['device', 'retire', 'berlin-3', '--yes'])).toMatchObject({ status: 0 })
    expect((await json('device', 'show', 'berlin-3')).retiredAt).toBeTypeOf('number')
    const revoked = await storecast(['device', 'revoke', 'berlin-1'], { answer: 'berlin-1\n' })
    expect(revoked).toMatchObject({
      status: 0,
      err: expect.stringContaining('enroll create --site berlin --device berlin-1'),
    })
  })
})

describe('the audit log', () => {
  it('is listed, exported, and followed to its head', async () => {
    const listed = await json('audit', 'list', '--decision', 'allowed', '-n', '2')
    expect(listed).toHaveLength(2)
    expect((await storecast(['audit', 'list'])).out).toMatch(/token:[0-9a-f]{12} +allowed +PUT \/v1\/sites\/berlin/)
    expect((await storecast(['audit', 'list', '-n', 'x'])).status).toBe(1)

    const { status, out, err } = await storecast(['audit', 'verify', '--json'])
    const { head, damage } = JSON.parse(out)
    expect([status, damage, head.hash]).toEqual([0, [], expect.any(String)])
    expect(head.number).toBeGreaterThan(9)
    expect(err).toBe(`${head.number} entries, each chained to the one before it\n`)
  })

  it('shows what was done to it: a changed row, and a tail that was cut', async () => {
    const whole = await storecast(['audit', 'verify'])
    expect(whole).toMatchObject({ status: 0, out: expect.stringMatching(/^\d+ [0-9a-f]{64}\n$/) })
    const head = whole.out.trim().split(' ')[1]!
    const exported = await storecast(['audit', 'export'])
    const lines = exported.out.trimEnd().split('\n')
    const check = async (rows: readonly string[], ...more: string[]) => {
      const file = join(folder, 'export.jsonl')
      await writeFile(file, rows.join('\n'))
      return storecast(['audit', 'verify', '--file', file, ...more])
    }
    expect(await check(lines, '--head', head)).toMatchObject({ status: 0 })
    expect(await check(lines.slice(0, -1))).toMatchObject({ status: 0 })
    expect(await check(lines.slice(0, -1), '--head', head)).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^cut: /),
    })
    const changed = lines.with(1, lines[1]!.replace('"from":"127.0.0.1"', '"from":"10.0.0.1"'))
    expect(await check(changed)).toMatchObject({ status: 1, err: expect.stringMatching(/^changed: entry 2 /) })
    expect(await check(lines.toSpliced(1, 1))).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^removed: entry 2 is missing/),
    })
    expect(await check(lines.with(1, lines[2]!).with(2, lines[1]!))).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^reordered: entry 2 comes after entry 3/m),
    })
    expect(await check([...lines.slice(0, 1), 'not json'])).toMatchObject({
      err: expect.stringMatching(/line 2: expected/),
    })
    expect(await storecast(['audit', 'verify', '--head', 'abc'])).toMatchObject({ status: 1 })

    const { pool } = server
    await pool.query(
      'ALTER TABLE audit_log DISABLE TRIGGER USER; DELETE FROM audit_log WHERE number = (SELECT max(number) FROM audit_log)',
    )
    expect(await storecast(['audit', 'verify', '--head', head])).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^cut: /),
    })
    await pool.query(`UPDATE audit_log a SET entry = b.entry, hash = b.hash FROM audit_log b
      WHERE (a.number, b.number) IN ((2, 3), (3, 2))`)
    await pool.query(
      `UPDATE audit_log SET entry = replace(entry::text, '127.0.0.1', '10.0.0.1')::json WHERE number = 5`,
    )
    await pool.query('DELETE FROM audit_log WHERE number = 7')
    const { status, err } = await storecast(['audit', 'verify'])
    expect([status, err]).toEqual([1, expect.stringMatching(/^reordered: entry 3 stands in the place of entry 2$/m)])
    expect(err).toMatch(/^changed: entry 5 is not what its hash was made of$/m)
    expect(err).toMatch(/^removed: entry 7 is missing$/m)
    await pool.query('ALTER TABLE audit_log ENABLE TRIGGER USER')
  })
})

describe('completion', () => {
  const run = promisify(execFile)
  it('asks the program what may come next', async () => {
    expect((await storecast(['__complete', '--', 'au'])).out).toMatch(/^audit\t/)
    expect((await storecast(['__complete', '--', 'audit', ''])).out.match(/^\w+/gm)).toEqual([
      'list',
      'export',
      'verify',
    ])
    expect((await storecast(['__complete', '--', 'audit', 'verify', '--'])).out).toMatch(/^--head\t/m)
    expect((await storecast(['__complete', '--', 'audit', 'verify', '--head', ''])).out).toBe('')
  })

  it('asks the cloud for names, and is silent where it cannot', async () => {
    const words = (...argv: string[]) => storecast(['__complete', '--', ...argv])
    expect((await words('device', 'show', 'ber')).out.match(/^\S+/gm)).toEqual(['berlin-1', 'berlin-2', 'berlin-3'])
    expect((await words('device', 'show', 'berlin-2')).out).toBe('berlin-2\tdevice\n')
    expect((await words('device', 'list', '--site', '')).out).toBe('berlin\tsite\n')
    expect((await words('model', 'show', 'd')).out).toBe('demand\tmodel\n')
    for (const [group, verb] of [
      ['rollout', 'status'],
      ['policy', 'show'],
      ['group', 'show'],
    ]) {
      expect(await words(group!, verb!, '')).toMatchObject({ status: 0, out: '', err: '' })
    }
    const env = { STORECAST_URL: 'http://127.0.0.1:9', STORECAST_TOKEN: 'x' }
    expect(await storecast(['__complete', '--', 'device', 'show', ''], { env })).toMatchObject({
      status: 0,
      out: '',
      err: '',
    })
  })

  const isThere = (shell: string) => spawnSync('sh', ['-c', `command -v ${shell}`]).status === 0
  for (const [shell, ask] of [
    [
      'bash',
      (words: string) =>
        `COMP_WORDS=(storecast ${words}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _storecast; echo "\${COMPREPLY[*]}"`,
    ],
    [
      'zsh',
      (words: string) =>
        `_describe() { eval print -r -- \\$$2 }; words=(storecast ${words}); CURRENT=$#words; _storecast`,
    ],
  ] as const) {
    it.skipIf(!isThere(shell))(`works in ${shell}`, async () => {
      const bin = join(folder, 'bin')
      await run('mkdir', ['-p', bin])
      await writeFile(
        join(bin, 'storecast'),
        `#!/bin/sh\nexec ${process.execPath} ${join(import.meta.dirname, 'main.ts')} "$@"\n`,
      )
      await chmod(join(bin, 'storecast'), 0o755)
      const { out } = await storecast(['completion', shell])
      const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, XDG_CONFIG_HOME: folder }
      const complete = async (words: string) => (await run(shell, ['-c', `${out}\n${ask(words)}`], { env })).stdout
      expect(await complete('audit ver')).toMatch(/^verify/)
      expect(await complete('device revoke berlin-2')).toMatch(/^berlin-2/)
    })
  }
})
