import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hasBrowser, openBrowser, signIn } from '@storecast/cloud/test/browser'
import { testCloud } from '@storecast/cloud/test/cloud'
import { temporaryFolder } from '@storecast/cloud/test/database'
import type { Page } from 'playwright-core'
import { describe, expect, it, vi } from 'vitest'
import { prepareAgent } from '../../constellation/agent.ts'
import { typist } from '../cli.ts'
import { type Quotes, quotesOf } from '../pages/quotes.ts'

const PASSWORD = 'a sentence nobody else knows'
const PASSPHRASE = 'correct horse battery staple'
const FRIDGE = `apiVersion: storecast/v1
kind: ModelDefinition
metadata: { name: fridge }
spec:
  view: { kind: sequence, channels: [fridge], step: 1h, context: 48 }
  horizon: 24
  schedule: "5 * * * *"
  network: { kind: revin-linear }
`
const sensors = [{ name: 'fridge', kind: 'gauge', unit: '°C', resolution: 0.1, range: [-30, 50], interval: 300 }]

/** Sixty days of a fridge that never was. */
const history = (hours: number) =>
  [
    'time,fridge',
    ...Array.from(
      { length: hours },
      (_, hour) =>
        `${new Date(Date.UTC(2026, 0, 1, hour)).toISOString()},${(4 + Math.sin((hour / 24) * 2 * Math.PI)).toFixed(2)}`,
    ),
  ].join('\n')

