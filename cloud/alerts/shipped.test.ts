import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AlertRoute, AlertRule } from '@storecast/shared/contracts'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { testAlert } from '../test/alert-documents.ts'
import { judge } from './judge.ts'
import { type Notice, UnsendableError } from './receivers/receiver.ts'
import { webhookCall } from './receivers/webhook.ts'

const folder = join(import.meta.dirname, '../../fleet/alerts')
const read = async (path: string) => parse(await readFile(join(folder, path), 'utf8'))
const rules = new Map<string, AlertRule>()
for (const file of await readdir(folder)) {
  if (!file.endsWith('.yaml')) continue
  const rule = AlertRule.parse(await read(file))
  rules.set(rule.metadata.name, rule)
}

/** As the facts' readers give them; each case says what differs from a subject with which all is well. */
const well = {
  device: {
    ...{ id: 'berlin-1', site: 'berlin', online: true, enrolledSeconds: 9e6, silentSeconds: 20, agentVersion: '0.1.0' },
    ...{ behind: 0, quarantined: false, backlog: 0, dropped: 0, certificateDays: 60, events: {} },
    ...{ clockTrusted: true, clockAheadSeconds: 0.1 },
    models: { demand: { active: 3, target: 3, phase: 'idle', error: null, sinceSeconds: 9000 } },
  },
  sensor: {
    ...{
      name: 'fridge',
      device: 'berlin-1',
      site: 'berlin',
      unit: '°C',
      series: 1,
      ageSeconds: 60,
      count: 60,
      missing: 0,
    },
    ...{ late: 0, outOfRange: 0, flat: 0, duplicate: 0, completeness: 1, sum: 240, min: 3, max: 5, last: 4, mean: 4 },
  },
  forecast: {
    ...{ site: 'berlin', model: 'demand', version: 3, rows: 700, censored: 10, waiting: 0, wape: 0.27, wpe: -0.03 },
    ...{ coverage: 0.79, baselineWape: 0.39 },
  },
  region: { region: 'eu', sites: 10, devices: 10, online: 10, offline: 0, offlineShare: 0 },
  fleet: { sites: 10, devices: 10, online: 10, offline: 0, offlineShare: 0 },
  rollout: {
    ...{ id: '1', name: 'demand-4', model: 'demand', version: 4, state: 'running', reason: '', ageSeconds: 60 },
    ...{ devices: { devices: 10, failed: 0 }, verdict: null },
  },
  task: {
    ...{ id: 7, device: 'berlin-1', site: 'berlin', sensor: 'fridge', dimension: 'movement', state: 'open' },
    ...{ dataset: 'cold-chain', owner: 'food@example.com', steward: 'cold@example.com', assignee: null },
    ...{ score: 0.04, worst: 0.04, threshold: 0.8, ageSeconds: 3600 },
  },
  drift: {
    ...{ scope: 'device', name: 'berlin-1', model: 'demand', version: 3, compared: 40, drifted: 2, share: 0.05 },
    ...{ columns: ['mean7'], psi: 0.2, ageSeconds: 3600 },
  },
} as const

const CASES: Readonly<Record<string, readonly [differs: object, summary: string][]>> = {
  'device-silent': [[{ online: false, silentSeconds: 2400 }, 'berlin-1 of berlin has been silent for 40 minutes']],
  'region-away': [[{ online: 1, offline: 9, offlineShare: 0.9 }, '9 of 10 devices of eu are away']],
  'device-copied': [[{ quarantined: true }, 'berlin-1 exists twice']],
  'certificate-ends': [[{ certificateDays: 5.5 }, 'The certificate of berlin-1 ends in 5 days']],
  'clock-wrong': [
    [{ clockTrusted: false, clockAheadSeconds: -7200.4 }, 'The clock of berlin-1 is 7200 seconds behind'],
    [{ clockTrusted: false, clockAheadSeconds: 90.9 }, 'The clock of berlin-1 is 90 seconds ahead'],
  ],
  'model-failed': [
    [{ models: { demand: { ...well.device.models.demand, error: 'golden' } } }, 'On berlin-1: ["demand"] failed'],
  ],
  'records-lost': [
    [{ events: { 'readings-dropped': 3 } }, 'berlin-1 had to give data up in the last hour: {"readings-dropped":3}'],
  ],
  'sensor-incomplete': [[{ completeness: 0.25 }, 'Of fridge on berlin-1 25 % of the readings came']],
  'forecast-behind-baseline': [[{ wape: 0.5 }, 'demand 3 at berlin: WAPE 50 %, the baseline 39 %']],
  'forecast-overconfident': [[{ coverage: 0.5 }, 'demand 3 at berlin: 50 % of the actuals lie in the 80 % interval']],
  'task-untouched': [
    [{ ageSeconds: 200_000 }, 'Task 7 has waited 55 hours for cold@example.com: fridge on berlin-1, movement 4 %'],
    [{ ageSeconds: 90_000, steward: null }, 'Task 7 has waited 25 hours for a steward'],
  ],
  'data-drifted': [[{ drifted: 12, share: 0.3, columns: ['mean7', 'price'] }, 'demand 3 on berlin-1: 12 of 40']],
  'rollout-failed': [
    [{ state: 'failed', reason: 'worse' }, 'Rollout demand-4 of demand 4 has failed: worse'],
    [{ state: 'paused', reason: 'a pause' }, 'Rollout demand-4 of demand 4 is paused: a pause'],
  ],
}

