import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openShop } from '@storecast/agent/test/shop'
import { testRoute, testRule } from '@storecast/cloud/test/alert-documents'
import { cloudProcess } from '@storecast/cloud/test/cloud-process'
import { temporaryFolder } from '@storecast/cloud/test/database'
import { testReceiver } from '@storecast/cloud/test/receiver'
import { freePort } from '@storecast/shared/test/ports'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parse, stringify } from 'yaml'
import { Program } from '../constellation/program.ts'

const SHIPPED = join(import.meta.dirname, '../prometheus')
const DASHBOARDS = join(import.meta.dirname, '../grafana')
const PROGRAMS = ['prometheus', 'promtool', 'prometheus-alertmanager', 'amtool']
const isThere = PROGRAMS.every((program) => spawnSync(program, ['--version']).error === undefined)

const stack = new AsyncDisposableStack()
let folder: string
const ports = { cloud: 0, prometheus: 0, alertmanager: 0 }
beforeAll(async () => {
  folder = stack.use(await temporaryFolder()).path
  for (const name of ['cloud', 'prometheus', 'alertmanager'] as const) ports[name] = await freePort()
})
afterAll(() => stack.disposeAsync())

const start = async () => {
  const config = join(folder, 'cloud.yaml')
  await writeFile(config, 'alerts: { everySeconds: 0.1 }')
  return cloudProcess(stack, join(folder, 'data'), {
    STORECAST_CONFIG: config,
    STORECAST_HTTP_PORT: String(ports.cloud),
  })
}
const kill = async ({ process }: Awaited<ReturnType<typeof start>>) => {
  process.kill('SIGKILL')
  await once(process, 'exit')
}
const metricsAt = async (url: string) => (await fetch(`${url}/metrics`)).text()

/** The files that are shipped, with addresses of this test and without the waiting. */
async function shippedConfig() {
  const read = async (file: string) => parse(await readFile(join(SHIPPED, file), 'utf8'))
  const prometheus = await read('prometheus.yml')
  prometheus.global = { scrape_interval: '200ms', evaluation_interval: '200ms' }
  prometheus.alerting.alertmanagers[0].static_configs[0].targets = [`127.0.0.1:${ports.alertmanager}`]
  prometheus.scrape_configs[0].static_configs[0].targets = [`127.0.0.1:${ports.cloud}`]
  const rules = await read('storecast.rules.yml')
  for (const { rules: some } of rules.groups) for (const rule of some) if (rule.for) rule.for = '1s'
  const alertmanager = await read('alertmanager.yml')
  Object.assign(alertmanager.route, { group_wait: '0s', group_interval: '1s' })
  return { 'prometheus.yml': prometheus, 'storecast.rules.yml': rules, 'alertmanager.yml': alertmanager }
}

