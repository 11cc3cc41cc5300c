import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { hasBrowser, openBrowser, seriousFaults, signIn, type TestBrowser } from './browser.ts'
import { type TestCloud, testCloud } from './cloud.ts'
import { seedTwoRegions, T0, type TwoRegions } from './walk/two-regions.ts'

const PASSWORD = 'a sentence nobody else knows'
const CONSOLE = join(import.meta.dirname, '../console')
/** What a page would run if it took a text for markup. */
const MARKUP = '<img src=x onerror="document.title=1">'

/** Every address that the console's pages say they have, parameters as `$name`. */
const addresses = globSync('pages/*/routes.ts', { cwd: CONSOLE })
  .flatMap((file) => [...readFileSync(join(CONSOLE, file), 'utf8').matchAll(/'(\/[^']*)'/g)].map(([, path]) => path!))
  .filter((path) => !path.endsWith('.ts') && !path.endsWith('.tsx'))

describe.skipIf(!hasBrowser)('every page', () => {
  let cloud: TestCloud
  let browser: TestBrowser
  let seeded: TwoRegions
  beforeAll(async () => {
    cloud = await testCloud()
    seeded = await seedTwoRegions(cloud)
    const { site, device } = seeded.within
    expect((await cloud.call('PUT', `/v1/devices/${device}/labels`, { json: { note: MARKUP } })).status).toBe(200)
    await cloud.pool.query(
      `INSERT INTO events (device, id, at, severity, code, message, detail, epoch, seq, received_at)
       VALUES ($1, gen_random_uuid(), $2, 'warning', 'log', $3, '{}', 1, 999, $2)`,
      [device, T0, MARKUP],
    )
    await cloud.pool.query('UPDATE alerts SET summary = $2, note = $2 WHERE site = $1', [site, MARKUP])
    const note = { json: { note: MARKUP } }
    expect((await cloud.call('POST', `/v1/stewardship-tasks/${seeded.within.task}/comments`, note)).status).toBe(200)
    const json = { name: 'admin', password: PASSWORD, roles: ['admin'] }
    expect((await cloud.call('POST', '/v1/users', { json })).status).toBe(201)
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await cloud?.[Symbol.asyncDispose]()
  })

  /** An address with things of the seed in the place of its parameters. */
  function filled(address: string): string {
    const things: Readonly<Record<string, string>> = {
      ...seeded.within,
      model: 'demand',
      version: '1',
      sensor: 'fridge',
    }
    return address.replaceAll(/\$(\w+)/g, (_all, name: string) => {
      const thing = things[name]
      if (thing === undefined) throw new Error(`${address}: nothing is seeded for $${name}`)
      return thing
    })
  }

  async function signedIn(options: Parameters<TestBrowser['page']>[0]) {
    const opened = await browser.page(options)
    const { page } = opened
    await signIn(page, { url: cloud.cloud.url, name: 'admin', password: PASSWORD, to: '/settings' })
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
    return opened
  }

  /** Once a page shows what it has. */
  async function open(page: Page, address: string): Promise<void> {
    await page.goto(cloud.cloud.url + filled(address))
    await page.locator('h1').first().waitFor()
    await page
      .getByText(/^Loading /)
      .first()
      .waitFor({ state: 'hidden' })
  }

  it('is found', () => {
    expect(addresses.length).toBeGreaterThan(15)
    expect(new Set(addresses).size).toBe(addresses.length)
  })

  it.each(['light', 'dark'] as const)('can be used by everybody, %s', async (colorScheme) => {
    const { page, errors } = await signedIn({ colorScheme })
    const asked = new Set<string>()
    page.on('request', (request) => asked.add(new URL(request.url()).origin))
    const faults: Record<string, readonly string[]> = {}
    for (const address of addresses) {
      await open(page, address)
      const found = await seriousFaults(page)
      if (await page.getByText(/^(This did not work|Not found|Not permitted)$/).count()) found.push('shows a failure')
      if (await page.locator('img[src="x"]').count()) found.push('took a text for markup')
      if (found.length > 0) faults[address] = found
    }
    expect(faults).toEqual({})
    expect([...asked].filter((origin) => origin.startsWith('http'))).toEqual([cloud.cloud.url])
    // Who is not signed in yet is told so in the answer to the first question.
    expect(errors.filter((text) => !text.includes('401'))).toEqual([])
  })

  it('tells the story of a device by the kinds that one chooses, and keeps them in the address', async () => {
    const { page } = await signedIn({})
    await open(page, '/devices/$device')
    const story = page.getByRole('list', { name: 'Timeline' })
    const comment = story.getByText('stewardship task commented')
    await comment.waitFor()
    await page.getByRole('group', { name: 'Show only' }).getByText('Device', { exact: true }).click()
    await comment.waitFor({ state: 'detached' })
    await story.getByText('enrolled').waitFor()
    expect(page.url()).toMatch(/[?&]story=device$/)
    await page.reload()
    await story.getByText('enrolled').waitFor()
    expect(await comment.count()).toBe(0)
  })

  it('leads from a sensor that shops define differently to where they do, and on to its quality', async () => {
    const { page } = await signedIn({})
    await open(page, '/data/sensors')
    await page.getByText('in 2 ways', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'fridge', exact: true }).click()
    const table = page.getByRole('table', { name: 'Where shops differ' })
    for (const { site } of [seeded.within, seeded.beyond]) await table.getByText(site).waitFor()
    await page.getByText('nobody is asked', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'Data quality', exact: true }).click()
    await page.getByRole('heading', { name: 'Data quality' }).waitFor()
    expect(page.url()).toMatch(/\?sensor=fridge$/)
  })

  it('tells a shop’s hours by its own clock to who looks from elsewhere', async () => {
    const { page } = await signedIn({ timezoneId: 'America/New_York' })
    await open(page, '/devices/$device')
    const chart = page.getByRole('figure', { name: 'Forecast and actual of milk' })
    await chart.getByText('Show as a table').click()
    expect(await chart.locator('details td').first().textContent()).toMatch(/^2 Mar 2026, 01:00:00/)
  })

  it('has the focus where one is: on the page that one went to, in a window, and back at what opened it', async () => {
    const { page } = await signedIn({})
    await page.getByRole('link', { name: 'People' }).press('Enter')
    await page.locator('main:focus').waitFor()
    const add = page.getByRole('button', { name: 'Add somebody' })
    await add.press('Enter')
    await page.getByRole('dialog').locator('input:focus').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('button:focus', { hasText: 'Add somebody' }).waitFor()
  })

  it('fits a phone', async () => {
    const { page } = await signedIn({ viewport: { width: 390, height: 844 } })
    const wide: Record<string, number> = {}
    for (const address of addresses) {
      await open(page, address)
      // A chart takes its width once it has seen how wide its place is.
      const over = () => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
      await vi
        .waitFor(async () => expect(await over()).toBeLessThanOrEqual(0), 5_000)
        .catch(async () => {
          wide[address] = await over()
        })
    }
    expect(wide).toEqual({})
  })
})
