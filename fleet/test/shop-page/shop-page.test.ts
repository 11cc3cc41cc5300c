import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hasBrowser, openBrowser, seriousFaults, type TestBrowser } from '@storecast/cloud/test/browser'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { holdChoices } from './held.ts'
import { NAMES, openSellingShop, PIN, type SellingShop } from './selling-shop.ts'

const PAGES = ['#/', '#/product/demand/milk', '#/sensors', '#/device'] as const
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 60_000 })

if (!hasBrowser) console.warn('the shop’s page is not tried: there is no Chromium on this machine')

describe.skipIf(!hasBrowser)('the shop’s page', () => {
  let selling: SellingShop
  let browser: TestBrowser
  let url: string
  beforeAll(async () => {
    selling = await openSellingShop('en')
    browser = await openBrowser()
    url = selling.shop.agent.url
  })
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await selling?.[Symbol.asyncDispose]()
  })

  async function open({ before = '', ...options }: BrowserContextOptions & { before?: string } = {}) {
    const opened = await browser.page({ viewport: { width: 1024, height: 768 }, locale: 'en-GB', ...options })
    let letStand = async () => {}
    // The clock of tests asks more of a browser than the page does.
    if (before === '') letStand = await holdChoices(opened.page)
    else await opened.page.addInitScript({ content: before })
    await opened.page.goto(url)
    return { ...opened, letStand }
  }
  async function signIn(page: Page, pin = PIN): Promise<void> {
    await page.getByRole('textbox').fill(pin)
    await page.keyboard.press('Enter')
  }
  async function signedIn(options?: Parameters<typeof open>[0]) {
    const opened = await open(options)
    await signIn(opened.page)
    await opened.page.locator('.products li').first().waitFor()
    return opened
  }
  const product = (page: Page, name: string) => page.locator('.products').getByText(name)
  const order = (page: Page, name: string) => page.locator('.order').filter({ hasText: name })
  /** A place of the page, all of it anew: nothing is seen of the place before. */
  const visit = async (page: Page, place: string) => {
    await page.goto('about:blank')
    await page.goto(`${url}/${place}`)
    await page.locator('h1').waitFor()
    await page.locator('.loading').waitFor({ state: 'detached' })
  }
  const choiceOf = (entity: keyof typeof NAMES) =>
    selling.shop.cloud!.decisions.get(`${entity} ${selling.issuedAt}`)?.choice

  it('opens with the PIN and no other, and asks no other host for anything', async () => {
    const { page, errors } = await open()
    const hosts = new Set<string>()
    page.on('request', (request) => hosts.add(new URL(request.url()).origin))
    await page.reload()
    await signIn(page, '715294')
    await page.getByRole('alert').filter({ hasText: 'This is not the PIN' }).waitFor()
    await signIn(page)
    await page.locator('main:focus').waitFor()
    await page.getByRole('heading', { name: 'What will sell today' }).waitFor()
    await product(page, NAMES.tea).waitFor()
    expect([...hosts]).toEqual([url])
    // The refused PIN is the only thing that the browser complains of.
    expect(errors.filter((error) => !error.includes('401'))).toEqual([])
    await page.goto(`${url}/#/device`)
    // Who could not be signed out is told so by a page that goes on.
    await page.context().setOffline(true)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('Connection to the device lost').waitFor()
    await page.context().setOffline(false)
    await page.getByText('Connection to the device lost').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect((await page.context().cookies()).map(({ name }) => name)).toEqual(['storecast-tablet-north-1'])
  })

  it('works in browsers that lack what came after Chrome 69 and Safari 12.1', async () => {
    const { page, errors } = await signedIn({ before: withoutNewerNames })
    for (const place of PAGES) await visit(page, place)
    await page.getByText(/^\d+ messages?, |^Nothing: the head office/).waitFor()
    expect(await page.getByRole('alert').filter({ hasText: 'went wrong' }).count()).toBe(0)
    expect(errors).toEqual([])
  })

  it('tells where no script of it can run that the browser may be too old', async () => {
    const { page } = await browser.page()
    await page.route('**/*.js', (route) => route.abort())
    // The while stands until the test lets it pass.
    await page.addInitScript(
      `addEventListener('load', () => document.getAnimations().forEach((animation) => animation.pause()))`,
    )
    await page.goto(url)
    const hint = page.getByText('The browser may be too old')
    expect(await hint.isVisible()).toBe(false)
    await page.evaluate('document.getAnimations().forEach((animation) => animation.finish())')
    await hint.waitFor()
    const { page: usable } = await open()
    await usable.getByRole('textbox').waitFor()
    expect(await usable.getByText('The browser may be too old').count()).toBe(0)
  })

  it('stands on a home screen with its name and its picture', async () => {
    const { page } = await open()
    const manifest = await page.request.get(`${url}${await page.locator('link[rel=manifest]').getAttribute('href')}`)
    expect(manifest.headers()['content-type']).toBe('application/manifest+json')
    const { name, icons } = (await manifest.json()) as { name: string; icons: { src: string; type: string }[] }
    expect(name).toBe('Storecast')
    for (const { src, type } of icons) {
      const icon = await page.request.get(`${url}${src}`)
      expect([icon.status(), icon.headers()['content-type']]).toEqual([200, type])
    }
  })

  it('writes numbers and times as the tablet’s country does, in the language that it shows', async () => {
    const { page } = await signedIn({ locale: 'en-US' })
    await page.getByText('from the forecast of 12:00 AM').waitFor()
    await page.goto(`${url}/#/device`)
    await page.getByLabel('Language').selectOption('de')
    await page.getByText(/, 11:\d\d$/).waitFor()
  })

  it('shows what a product will sell as a chart with its range, and the same as a table', async () => {
    const { page } = await signedIn()
    await page.getByRole('link', { name: NAMES.bread }).click()
    expect(await page.getByRole('img', { name: /^Sales over the day/ }).getAttribute('aria-label')).toBe(
      'Sales over the day: by 23:59 between 7.5 and 30, most likely 15. 15 sold so far.',
    )
    await page.locator('h1:focus').waitFor()
    await page.getByText('Show as a table').click()
    const row = page.getByRole('row', { name: /^10:00/ })
    const { body } = await selling.shop.get('/v1/forecasts?model=demand&entity=bread')
    const [low, middle, high] = (body.models[0].forecasts[0].accumulated[9] as number[]).map((value) =>
      value.toFixed(1),
    )
    expect(await row.getByRole('cell').allTextContents()).toEqual([low, middle, Number(high).toFixed(0), '15'])
    await page.reload()
    await page.getByRole('heading', { name: NAMES.bread }).waitFor()
  })

  it.each([
    ['light', 'en'],
    ['dark', 'de'],
  ] as const)('can be used by everybody, on a phone too: %s, %s', async (colorScheme, language) => {
    const { page } = await open({ colorScheme, viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' })
    await page.locator('select').selectOption(language)
    await page.locator(`html[lang=${language}]`).waitFor()
    expect(await seriousFaults(page)).toEqual([])
    await signIn(page)
    await page.locator('.products li').first().waitFor()
    for (const place of PAGES) {
      await visit(page, place)
      expect(await seriousFaults(page), place).toEqual([])
      expect(await tooWide(page), place).toEqual([])
      expect(await tooSmall(page), place).toEqual([])
    }
  })

  it('tells which sensor is silent and what to do, and what each said last', async () => {
    const { page } = await signedIn()
    const item = page.locator('.attention li').filter({ hasText: '“Fridge” is silent' })
    expect(await item.textContent()).toContain('Is it plugged in, is its battery good')
    await page.getByRole('link', { name: 'Sensors' }).click()
    const fridge = page.locator('.sensor').filter({ hasText: 'Fridge' })
    await fridge.getByText('Silent').waitFor()
    await fridge.getByText('4.2 °C at').waitFor()
    await page.locator('.sensor').filter({ hasText: 'Sold out' }).getByText('Nothing to report yet').waitFor()
  })

  it('takes a reorder in one tap while the shop is offline; it arrives after reconnecting', async () => {
    const { page, letStand } = await signedIn()
    const away = selling.broker.away()
    await page.getByText('Offline', { exact: true }).waitFor()
    await page.getByRole('button', { name: `${NAMES.bread}: order 27` }).click()
    await order(page, NAMES.bread).getByText('Ordered: 27').waitFor()
    await letStand()
    await order(page, NAMES.bread).waitFor({ state: 'detached' })
    await page.getByText('Decided today').click()
    await page.getByText('Ordered: 27').waitFor()
    expect(choiceOf('bread')).toBeUndefined()
    away[Symbol.dispose]()
    await eventually(() => expect(choiceOf('bread')).toMatchObject({ kind: 'accepted', quantity: 27 }))
    await page.getByText('Connected', { exact: true }).waitFor()
  })

  it('forgets a choice that is taken back, by the keyboard too', async () => {
    const { page, letStand } = await signedIn()
    await page.getByRole('button', { name: `${NAMES.milk}: order` }).press('Enter')
    await page.locator('.held:focus').waitFor()
    await page.keyboard.press('Tab')
    await page.getByRole('button', { name: `${NAMES.milk}: undo` }).press('Enter')
    await page.getByRole('button', { name: `${NAMES.milk}: order` }).waitFor()
    await letStand()
    expect(await seriousFaults(page)).toEqual([])
    expect(choiceOf('milk')).toBeUndefined()
  })

  it('takes another quantity, and a refusal with its reason, by the keyboard alone, and sends them when the page is left', async () => {
    const { page } = await signedIn()
    await page.getByRole('button', { name: `${NAMES.milk}: change` }).press('Enter')
    await page.getByLabel('Quantity to order').press('Control+a')
    await page.keyboard.type('24')
    await page.keyboard.press('Enter')
    await order(page, NAMES.milk).getByText('Ordered: 24 instead of').waitFor()
    await page.getByRole('button', { name: `${NAMES.tea}: reject` }).press('Enter')
    await page.locator('input[type=radio]:focus').waitFor()
    await page.locator('button:disabled', { hasText: 'Reject' }).waitFor()
    await page.keyboard.press('Space')
    await page
      .locator('button:enabled', { hasText: /^Reject$/ })
      .first()
      .waitFor()
    await page.keyboard.press('Enter')
    await order(page, NAMES.tea).getByText('Not ordered: Enough in stock').waitFor()
    expect([choiceOf('milk'), choiceOf('tea')]).toEqual([undefined, undefined])
    // Who leaves the page takes nothing back.
    await page.goto('about:blank')
    await eventually(() => expect(choiceOf('milk')).toMatchObject({ kind: 'changed', quantity: 24 }))
    await eventually(() =>
      expect(choiceOf('tea')).toMatchObject({ kind: 'rejected', quantity: 0, reason: 'Enough in stock' }),
    )
  })

  it('keeps what was seen on the screen while the device starts anew, and the choice that was made meanwhile', async () => {
    const { page, letStand } = await signedIn()
    await selling.restart(async () => {
      await page.getByText('Connection to the device lost').waitFor()
      expect(await page.locator('.products li').count()).toBe(Object.keys(NAMES).length)
      await order(page, 'onerror')
        .getByRole('button', { name: /: reject$/ })
        .click()
      await page.getByLabel('Another reason').check()
      await page.getByLabel('Your reason').fill('<script>alert(1)</script>')
      await page.getByRole('button', { name: 'Reject', exact: true }).click()
      await letStand()
      await page.getByText('Not saved yet').waitFor()
    })
    await page.getByText('Connection to the device lost').waitFor({ state: 'detached' })
    await order(page, 'onerror').waitFor({ state: 'detached' })
    await page.getByText('Decided today').click()
    await page.getByText('Not ordered: <script>alert(1)</script>').waitFor()
    await eventually(() => expect(choiceOf('eggs')).toMatchObject({ reason: '<script>alert(1)</script>' }))
  })

  it('shows names and reasons as they are written, and runs none of them', async () => {
    const { page } = await signedIn()
    await product(page, NAMES.eggs).waitFor()
    expect(await page.title()).toBe('Storecast')
    expect(await page.locator('img:not([src="/assets/icon.svg"])').count()).toBe(0)
    const ran = await page.evaluate(`(() => {
      try {
        const script = document.createElement('script')
        script.textContent = 'document.title = "inline"'
        document.body.append(script)
        document.body.innerHTML += '<img src="x" onerror="document.title = 1">'
      } catch (error) {
        return String(error)
      }
      return document.title
    })()`)
    expect(ran).toMatch(/TrustedHTML|TrustedScript|^Storecast$/)
  })

  it('is in nobody’s frame, and does nothing that another server’s page asks for', async () => {
    const { page } = await signedIn()
    const target = `${url}/v1/page/session`
    const evil = `<!doctype html><iframe src="${url}/"></iframe>
      <form id="f" method="post" enctype="text/plain" action="${url}/v1/network-test"><input name="{" value="}"></form>`
    const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(evil))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    try {
      const other = await page.context().newPage()
      await other.goto(`http://127.0.0.1:${port}`)
      const frame = other.frames().find((one) => one !== other.mainFrame())!
      expect(await frame.locator('#page').count()).toBe(0)
      const asked = await other.evaluate(
        `fetch('${target}', { method: 'DELETE', credentials: 'include' }).then(({ status }) => status, () => 'refused')`,
      )
      expect(asked).toBe('refused')
      const [answer] = await Promise.all([
        other.waitForResponse(`${url}/v1/network-test`),
        other.evaluate(`document.getElementById('f').submit()`),
      ])
      expect(answer.status()).toBe(403)
      // Who was signed in still is.
      await page.reload()
      await page.locator('.products li').first().waitFor()
    } finally {
      server.close()
    }
  })

  it('tests the network in plain words, and hands out the support bundle', async () => {
    const { page } = await signedIn()
    await page.goto(`${url}/#/device`)
    await page.getByRole('button', { name: 'Run the network test' }).click()
    await page.getByText('This tablet reaches the device').waitFor()
    expect(await page.locator('.findings li').count()).toBe(6)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download the support bundle' }).click(),
    ])
    expect(download.suggestedFilename()).toBe('storecast-north-1.tar.gz')
    expect(await download.failure()).toBeNull()
    await page.getByText(/^Version 1 of “Demand”/).waitFor()
  })

  it('makes who guesses wait, and tells for how long; a tablet that was signed in is not held up', async () => {
    const known = await signedIn()
    const guess = await open()
    for (const pin of ['715290', '715291', '715292', '715293', '715294', PIN]) {
      const answered = guess.page.waitForResponse(`${url}/v1/page/session`)
      await signIn(guess.page, pin)
      expect((await answered).status()).toBe(pin === PIN ? 429 : 401)
      await guess.page
        .getByRole('alert')
        .filter({ hasText: /not the PIN|Too many/ })
        .waitFor()
    }
    await guess.page
      .getByText(/^Too many wrong PINs\. Wait \d+ seconds\.$/)
      .first()
      .waitFor()
    expect(await guess.page.getByRole('button', { name: 'Sign in' }).isDisabled()).toBe(true)
    await known.page.goto(`${url}/#/device`)
    await known.page.getByRole('button', { name: 'Sign out' }).click()
    await known.page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await signIn(known.page)
    await known.page.getByRole('button', { name: 'Run the network test' }).waitFor()
  })
})

