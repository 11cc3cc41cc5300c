import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser, openBrowser, seriousFaults, signIn, type TestBrowser } from './browser.ts'
import { testBundle } from './bundle.ts'
import { type TestCloud, testCloud } from './cloud.ts'
import { rolloutOf } from './rollout.ts'
import { addEvidenceDay, answerAll, type Behaviour } from './simulated-devices.ts'

const PASSWORD = 'a sentence nobody else knows'
/** What one part of a page shows says nothing of another, which asks for itself. */
const PATIENT = { timeout: 60_000 }
/** What a bundle's maker could write to make a reader's browser do something. */
const HOSTILE_CARD = `# Demand

<img src="https://example.org/x.png" onerror="globalThis.owned = 1"><script>globalThis.owned = 2</script>

[a page](javascript:globalThis.owned=3) and [the paper](https://example.org/paper)

![a picture](https://example.org/spy.png)

| score | value |
|---|---|
| wape | 0.3 |
`

const LARGE = {
  apiVersion: 'storecast/v1',
  kind: 'Policy',
  metadata: { name: 'large' },
  spec: {
    gates: ['rollout'],
    validations: [{ expression: 'rollout.devices > 100', message: 'a small fleet' }],
    validationActions: ['Warn'],
  },
}

describe.skipIf(!hasBrowser)('models and rollouts in the console', () => {
  const stack = new AsyncDisposableStack()
  const behaviours = new Map<string, Behaviour>()
  let cloud: TestCloud
  let browser: TestBrowser
  /** One for all: signing in costs a hash. */
  let operator: Page
  let errors: readonly string[]

  beforeAll(async () => {
    cloud = stack.use(await testCloud())
    browser = stack.use(await openBrowser())
    const ok = async (method: string, path: string, given: Parameters<TestCloud['call']>[2] = {}) => {
      const { status, body } = await cloud.call(method, path, given)
      expect([path, status, body?.detail]).toEqual([path, expect.toSatisfy((code) => code < 300), undefined])
    }
    for (const name of ['operator', 'viewer']) {
      await ok('POST', '/v1/users', { json: { name, password: PASSWORD, roles: [name] } })
    }
    for (const region of ['north', 'south']) {
      await ok('PUT', `/v1/sites/${region}`, { json: { timeZone: 'UTC', labels: { region } } })
      for (let n = 1; n <= 5; n++) await ok('POST', '/v1/devices', { json: { id: `${region}-${n}`, site: region } })
    }
    await cloud.pool.query('UPDATE devices SET online = true, presence_at = 0')
    await ok('PUT', '/v1/policies/large', { json: LARGE })
    for (const salt of ['1', '2']) {
      await ok('POST', '/v1/models/demand/versions', { bytes: testBundle({ salt, card: HOSTILE_CARD }) })
    }
    await ok('POST', '/v1/rollouts', {
      json: rolloutOf('models:/demand/1', { name: 'first', alias: 'champion' }),
    })
    // One answer after the other: one that was made earlier must not come later.
    const over = new AbortController()
    const answering = (async () => {
      while (!over.signal.aborted) {
        await answerAll(cloud.pool, { now: Date.now(), behaviourOf: (device) => behaviours.get(device) ?? 'serve' })
        await sleep(100)
      }
    })()
    stack.defer(() => {
      over.abort()
      return answering
    })
    ;({ page: operator, errors } = await browser.page())
    await enter(operator, 'operator', '/rollouts')
    await operator.getByRole('cell', { name: 'succeeded' }).waitFor()
  }, 60_000)
  afterAll(() => stack.disposeAsync())

  const enter = (page: Page, name: string, to: string) =>
    signIn(page, { url: cloud.cloud.url, name, password: PASSWORD, to })
  const go = (path: string) => operator.goto(cloud.cloud.url + path)
  const choose = async (label: string, option: string) => {
    await operator.getByRole('combobox', { name: label, exact: true }).click()
    await operator.getByRole('option', { name: option }).click()
  }

  it('starts a rollout that was looked at first, and follows it without being asked to', async () => {
    behaviours.set('north-2', 'fail')
    await go('/rollouts/new')
    await choose('Model', 'demand')
    await choose('Version', '2')
    const look = operator.getByRole('button', { name: 'See what it would be' })
    await operator.getByLabel('Labels').fill('region=north,tier in (gold')
    await operator.getByText('"tier in (gold": write label=value').waitFor()
    expect(await look.isEnabled()).toBe(false)
    await operator.getByLabel('Labels').fill('region=')
    await operator.getByText('no device in service carries these labels').waitFor()
    await operator.getByLabel('Labels').fill('region=north')
    await operator.getByText('5 devices at 1 shop, 5 connected: north-1').waitFor()
    await choose('Way', 'A pilot first')
    await operator.getByLabel('Percent of the devices in step 1').fill('20')
    await operator.getByLabel('May fail').fill('50')
    expect(await operator.getByRole('button', { name: 'Start the rollout' }).count()).toBe(0)
    await operator.getByRole('button', { name: 'See what it would be' }).click()
    await operator.getByText('large: a small fleet').waitFor()
    await operator.getByText('They would go back to version 1 (5).').waitFor()
    expect(await operator.getByRole('table', { name: 'Cohorts' }).getByRole('row').allTextContents()).toEqual([
      'StepTold by itIn allFirst of them',
      expect.stringMatching(/^1\. 20 % of the devices11north-\d$/),
      expect.stringMatching(/^3\. 100 % of the devices45north-/),
    ])
    await operator.getByRole('button', { name: 'Start the rollout' }).click()
    await operator.waitForURL(/\/rollouts\/\d+$/)
    // No reload from here on: what changes comes by the stream of events.
    await operator.getByText('paused', { exact: true }).first().waitFor()
    await operator.getByRole('button', { name: 'Resume' }).click()
    await operator.getByRole('dialog').getByRole('button', { name: 'Resume the rollout' }).click()
    await operator
      .getByText(/4 of 5 devices told succeeded|succeeded4 of 5/)
      .first()
      .waitFor()
    await operator.getByRole('switch', { name: /another version/ }).click()
    await operator.waitForURL(/differs=yes/)
    await operator
      .getByRole('row', { name: /north-2.*1 → 2/ })
      .filter({ hasText: 'failed' })
      .waitFor()
  })

  it('aborts or undoes what is typed by its name, says what came of it, and who did it', async () => {
    await operator.getByText('succeeded', { exact: true }).first().waitFor()
    await operator.getByRole('button', { name: 'Undo' }).click()
    const dialog = operator.getByRole('dialog')
    await dialog.getByText('5 devices go back to what they had').waitFor()
    const button = dialog.getByRole('button', { name: 'Undo the rollout' })
    expect(await button.isEnabled()).toBe(false)
    await dialog.getByRole('textbox').fill('demand-2')
    await button.click()
    await operator.getByText('undone', { exact: true }).first().waitFor()
    await operator.getByRole('button', { name: 'Undo' }).waitFor({ state: 'detached' })
    const audit = operator.getByRole('region', { name: 'In the audit log' })
    await audit.getByText('POST …/:verb').first().waitFor()
    await expect
      .poll(() => operator.getByRole('region', { name: 'What happened' }).textContent(), PATIENT)
      .toMatch(/undo.*operator.*start/s)
    const json = rolloutOf('models:/demand/2', {
      ...{ name: 'second', selector: { labels: { region: 'south' } }, evidence: 'required' },
      ...{ steps: [{ setWeight: 20 }, { analysis: {} }, { setWeight: 100 }] },
      analysis: { devices: 4, minDevices: 2, replay: { dailySd: 0.02, longRunRatio: 4 } },
    })
    const { body } = await cloud.call('POST', '/v1/rollouts', { json })
    await go(`/rollouts/${body.id}`)
    await operator.getByText('4 of them with the candidate in shadow').waitFor()
    for (const day of ['2026-03-01', '2026-03-02']) {
      expect(await addEvidenceDay(cloud.pool, 'demand', day, () => 0.01)).toBe(4)
    }
    await operator
      .getByText(/2 of 7 closed days/)
      .first()
      .waitFor()
    await operator.getByRole('figure', { name: /Relative difference/ }).waitFor()
    await operator.getByRole('button', { name: 'Abort' }).click()
    await operator.getByRole('dialog').getByRole('textbox').fill('second')
    await operator.getByRole('dialog').getByRole('button', { name: 'Abort the rollout' }).click()
    await operator.getByText('aborted', { exact: true }).first().waitFor()
  })

  it('reads a rollout as a document, and refuses one that is none in the contract’s words', async () => {
    await go('/rollouts/new?model=demand&version=2')
    await operator.getByText('YAML or JSON').click()
    const text = operator.getByLabel('The rollout as a document')
    expect(await text.inputValue()).toContain('model: models:/demand/2')
    await text.fill((await text.inputValue()).replace('- analysis: {}\n', '- pause: {}\n'))
    await operator.getByText(/spec.steps.3.setWeight: less than 25 without an analysis step/).waitFor()
    expect(await operator.getByRole('button', { name: 'See what it would be' }).isEnabled()).toBe(false)
    await text.fill('spec: [')
    await operator
      .getByText(/Flow sequence|at line 1/)
      .first()
      .waitFor()
    // What one put together is not lost by a slip.
    const away = operator.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Alerts', exact: true })
    await away.click()
    const asked = operator.getByRole('dialog', { name: 'Leave the page' })
    await asked.getByRole('button', { name: 'Cancel' }).click()
    expect(await text.inputValue()).toBe('spec: [')
    await away.click()
    await asked.getByRole('button', { name: 'Leave the page' }).click()
    await operator.waitForURL(/\/alerts$/)
  })

  it('shows a version with its scores, lineage and signatures, and two side by side', async () => {
    await go('/models')
    await operator.getByRole('link', { name: 'demand', exact: true }).click()
    await operator.getByText('rollout 1').waitFor()
    for (const version of ['1', '2']) await operator.getByRole('checkbox', { name: `Choose ${version}` }).click()
    await operator.getByRole('link', { name: 'Compare 1 with 2' }).click()
    await operator.waitForURL(/\/models\/demand\/compare\?a=1&b=2/)
    await operator.getByText('bundle.sha256').waitFor()
    await go('/models/demand/1')
    await operator.getByText('1 of 1 keys; 1 have to').waitFor()
    await expect
      .poll(() => operator.getByRole('region', { name: 'Lineage', exact: true }).textContent(), PATIENT)
      .toMatch(/daily-demand.*Uploaded bundle.*demand 1.*first.*10 serve it/s)
    await operator.getByRole('table', { name: 'Metrics' }).getByText('25.0 % less, better').first().waitFor()
    await go('/models/demand/99')
    await operator.getByText('Model demand has no version 99').waitFor()
  })

  it('shows a card as words: it makes no element, runs nothing and loads nothing', async () => {
    const asked: string[] = []
    operator.on('request', (request) => asked.push(request.url()))
    await go('/models/demand/1')
    const card = operator.getByRole('region', { name: 'Card' })
    await card.getByText('onerror="globalThis.owned = 1"').waitFor()
    expect(await card.locator('img, script, iframe, style').count()).toBe(0)
    expect(await card.getByRole('link').evaluateAll((links) => links.map((link) => link.getAttribute('href')))).toEqual(
      ['https://example.org/paper'],
    )
    await card.getByRole('cell', { name: 'wape' }).waitFor()
    expect(await operator.evaluate(() => 'owned' in globalThis)).toBe(false)
    expect(asked.filter((url) => !url.startsWith(cloud.cloud.url))).toEqual([])
  })

  it('has no verbs for a viewer, and refuses them by the address too', async () => {
    const { page } = await browser.page()
    await enter(page, 'viewer', '/rollouts/demand-2')
    await page.getByRole('heading', { name: 'demand-2' }).waitFor()
    await page.getByText('north-1').first().waitFor()
    for (const name of ['Undo', 'Retry', 'Abort', 'More']) {
      expect([name, await page.getByRole('button', { name }).count()]).toEqual([name, 0])
    }
    expect(await page.getByRole('link', { name: /Start/ }).count()).toBe(0)
    expect(await page.getByText('In the audit log').count()).toBe(0)
    const status = await page.evaluate(
      async () => (await fetch('/v1/rollouts/demand-2/undo', { method: 'POST' })).status,
    )
    expect(status).toBe(403)
    await page.goto(`${cloud.cloud.url}/rollouts/new`)
    await page.getByText('You may not start rollouts').waitFor()
  })

  it('can be used by everybody, in both themes', async () => {
    for (const [path, shows] of [
      ['/rollouts', 'demand-2'],
      ['/rollouts/demand-2', 'What happened'],
      ['/rollouts/new?model=demand&version=2', 'Which devices'],
      ['/models', 'demand'],
      ['/models/demand', 'rollout 1'],
      ['/models/demand/1', '1 of 1 keys'],
      ['/models/demand/compare?a=1&b=2', 'bundle.sha256'],
    ] as const) {
      await go(path)
      await operator.getByText(shows).first().waitFor()
      for (const colorScheme of ['light', 'dark'] as const) {
        await operator.emulateMedia({ colorScheme })
        await operator.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor()
        expect([path, colorScheme, await seriousFaults(operator)]).toEqual([path, colorScheme, []])
      }
    }
    expect(errors.filter((error) => !/status of 40[134]/.test(error))).toEqual([])
  })
})
