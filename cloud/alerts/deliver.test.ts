import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { testRoute, testRule } from '../test/alert-documents.ts'
import { type TestCloud, testCloud } from '../test/cloud.ts'
import { type TestReceiver, testReceiver } from '../test/receiver.ts'

const HOUR = 3_600_000
/** Long enough for a machine that does much else. */
const SOON = { timeout: 60_000 }
const DEVICES = ['berlin-1', 'berlin-2', 'berlin-3', 'berlin-4']
const stack = new AsyncDisposableStack()
/** Real time, of which reminders are. */
let real = Date.UTC(2026, 0, 1)
let server: TestCloud
let call: TestCloud['call']
let receiver: TestReceiver

beforeAll(async () => {
  server = stack.use(await testCloud({ realTime: { now: () => real } }, { alerts: ALERTS }))
  call = server.call
  await call('PUT', '/v1/sites/berlin', { json: { timeZone: 'UTC' } })
  for (const id of DEVICES) await call('POST', '/v1/devices', { json: { id, site: 'berlin' } })
})
afterAll(() => stack.disposeAsync())

const ALERTS = { everySeconds: 0.05, mailFrom: 'storecast@example.com', keepDays: null }

beforeEach(async () => {
  receiver = stack.use(await testReceiver())
  for (const { metadata } of (await call('GET', '/v1/alert-routes')).body.items) {
    await call('DELETE', `/v1/alert-routes/${metadata.name}`)
  }
  await setOnline(DEVICES, true)
  await call('PUT', '/v1/alert-rules/device-away', { json: testRule() })
  await vi.waitFor(async () => expect((await call('GET', '/v1/alerts?state=firing')).body.items).toEqual([]), SOON)
})

/** By rows: what presence does to them is for other tests. */
const setOnline = (devices: readonly string[], value: boolean) =>
  server.pool.query('UPDATE devices SET online = $2 WHERE id = ANY($1)', [devices, value])
const route = ({ url }: TestReceiver, name: string, spec: object = {}) => {
  const hook = { url: `${url}/${name}` }
  return call('PUT', `/v1/alert-routes/${name}`, {
    json: testRoute({ type: 'webhook', firing: hook, resolved: hook }, spec, name),
  })
}
const told = () => receiver.taken.map(({ body }) => `${body.subject} ${body.status}`)
const notifications = async () => {
  const [alert] = (await call('GET', '/v1/alerts')).body.items
  if (!alert) return []
  return (await call('GET', `/v1/alerts/${alert.id}/notifications`)).body.items
}
/** So many routes were told, and nothing is under way: time may jump. */
const restsUntilReminder = (routes: number) =>
  vi.waitFor(async () => {
    expect(await notifications()).toMatchObject(Array(routes).fill({ state: 'sent', nextAt: real + HOUR }))
  }, SOON)

it('routes that answer slowly hold nobody else up, and get few calls at once', async () => {
  const slow = stack.use(await testReceiver())
  slow.answer(null)
  const names = Array.from({ length: 8 }, (_, n) => `slow-${n}`)
  for (const name of names) await route(slow, name)
  await route(receiver, 'swift')
  await setOnline(DEVICES, false)
  const all = DEVICES.map((device) => `${device} firing`)
  await vi.waitFor(() => expect(told().sort()).toEqual(all), SOON)
  await vi.waitFor(() => expect(slow.heard).toHaveLength(2 * names.length), SOON)
  expect(slow.left).toEqual([])
  const byRoute = Object.groupBy(slow.heard, ({ path }) => path)
  for (const calls of Object.values(byRoute)) expect(calls).toHaveLength(2)
  await setOnline(DEVICES, true)
  await vi.waitFor(() => expect(told()).toHaveLength(2 * DEVICES.length), SOON)
  slow.answer(200)
  await vi.waitFor(() => expect(slow.taken).toHaveLength(2 * DEVICES.length * names.length), SOON)
  for (const name of names) {
    for (const device of DEVICES) {
      const heard = slow.taken.filter(({ path, body }) => path === `/${name}` && body.subject === device)
      expect(heard.map(({ body }) => body.status)).toEqual(['firing', 'resolved'])
    }
  }
}, 180_000)

it('a reminder that is under way when its alert ends is told before the end, and not tried again', async () => {
  await route(receiver, 'all', { repeat: '1h' })
  await setOnline(['berlin-1'], false)
  await restsUntilReminder(1)
  receiver.answer(null)
  real += HOUR
  await vi.waitFor(() => expect(receiver.heard).toHaveLength(2), SOON)
  await setOnline(['berlin-1'], true)
  await vi.waitFor(
    async () => expect(await notifications()).toMatchObject([{ nextAt: null }, { status: 'resolved' }]),
    SOON,
  )
  expect(receiver.heard).toHaveLength(2)
  receiver.answer(503)
  await vi.waitFor(() => expect(receiver.heard).toHaveLength(3), SOON)
  expect(receiver.heard.slice(0, 3).map(({ body }) => body.status)).toEqual(['firing', 'firing', 'resolved'])
  const later = { status: 'resolved', error: expect.stringContaining('503'), nextAt: expect.any(Number) }
  await vi.waitFor(async () => expect(await notifications()).toMatchObject([{ nextAt: null }, later]), SOON)
  receiver.answer(200)
  real += HOUR
  await vi.waitFor(() => expect(told()).toEqual(['berlin-1 firing', 'berlin-1 resolved']), SOON)
  await vi.waitFor(
    async () =>
      expect(await notifications()).toMatchObject([
        { status: 'firing', nextAt: null },
        { status: 'resolved', nextAt: null },
      ]),
    SOON,
  )
})

it('a reminder that is not taken days after the beginning is tried again, and the end of what it refuses is told', async () => {
  await route(receiver, 'all', { repeat: '1h' })
  await setOnline(['berlin-1'], false)
  await restsUntilReminder(1)
  receiver.answer(503)
  real += 48 * HOUR
  const tried = { status: 'firing', state: 'sent', error: expect.stringContaining('503'), nextAt: expect.any(Number) }
  await vi.waitFor(async () => expect(await notifications()).toMatchObject([tried]), SOON)
  receiver.answer(400)
  real += HOUR
  await vi.waitFor(async () => expect(await notifications()).toMatchObject([{ state: 'failed' }]), SOON)
  const [{ id }] = await notifications()
  receiver.answer(200)
  await setOnline(['berlin-1'], true)
  await vi.waitFor(() => expect(told()).toEqual(['berlin-1 firing', 'berlin-1 resolved']), SOON)
  expect(await call('POST', `/v1/alert-notifications/${id}/send`)).toMatchObject({
    status: 409,
    body: { code: 'alert-over' },
  })
})

it('nobody is reminded by a route that is gone or at rest', async () => {
  await route(receiver, 'rests', { repeat: '1h' })
  await route(receiver, 'goes', { repeat: '1h' })
  await setOnline(['berlin-1'], false)
  await restsUntilReminder(2)
  await route(receiver, 'rests', { repeat: '1h', suspend: true })
  await call('DELETE', '/v1/alert-routes/goes')
  real += HOUR
  await vi.waitFor(
    async () =>
      expect(
        (await notifications()).toSorted((a: { route: string }, b: { route: string }) =>
          a.route.localeCompare(b.route),
        ),
      ).toMatchObject([
        { route: 'goes', state: 'sent', nextAt: null },
        { route: 'rests', state: 'sent', nextAt: real + HOUR },
      ]),
    SOON,
  )
  expect(receiver.heard).toHaveLength(2)
})