/**
 * Takes away what browsers learnt after Chrome 69 and Safari 12.1, by the compatibility tables of MDN; a page that uses it
 * throws. What is syntax the build translates.
 */
const withoutNewerNames = `
  const newer = [
    [window, 'globalThis queueMicrotask structuredClone ResizeObserver WeakRef FinalizationRegistry BigInt requestIdleCallback scheduler CompressionStream URLPattern Iterator'],
    [Array.prototype, 'at findLast findLastIndex toSorted toReversed toSpliced with'],
    [Array, 'fromAsync'],
    [String.prototype, 'at matchAll replaceAll isWellFormed toWellFormed'],
    [Object, 'hasOwn groupBy'],
    [Map, 'groupBy'],
    [Promise, 'allSettled any try withResolvers'],
    [Set.prototype, 'union intersection difference isSubsetOf'],
    [Intl, 'PluralRules RelativeTimeFormat ListFormat DisplayNames Segmenter DurationFormat Locale'],
    [Element.prototype, 'replaceChildren checkVisibility'],
    [Blob.prototype, 'text arrayBuffer stream'],
    [AbortSignal, 'timeout any abort'],
    [Crypto.prototype, 'randomUUID'],
    [Document.prototype, 'startViewTransition'],
  ]
  for (const [holder, names] of newer) for (const name of names.split(' ')) delete holder[name]
  // Chrome 69: "Preflight request for request with keepalive specified is currently not supported".
  const send = window.fetch
  window.fetch = (path, request = {}) => request.keepalive && request.headers ? Promise.reject(new TypeError('preflight')) : send(path, request)
`

/** What is wider than a phone. */
const tooWide = (page: Page) =>
  page.evaluate(`[...document.querySelectorAll('body *')]
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
    .map((element) => element.outerHTML.slice(0, 120))`)

/** What is tapped and is less than 44 px high. */
const tooSmall = (page: Page) =>
  page.evaluate(`[...document.querySelectorAll('a, button, select, summary, label.check, input:not([type=radio]):not([type=checkbox])')]
    .map((element) => ({ element, box: element.getBoundingClientRect() }))
    .filter(({ element, box }) => box.height > 0 && box.height < 44 && !element.classList.contains('skip'))
    .map(({ element, box }) => box.height + ': ' + element.outerHTML.slice(0, 120))`)