describe('shipped alert rules', () => {
  it('each have a case', () => {
    expect([...rules.keys()].sort()).toEqual(Object.keys(CASES).sort())
  })

  it.each(Object.entries(CASES))('%s fires where it should, and where all is well it does not', (name, cases) => {
    const rule = rules.get(name)!
    const look = (differs: object) =>
      judge(rule, [{ id: 'x', labels: {}, facts: { ...well[rule.spec.subject], ...differs } }], 0)
    expect(look({})).toMatchObject({ conditions: [], error: null })
    for (const [differs, summary] of cases) {
      const { conditions, error } = look(differs)
      expect(error).toBeNull()
      expect(conditions[0]?.summary).toEqual(expect.stringContaining(summary))
    }
  })

  it('name parents that are there', () => {
    for (const { spec } of rules.values())
      for (const { rule } of spec.inhibitedBy) expect([...rules.keys()]).toContain(rule)
  })
})

/** https://docs.opsgenie.com/docs/alert-api: what Create Alert and Close Alert take, with their limits. */
const OpsgenieAlert = z.strictObject({
  message: z.string().min(1).max(130),
  alias: z.string().max(512),
  description: z.string().max(15_000),
  entity: z.string().max(512),
  source: z.string().max(100),
  priority: z.enum(['P1', 'P2', 'P3', 'P4', 'P5']),
  tags: z.array(z.string().max(50)).max(20),
  details: z.record(z.string(), z.string()),
})
const OpsgenieClose = z.strictObject({ source: z.string().max(100), note: z.string().max(25_000) })

describe('shipped alert routes', () => {
  it('tell nobody until somebody has filled them in', async () => {
    for (const file of await readdir(join(folder, 'routes'))) {
      const { spec } = AlertRoute.parse(await read(join('routes', file)))
      expect([file, spec.suspend]).toEqual([file, true])
    }
  })

  it('speak to Opsgenie as its Alert API has it', async () => {
    const { receiver } = AlertRoute.parse(await read('routes/opsgenie.yaml')).spec
    if (receiver.type !== 'webhook') throw new TypeError('not a webhook')
    const secrets = (name: string) => {
      if (name === 'opsgenie-key') return 'GenieKey 0'
      throw new UnsendableError(name)
    }
    const call = (status: Notice['status'], alert = testAlert()) =>
      webhookCall(
        { alert, status, again: false, runbook: undefined, link: 'https://cloud.example.com', at: 0 },
        receiver,
        secrets,
      )!
    const create = call('firing')
    expect(create).toMatchObject({
      url: 'https://api.opsgenie.com/v2/alerts',
      headers: { authorization: 'GenieKey 0' },
    })
    expect(OpsgenieAlert.parse(JSON.parse(create.body))).toMatchObject({
      alias: 'storecast-device-away:berlin-1',
      priority: 'P1',
      details: { site: 'berlin' },
    })
    const long = call('firing', testAlert({ summary: 'ß'.repeat(500) }))
    expect(OpsgenieAlert.parse(JSON.parse(long.body)).message).toHaveLength(130)
    const close = call('resolved', testAlert({ state: 'resolved', resolvedAt: 0 }))
    expect(close.url).toBe(
      'https://api.opsgenie.com/v2/alerts/storecast-device-away%3Aberlin-1/close?identifierType=alias',
    )
    expect(OpsgenieClose.parse(JSON.parse(close.body)).note).toBe('Resolved at 1970-01-01T00:00:00.000Z')
  })
})