describe.skipIf(!isThere)('Prometheus', () => {
  it('finds the rules, their tests and both configurations right', () => {
    const check = (program: string, ...args: string[]) =>
      execFileSync(program, args, { cwd: SHIPPED, encoding: 'utf8' })
    expect(check('promtool', 'check', 'rules', 'storecast.rules.yml')).toContain('SUCCESS: 18 rules found')
    expect(check('promtool', 'test', 'rules', 'storecast.rules.test.yml')).toContain('SUCCESS')
    expect(check('promtool', 'check', 'config', 'prometheus.yml')).toContain('is valid')
    expect(check('amtool', 'check-config', 'alertmanager.yml')).toContain('SUCCESS')
  })

  it('understands the metrics of cloud and agent, and rules and dashboards ask for no others', async () => {
    const cloud = await start()
    await using shop = await openShop({ folder: join(folder, 'shop'), now: Date.UTC(2026, 0, 1) })
    const texts = [await metricsAt(cloud.url), await metricsAt(shop.agent.url)]
    await kill(cloud)
    for (const text of texts) {
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
      expect([status, stdout + stderr]).toEqual([0, ''])
    }
    const exposed = new Set(texts.join('\n').match(/^storecast_\w+/gm))
    for (const name of texts.join('\n').matchAll(/^# TYPE (storecast_\w+)/gm)) exposed.add(name[1]!)
    const dashboards = (await readdir(DASHBOARDS)).map((file) => join(DASHBOARDS, file))
    expect(dashboards.length).toBeGreaterThan(0)
    for (const file of [join(SHIPPED, 'storecast.rules.yml'), ...dashboards]) {
      const asked = (await readFile(file, 'utf8')).matchAll(/(?<![\w:])storecast_\w+/g)
      for (const [name] of asked) {
        expect(exposed.has(name) || exposed.has(name.replace(/_(?:bucket|sum|count)$/, '')), `${file}: ${name}`).toBe(
          true,
        )
      }
    }
  })

  it('and Alertmanager bring alerts to a webhook and their end, across restarts of the cloud', async () => {
    const receiver = stack.use(await testReceiver())
    const config = await shippedConfig()
    config['alertmanager.yml'].receivers[0].webhook_configs[0].url = `${receiver.url}/alerts`
    for (const [file, body] of Object.entries(config)) await writeFile(join(folder, file), stringify(body))
    await mkdir(join(folder, 'tsdb'), { recursive: true })
    const program = (name: string, port: number, args: string[]) =>
      stack.use(
        new Program({
          ...{ name, command: name, args: [...args, `--web.listen-address=127.0.0.1:${port}`] },
          logFile: join(folder, `${name}.log`),
          probe: async (signal) => {
            const { ok } = await fetch(`http://127.0.0.1:${port}/-/ready`, { signal })
            if (!ok) throw new Error(`${name} is not ready`)
          },
        }),
      )
    await program('prometheus-alertmanager', ports.alertmanager, [
      ...[`--config.file=${join(folder, 'alertmanager.yml')}`, `--storage.path=${join(folder, 'am')}`],
      '--cluster.listen-address=',
    ]).start()
    await program('prometheus', ports.prometheus, [
      ...[`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'tsdb')}`],
    ]).start()

    /** What the webhook was told last of each alert, by name. */
    const told = () =>
      Object.fromEntries(
        receiver.taken.flatMap(({ body }) =>
          body.alerts.map((alert: { labels: { alertname: string }; status: string }) => [
            alert.labels.alertname,
            alert.status,
          ]),
        ),
      )
    const patient = { timeout: 60_000 }

    const first = await start()
    await first.call('PUT', '/v1/sites/berlin', { json: { timeZone: 'UTC', labels: { region: 'eu' } } })
    await first.call('POST', '/v1/devices', { json: { id: 'berlin-1', site: 'berlin' } })
    const url = `http://127.0.0.1:${ports.alertmanager}`
    await first.call('PUT', '/v1/alert-routes/all', {
      json: testRoute({ type: 'alertmanager', url }, { repeat: '1s' }),
    })
    const rule = testRule({ severity: 'critical', labels: { 'cost-centre': '7' } })
    await first.call('PUT', '/v1/alert-rules/device-away', { json: rule })
    await vi.waitFor(() => expect(told()).toMatchObject({ 'device-away': 'firing' }), patient)
    const { alerts } = receiver.taken.find(({ body }) => body.alerts[0].labels.alertname === 'device-away')!.body
    expect(alerts[0]).toMatchObject({
      labels: { severity: 'critical', device: 'berlin-1', site: 'berlin', region: 'eu', cost_centre: '7' },
      annotations: { summary: 'berlin-1 is away' },
    })
    // A device that is away is also half of the fleet: the shipped rule sees it in what was scraped.
    await vi.waitFor(() => expect(told()).toMatchObject({ StorecastDevicesAway: 'firing' }), patient)

    await kill(first)
    await vi.waitFor(() => expect(told()).toMatchObject({ StorecastCloudDown: 'firing' }), patient)

    const second = await start()
    await vi.waitFor(() => expect(told()).toMatchObject({ StorecastCloudDown: 'resolved' }), patient)
    expect((await second.call('DELETE', '/v1/alert-rules/device-away')).status).toBe(204)
    await kill(second)

    await start()
    await vi.waitFor(() => expect(told()).toMatchObject({ 'device-away': 'resolved' }), patient)
  }, 240_000)
})