describe.skipIf(!hasBrowser)('an operator’s first day at the console', () => {
  it('goes from the first start to an undone rollout, and no viewer could have done any of it', async () => {
    await using stack = new AsyncDisposableStack()
    // What the operator's tutorial tells to press and to read.
    const { said, left } = await quotesOf('operator/tutorial.md')
    const { path } = stack.use(await temporaryFolder())
    const server = stack.use(await testCloud({}, { trust: { mode: 'production' } as never }))
    const { url, adminLink } = server.cloud
    await server.call('PUT', '/v1/sites/berlin', {
      json: { timeZone: 'Europe/Berlin', labels: { region: 'eu' }, sensors },
    })
    const browser = stack.use(await openBrowser())
    const { page } = await browser.page()

    // The first start's link makes an account, and signs it in.
    await page.goto(adminLink!)
    await page.getByLabel(said('Name')).fill('anna')
    await page.getByLabel(said('Password'), { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: said('Create the account') }).click()
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()

    // A token for the command line: what needs keys, or is large, is done where they are and not in a browser.
    await go(page, said('Settings'), said('Tokens'))
    await page.getByLabel(said('Make a token named')).fill('laptop')
    await choose(page, said('That may what these may'), 'admin')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: said('Make'), exact: true }).click()
    const token = (await page.getByRole('status').filter({ hasText: 'laptop' }).locator('code').textContent())!
    const desk = join(path, 'desk')
    await mkdir(desk)
    const type = typist(join(path, 'config'))
    const env = { STORECAST_URL: url, STORECAST_TOKEN: token, STORECAST_KEY_PASSPHRASE_FILE: join(desk, 'passphrase') }
    const storecast = async (...argv: string[]) => {
      const { status, out, err } = await type(
        argv.map((one) => one.replace(/^@/, `${desk}/`)),
        { env, answer: 'yes' },
      )
      if (status !== 0) throw new Error(`storecast ${argv.join(' ')}: ${err}${out}`)
    }
    await writeFile(join(desk, 'passphrase'), `${PASSPHRASE}\n`)
    await writeFile(join(desk, 'fridge.yaml'), FRIDGE)
    await storecast('key', 'create', '@anna.pem')
    await storecast('trust', 'cloud-keys', '--out', '@cloud-keys.json')
    const signers = ['--root', '@anna.pem.pub', '--root-threshold', '1', '--targets', '@anna.pem.pub']
    await storecast(
      'trust',
      'init',
      '--folder',
      '@trust',
      '--cloud-keys',
      '@cloud-keys.json',
      ...signers,
      '--targets-threshold',
      '1',
    )
    await storecast('trust', 'sign', '--folder', '@trust', '--key', '@anna.pem')
    await storecast('trust', 'push', '--folder', '@trust')
    // A claim for a device, with which an agent enrols.
    await go(page, 'Settings', said('Enrolment'))
    await choose(page, said('Shop'), 'berlin')
    await page.getByLabel(said('Only for the device')).fill('berlin-1')
    await page.getByRole('button', { name: 'Make', exact: true }).click()
    const claim = (await page.getByRole('status').filter({ hasText: 'The claim' }).locator('code').textContent())!
    const agent = stack.use(
      await prepareAgent({
        ...{ device: 'berlin-1', claim, timeZone: 'Europe/Berlin', folder: path },
        clock: { start: Date.now(), speed: 1 },
        settings: { sensors: undefined },
      }),
    )
    await agent.program.start()
    await go(page, said('Devices'))
    await page
      .getByRole('row', { name: /berlin-1/ })
      .getByText(said('operational'))
      .waitFor()

    const push = async (version: number) => {
      await writeFile(join(desk, 'fridge.csv'), history(1440 - 100 * version))
      await storecast('model', 'train', '@fridge.yaml', '--data', '@fridge.csv', '--out', `@${version}.bundle`)
      await storecast('model', 'push', `@${version}.bundle`, '--alias', 'candidate')
    }

    // What is pushed is there, and waits for who vouches for it.
    await push(1)
    await go(page, said('Models'))
    await page.getByRole('link', { name: 'fridge', exact: true }).click()
    await page.getByRole('main').getByRole('link', { name: 'version 1', exact: true }).first().click()
    await page.getByText(said('unapproved'), { exact: true }).first().waitFor()
    await storecast('approve', 'fridge@1', '--folder', '@trust', '--key', '@anna.pem')
    await page.reload()
    await page.getByText(said('approved'), { exact: true }).first().waitFor()

    await startRollout(page, { version: '1', name: 'first', way: said('All at once') }, said)
    await page.getByText(said('succeeded'), { exact: true }).first().waitFor()

    // A second version comes to one device, is watched there, and stopped.
    await push(2)
    await storecast('approve', 'fridge@2', '--folder', '@trust', '--key', '@anna.pem')
    await startRollout(page, { version: '2', name: 'second', way: said('In waves') }, said)
    await untilServes(2)
    await verb(page, said('Abort'), { action: said('Abort the rollout'), name: 'second' })
    await page.getByText(said('aborted'), { exact: true }).first().waitFor()
    await untilServes(1)

    // A third goes through, and is taken back.
    await startRollout(page, { version: '2', name: 'third', way: 'All at once' }, said)
    await page.getByText('succeeded', { exact: true }).first().waitFor()
    await verb(page, said('Undo'), { action: said('Undo the rollout'), name: 'third' })
    await page.getByText(said('undone'), { exact: true }).first().waitFor()
    await untilServes(1)

    await go(page, said('Audit'))
    await page
      .getByRole('row', { name: /anna.*rollouts\/\d+\/undo/ })
      .first()
      .waitFor()
    await page
      .getByRole('row', { name: /anna.*rollouts\/\d+\/abort/ })
      .first()
      .waitFor()

    expect(left()).toEqual([])

    // A steward closes a task; a viewer can do none of it, neither by click nor by address.
    for (const role of ['steward', 'viewer']) {
      await go(page, 'Settings', 'People')
      await page.getByRole('button', { name: 'Add somebody' }).click()
      const form = page.getByRole('dialog')
      await form.getByLabel('Name').fill(`a-${role}`)
      if (role === 'steward') {
        await choose(page, 'Roles', /^steward/)
        await page.getByRole('option', { name: /^viewer/ }).click()
        await page.keyboard.press('Escape')
      }
      await form.getByLabel('Password', { exact: true }).fill(PASSWORD)
      await form.getByRole('button', { name: 'Save' }).click()
      await form.waitFor({ state: 'hidden' })
    }
    const { rows } = await server.pool.query<{ id: number }>(
      `INSERT INTO stewardship_tasks (device, site, sensor, dimension, state, threshold, score, worst, opened_at, scored_at)
       VALUES ('berlin-1', 'berlin', 'fridge', 'completeness', 'open', 0.9, 0.5, 0.5, $1, $1) RETURNING id`,
      [Date.now()],
    )
    const task = `/data/tasks/${rows[0]!.id}`
    const viewer = (await browser.page()).page
    await signIn(viewer, { url, name: 'a-viewer', password: PASSWORD, to: task })
    await viewer.getByRole('heading', { name: 'Completeness of fridge' }).waitFor()
    expect(await viewer.getByRole('button', { name: 'Close', exact: true }).count()).toBe(0)
    await viewer.goto(`${url}/rollouts`)
    await viewer.getByRole('link', { name: 'third' }).waitFor()
    expect(await viewer.getByText('Start a rollout').count()).toBe(0)
    await viewer.goto(`${url}/rollouts/new`)
    await viewer.getByText('You may not start rollouts').waitFor()
    for (const call of [
      `${task.replace('/data/tasks', '/v1/stewardship-tasks')}/close`,
      '/v1/rollouts/third/retry',
      '/v1/claims',
    ]) {
      expect([call, await viewer.evaluate(posted, call)]).toEqual([call, 403])
    }
    await viewer.goto(`${url}/settings/people`)
    await viewer.getByText('not-permitted').waitFor()

    const steward = (await browser.page()).page
    await signIn(steward, { url, name: 'a-steward', password: PASSWORD, to: task })
    await steward.getByLabel('Note').fill('The plug was out; it is in again.')
    await steward.getByRole('button', { name: 'Close', exact: true }).click()
    await steward.getByText('closed by a-steward').waitFor()

    function untilServes(version: number) {
      // Fetched, checked, and run by a host of its own first.
      return vi.waitFor(async () => {
        const { body } = await server.call('GET', '/v1/devices/berlin-1')
        expect(body.models).toMatchObject([{ model: 'fridge', active: version }])
      }, 120_000)
    }
  })
})

