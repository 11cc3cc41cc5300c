import { loadDefinition } from '@storecast/models'
import { expect, it, vi } from 'vitest'
import { listAll } from '../client/client.ts'
import { startConstellation, temporaryFolder } from '../constellation/index.ts'
import { simulatedScene } from '../demo/scenes.ts'
import { morning, tellStory } from '../demo/story.ts'
import type { AuditRow } from '../demo/telling.ts'
import { blocksOf, openDesk } from './pages/desk.ts'

interface StoppedRollout {
  readonly analysis: { readonly analysis: { readonly reason: string } }
}

it('tells the story: a bad model is stopped and an alert says so, demand drifts, a better model passes', {
  timeout: 600_000,
}, async () => {
  const scene = simulatedScene({ shops: 2, products: 16 })
  await using folder = await temporaryFolder('story')
  const said: string[] = []
  const terminal = {
    out: (text: string) => void said.push(text),
    err: (text: string) => void said.push(text),
    progress() {},
  }
  // On one core it takes four minutes.
  const signal = AbortSignal.timeout(590_000)
  try {
    await using constellation = await startConstellation({
      shops: scene.shops,
      folder: folder.path,
      clock: { start: morning(scene, scene.history - 1), speed: 1 },
      signal,
    })
    const definition = await loadDefinition('models/definitions/demand.yaml')
    const summary = await Promise.race([
      tellStory({ scene, constellation, definition, terminal, signal }),
      constellation.crashed,
    ])
    expect(summary.map(({ version }) => version)).toEqual([1, 1, 1, 3])
    const [quiet, before, , after] = summary.map(({ scores }) => scores)
    // Every forecast of every day came, and was scored: 2 shops × 16 products. None was of the version that was stopped.
    const counted = [quiet!, before!, after!].map(({ rows, censored }) => rows + censored)
    expect(counted).toEqual([7 * 32, 14 * 32, 7 * 32])
    expect(after!.wape).toBeLessThan(before!.wape)
    expect(after!.wape).toBeLessThan(after!.baseline)
    expect(after!.coverage).toBeGreaterThan(0.6)

    const { client } = constellation.cloud
    const bad = await client.get<StoppedRollout>('/v1/rollouts/demand-v2')
    expect(bad).toMatchObject({ state: 'failed', step: 0, counts: { devices: 2, told: 0, excluded: 0 } })
    expect(bad.analysis.analysis).toMatchObject({ verdict: 'worse', denominators: { members: 2, matured: 2 } })
    const log = await listAll<AuditRow>(client, '/v1/audit', { actor: 'rollouts' })
    expect(log.map(({ entry }) => entry.message)).toContain(`worse: ${bad.analysis.analysis.reason}`)
    // What the cloud found out by itself on the way: an alert that went out, a fridge that stood still and nothing else that
    // was wrong with the data, drift, and what the last week comes to.
    const told = said.join('\n')
    expect(told).toMatch(/^alert, critical: Rollout demand-v2 of demand 2 has failed: worse/m)
    expect(told).toMatch(/^olga takes alert 1 up: /m)
    const tasks = said.filter((line) => line.startsWith('stewardship'))
    expect(tasks).toEqual([
      expect.stringMatching(/^stewardship task 1 opened for cold-chain@\S+: fridge of shop-2, movement [0-9]\.\d %/),
      'stewardship task 1 closed, recovered: fridge of shop-2, movement 100.0 %',
    ])
    expect(told).toMatch(/^drift: [1-9]\d* of \d+ comparisons.* on 2 devices\n {2}shop-\d {2}\w+ \w+: PSI/m)
    const [, suggested, taken] =
      /^decisions since 2026-03-23: (\d+) suggestions, ([\d.]+) % of them taken/m.exec(told) ?? []
    expect(Number(suggested)).toBeGreaterThan(50)
    expect(Number(taken)).toBeGreaterThan(50)
    const [, outBefore, outAfter] =
      /^stock-outs .*\(1 shop\) ([\d.]+) % → ([\d.]+) % of product-days;/m.exec(told) ?? []
    expect(Number(outAfter)).toBeLessThan(Number(outBefore))
    expect(told).toMatch(/^Forecast error, WAPE +\d/m)
    const good = await client.get('/v1/rollouts/demand-v3')
    expect(good).toMatchObject({ state: 'succeeded', counts: { devices: 2, succeeded: 2 } })

    // The first shop's page waits for who looks at it: its staff have gone home.
    const page = `${constellation.stores[0]!.agent.url}/v1/decisions?state=open`
    await vi.waitFor(async () => {
      const { decisions } = (await (await fetch(page)).json()) as { decisions: unknown[] }
      expect(decisions).not.toHaveLength(0)
    }, 60_000)

    // And the cloud team's tutorial looks at it as its page says.
    await using desk = await openDesk(folder.path)
    const looked = await desk.type((await blocksOf('cloud-team/tutorial.md', 'sh')).join('\n'), {
      STORECAST_URL: client.url,
      STORECAST_TOKEN: constellation.cloud.adminToken,
    })
    expect(looked).toMatch(/^2026-03-\d\d shop-1 \d+\.\d °C; median/m)
    expect(looked).toMatch(/^Forecast error, WAPE 0\.\d+ 1 shop-1 /m)
    expect(looked).toMatch(/shop-1 +footfall/)
    expect(looked).toMatch(/^ *3 +Dairy and eggs +\d+\.\d % +\d/m)
    expect(looked).toMatch(/demand-v2 .*failed/)
  } catch (error) {
    throw new Error(`the story broke off after:\n${said.slice(-15).join('\n')}`, { cause: error })
  }
})
