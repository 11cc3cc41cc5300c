import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser, openBrowser, seriousFaults, type TestBrowser } from './browser.ts'
import { type TestCloud, testCloud } from './cloud.ts'

const PASSWORD = 'a sentence nobody else knows'

describe.skipIf(!hasBrowser)('the console', () => {
  let cloud: TestCloud
  let browser: TestBrowser
  beforeAll(async () => {
    cloud = await testCloud()
    browser = await openBrowser()
    // Nobody signs in ten times in five minutes.
    for (const [name, role] of Object.entries({ admin: 'admin', viewer: 'viewer', olga: 'operator' })) {
      const json = { name, password: PASSWORD, roles: [role] }
      expect((await cloud.call('POST', '/v1/users', { json })).status).toBe(201)
    }
  })
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await cloud?.[Symbol.asyncDispose]()
  })

  async function signIn(page: Page, name: string, to = '/audit'): Promise<void> {
    await page.goto(cloud.cloud.url + to)
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  }

  it('asks who one is, and goes on to where one wanted to go', async () => {
    const { page } = await browser.page()
    await signIn(page, 'admin', '/audit?decision=allowed')
    await page.getByRole('heading', { name: 'Audit' }).waitFor()
    expect(new URL(page.url()).search).toBe('?decision=allowed')
    await page.getByText('POST /v1/users').first().waitFor()
    await page
      .getByRole('link', { name: /^Entry \d/ })
      .last()
      .press('Enter')
    const entry = page.getByRole('dialog')
    await entry.getByText('"previous"').waitFor()
    expect(page.url()).toMatch(/[?&]entry=\d+/)
    await page.keyboard.press('Escape')
    await entry.waitFor({ state: 'hidden' })
    expect(new URL(page.url()).search).toBe('?decision=allowed')
    await page.locator('a:focus', { hasText: /^\d+$/ }).waitFor()
  })

  it('takes what is wrong in an address for nothing', async () => {
    const { page } = await browser.page()
    await signIn(page, 'admin', '/audit?decision=nonsense&utm_source=mail')
    await page.getByText('POST /v1/users').first().waitFor()
    expect(await page.getByText('This did not work').count()).toBe(0)
  })

  it('lets people in under a name of the local network, without TLS, and does what they ask', async () => {
    const { page } = await browser.page()
    await page.goto(`http://cloud.test:${new URL(cloud.cloud.url).port}/settings/views`)
    await page.getByLabel('Name').fill('viewer')
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('button', { name: 'Account of viewer' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
    await page.goBack()
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
  })

  it('shows a refused sign-in in the cloud’s words', async () => {
    const { page } = await browser.page()
    await page.goto(`${cloud.cloud.url}/sign-in`)
    await page.getByLabel('Name').fill('admin')
    await page.getByLabel('Password', { exact: true }).fill('wrong')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    expect(await page.getByRole('alert').textContent()).toMatch(/password/i)
  })

  it('asks anew where a session has ended under a page, and keeps what was typed there', async () => {
    const { page } = await browser.page()
    await signIn(page, 'olga', '/rollouts/new')
    await page.getByRole('heading', { name: 'Start a rollout' }).waitFor()
    await page.getByLabel('Name').fill('a-name-half-typ')
    expect(
      await page.evaluate(`fetch('/v1/sessions/current', { method: 'DELETE' }).then(({ status }) => status)`),
    ).toBe(204)
    await page.getByLabel('Labels').fill('region=eu')
    const asked = page.getByRole('dialog', { name: 'Your session has ended' })
    expect(await asked.getByLabel('Name').inputValue()).toBe('olga')
    await page.keyboard.press('Escape')
    await asked.getByLabel('Password', { exact: true }).fill('wrong')
    await page.keyboard.press('Enter')
    await asked.getByRole('alert').waitFor()
    expect(await seriousFaults(page)).toEqual([])
    await asked.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.keyboard.press('Enter')
    await asked.waitFor({ state: 'hidden' })
    await page.getByText('no device in service carries these labels').waitFor()
    expect(await page.getByLabel('Name').inputValue()).toBe('a-name-half-typ')
  })

  it('leads nobody to another’s page after signing in', async () => {
    const { page } = await browser.page()
    await signIn(page, 'admin', '/sign-in?to=//example.org/')
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()
    expect(new URL(page.url()).origin).toBe(cloud.cloud.url)
  })

  it('asks its cloud also where the browser thinks that there is no network', async () => {
    const { page } = await browser.page()
    await signIn(page, 'viewer', '/rollouts')
    await page.getByRole('heading', { name: 'Rollouts', exact: true }).waitFor()
    await page.evaluate(`dispatchEvent(new Event('offline'))`)
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Devices', exact: true }).click()
    await page.getByText('No devices yet').waitFor()
  })

  it('offers a viewer no place that would refuse them', async () => {
    const { page } = await browser.page()
    await signIn(page, 'viewer', '/')
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()
    expect(await page.getByRole('link', { name: 'Audit' }).count()).toBe(0)
  })

  it.each(['light', 'dark'] as const)('can be used by everybody, %s', async (colorScheme) => {
    const { page } = await browser.page({ colorScheme })
    await page.goto(`${cloud.cloud.url}/sign-in`)
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
    expect(await seriousFaults(page)).toEqual([])
    await signIn(page, 'admin')
    await page.getByText('POST /v1/users').first().waitFor()
    expect(await seriousFaults(page)).toEqual([])
  })

  it('is told by its policy what it may load, and stands in nobody’s frame', async () => {
    const { headers } = await cloud.call('GET', '/audit', { token: null, headers: { accept: 'text/html' } })
    const policy = headers.get('content-security-policy')!
    expect(policy).toContain("default-src 'none'")
    expect(policy).toMatch(/script-src 'self';/)
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it('does nothing at the bidding of another site’s page, and does not show itself inside of one', async () => {
    const { page } = await browser.page()
    await signIn(page, 'admin')
    await page.getByRole('heading', { name: 'Audit' }).waitFor()
    const cookie = (await page.context().cookies()).find(({ name }) => name === 'storecast_session')
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
    const { url } = cloud.cloud
    await using elsewhere = await foreignPage(`<iframe src="${url}/audit"></iframe>
      <form method="post" enctype="text/plain" action="${url}/v1/tokens"><input name='{"name":"stolen","roles":["admin"],"x":"' value='"}'></form>`)
    await page.goto(elsewhere.url)
    const frame = page.frames().find((one) => one !== page.mainFrame())!
    await frame.waitForLoadState()
    expect(frame.url()).not.toContain('/audit')
    expect(await page.evaluate(fetched, `${url}/v1/self`)).toBe('refused')
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().endsWith('/v1/tokens')),
      page.evaluate('document.forms[0].submit()'),
    ])
    expect([401, 415]).toContain(answer.status())
    expect((await cloud.call('GET', '/v1/tokens?all=true')).body.items).toEqual([])
  })

  it('holds back what would move the rows that one is at, until one asks for it or has left', async () => {
    await cloud.call('PUT', '/v1/sites/berlin', { json: { timeZone: 'Europe/Berlin', labels: {} } })
    const add = async (id: string) => {
      expect((await cloud.call('POST', '/v1/devices', { json: { id, site: 'berlin' } })).status).toBe(201)
    }
    await add('m-1')
    await add('m-2')
    const { page } = await browser.page()
    await signIn(page, 'viewer', '/devices')
    const rows = page.getByRole('table', { name: 'devices' }).locator('tbody tr')
    const ids = async () => (await rows.allTextContents()).map((text) => text.match(/[a-z]-\d/)?.[0])
    await rows.last().hover()
    await add('a-1')
    const held = page.getByRole('button', { name: '1 new: show' })
    await held.waitFor()
    expect(await ids()).toEqual(['m-1', 'm-2'])
    await page.getByText('2 shown').waitFor()
    await held.click()
    await held.waitFor({ state: 'hidden' })
    expect(await ids()).toEqual(['a-1', 'm-1', 'm-2'])
    await rows.last().hover()
    await add('a-2')
    await held.waitFor()
    await page.mouse.move(0, 0)
    await held.waitFor({ state: 'hidden' })
    expect(await ids()).toEqual(['a-1', 'a-2', 'm-1', 'm-2'])
  })

  it('keeps wrong addresses of the API errors of the API', async () => {
    const { status, body } = await cloud.call('GET', '/v1/nothing', { headers: { accept: 'text/html' } })
    expect([status, body.code]).toEqual([404, 'route-unknown'])
    expect((await cloud.call('GET', '/assets/none.js', { token: null })).status).toBe(404)
    expect((await cloud.call('GET', '/assets/..%2Findex.html', { token: null })).status).toBe(403)
  })
})

/** A page of another site on this machine: a name that browsers take for another than the cloud's address. */
async function foreignPage(html: string): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end(html)
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** Runs in the page. */
const fetched = (url: string): Promise<string> =>
  fetch(url, { credentials: 'include' }).then(
    ({ status }) => String(status),
    () => 'refused',
  )