/** Runs in the page: its own session, as its own code calls. */
async function posted(path: string): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  return (await fetch(path, { method: 'POST', headers, body: JSON.stringify({ site: 'berlin' }) })).status
}

async function go(page: Page, place: string, tab?: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: place, exact: true }).click()
  if (tab) await page.getByRole('navigation', { name: place }).getByRole('link', { name: tab, exact: true }).click()
}

async function startRollout(
  page: Page,
  { version, name, way }: { version: string; name: string; way: string },
  said: Quotes['said'],
): Promise<void> {
  await go(page, said('Rollouts'))
  await page.getByRole('link', { name: said('Start a rollout') }).click()
  // The list that is left has a field for models, too.
  await page.getByRole('heading', { name: 'Start a rollout' }).waitFor()
  // A field says what was chosen; people look before they go on.
  const pick = async (label: string, option: string | RegExp) => {
    await choose(page, label, option)
    const field = page.getByRole('combobox', { name: label, exact: true })
    await vi.waitFor(async () => expect(await field.inputValue()).toMatch(option))
  }
  await pick(said('Model'), 'fridge')
  await pick(said('Version'), new RegExp(`\\b${version}\\b`))
  await page.getByLabel('Name').fill(name)
  await pick(said('Way'), way)
  await page.getByRole('button', { name: said('See what it would be') }).click()
  await page.getByRole('button', { name: said('Start the rollout') }).click()
  await page.getByRole('heading', { name }).waitFor()
}

async function choose(page: Page, label: string, option: string | RegExp): Promise<void> {
  // The kit lays what was chosen over the field itself.
  await page.getByRole('combobox', { name: label, exact: true }).click({ force: true })
  // What is offered may still be on its way; it comes to the field that is open.
  await page.getByRole('option', { name: option }).first().click()
}

async function verb(page: Page, button: string, { action, name }: { action: string; name: string }): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox').fill(name)
  await dialog.getByRole('button', { name: action }).click()
  await dialog.waitFor({ state: 'hidden' })
}
