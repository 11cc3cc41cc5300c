import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'
import { testRoute, testRule } from './alert-documents.ts'
import { cloudProcess } from './cloud-process.ts'
import { temporaryFolder } from './database.ts'
import { testReceiver } from './receiver.ts'

const stack = new AsyncDisposableStack()
afterAll(() => stack.disposeAsync())

it('an alert is told although the cloud is killed at each turn and the receiver is away', async () => {
  const folder = stack.use(await temporaryFolder())
  const config = join(folder.path, 'cloud.yaml')
  await writeFile(config, 'alerts: { everySeconds: 0.05 }')
  const start = () => cloudProcess(stack, join(folder.path, 'data'), { STORECAST_CONFIG: config })
  const kill = async ({ process }: Awaited<ReturnType<typeof start>>) => {
    process.kill('SIGKILL')
    await once(process, 'exit')
  }
  const receiver = stack.use(await testReceiver())
  receiver.answer(503)

  const first = await start()
  await first.call('PUT', '/v1/sites/berlin', { json: { timeZone: 'UTC' } })
  await first.call('POST', '/v1/devices', { json: { id: 'berlin-1', site: 'berlin' } })
  const hook = { url: `${receiver.url}/hook` }
  await first.call('PUT', '/v1/alert-routes/all', {
    json: testRoute({ type: 'webhook', firing: hook, resolved: hook }),
  })
  await first.call('PUT', '/v1/alert-rules/device-away', { json: testRule() })
  await vi.waitFor(() => expect(receiver.heard.length).toBeGreaterThan(0))
  await kill(first)

  const second = await start()
  receiver.answer(200)
  const told = () => receiver.taken.map(({ body }) => body.status)
  await vi.waitFor(() => expect(told()).toEqual(['firing']), { timeout: 90_000 })
  receiver.answer(503)
  const heard = receiver.heard.length
  expect((await second.call('DELETE', '/v1/alert-rules/device-away')).status).toBe(204)
  await vi.waitFor(() => expect(receiver.heard.length).toBeGreaterThan(heard))
  await kill(second)

  const third = await start()
  receiver.answer(200)
  await vi.waitFor(() => expect(told()).toEqual(['firing', 'resolved']), { timeout: 90_000 })
  await vi.waitFor(async () => {
    const { items } = (await third.call('GET', '/v1/alerts/1/notifications')).body
    expect(items).toMatchObject([{ state: 'sent' }, { state: 'sent', nextAt: null }])
  })
}, 240_000)
