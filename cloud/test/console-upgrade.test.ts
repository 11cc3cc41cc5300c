import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { hasBrowser, openBrowser, signIn, type TestBrowser } from './browser.ts'
import { type TestCloud, testCloud } from './cloud.ts'
import { type ReplacedConsole, replacedConsole } from './upgraded-console.ts'

const PASSWORD = 'a sentence nobody else knows'

describe.skipIf(!hasBrowser)('a console that was open while its cloud was upgraded', () => {
  let cloud: TestCloud
  let browser: TestBrowser
  let front: ReplacedConsole
  beforeAll(async () => {
    cloud = await testCloud()
    browser = await openBrowser()
    const json = { name: 'admin', password: PASSWORD, roles: ['admin'] }
    expect((await cloud.call('POST', '/v1/users', { json })).status).toBe(201)
  })
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await cloud?.[Symbol.asyncDispose]()
  })
  beforeEach(async () => {
    front = await replacedConsole(cloud.cloud.url)
    return () => front[Symbol.asyncDispose]()
  })

  async function open(to: string, heading: string) {
    const { page } = await browser.page()
    await signIn(page, { url: front.url, name: 'admin', password: PASSWORD, to })
    await page.getByRole('heading', { name: heading }).waitFor()
    let loads = 0
    page.on('load', () => loads++)
    return { page, loads: () => loads }
  }

  it('begins anew, once, at the page that one goes to', async () => {
    const { page, loads } = await open('/rollouts/new', 'Start a rollout')
    front.upgrade()
    await page.getByRole('link', { name: 'Audit' }).click()
    await page.getByRole('heading', { name: 'Audit' }).waitFor()
    await page.getByRole('link', { name: 'KPIs' }).click()
    await page.getByRole('heading', { name: 'KPIs' }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/kpis')
    // Its pictures may come after what it shows.
    await vi.waitFor(() => expect(loads()).toBe(1))
  })

  it('says so as soon as the cloud is back, and leaves what is being typed', async () => {
    const { page, loads } = await open('/rollouts/new', 'Start a rollout')
    await page.getByLabel('Name').fill('half a na')
    front.away(true)
    await page.getByText('Not live: reconnecting…').waitFor()
    front.upgrade()
    front.away(false)
    const reload = page.getByRole('button', { name: 'New version: reload' })
    await reload.waitFor()
    expect(await page.getByLabel('Name').inputValue()).toBe('half a na')
    // About to go elsewhere is no reason to take it away.
    await page.getByRole('link', { name: 'Audit' }).hover()
    expect([await page.getByLabel('Name').inputValue(), loads()]).toEqual(['half a na', 0])
    await reload.click()
    await page.getByRole('heading', { name: 'Start a rollout' }).waitFor()
    await reload.waitFor({ state: 'detached' })
  })

  it('stays where it is while the cloud is away, and goes on by a click when it is back', async () => {
    const { page, loads } = await open('/rollouts/new', 'Start a rollout')
    front.away(true)
    await page.getByRole('link', { name: 'Audit' }).click()
    await page.getByText('This page could not be loaded').waitFor()
    expect(loads()).toBe(0)
    front.away(false)
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('heading', { name: 'Audit' }).waitFor()
  })

  it('does not begin anew time and again where a build is broken', async () => {
    const { page, loads } = await open('/rollouts/new', 'Start a rollout')
    await page.route(/assets\/(next\/)?audit-/, (route) => route.fulfill({ status: 404 }))
    front.upgrade()
    await page.getByRole('link', { name: 'Audit' }).click()
    await page.getByText('This page could not be loaded').waitFor()
    await vi.waitFor(() => expect(loads()).toBe(1))
  })
})
