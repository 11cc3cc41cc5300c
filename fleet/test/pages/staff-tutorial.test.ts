import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hasBrowser, openBrowser } from '@storecast/cloud/test/browser'
import { describe, expect, it, vi } from 'vitest'
import { holdChoices } from '../shop-page/held.ts'
import { NAMES, openSellingShop, PIN, type SellingShop } from '../shop-page/selling-shop.ts'
import { ROOT } from './desk.ts'
import { boldOf, quotesOf } from './quotes.ts'

describe('what is told to a store’s staff', () => {
  it.each(['tutorial.md', 'in-the-store.md'])('%s quotes the page word for word', async (name) => {
    const english = await readFile(join(ROOT, 'agent/page/app/languages/en.json'), 'utf8')
    const texts = Object.values(JSON.parse(english) as Record<string, string>).map(pattern)
    const quoted = boldOf(await readFile(join(ROOT, 'docs/store-staff', name), 'utf8')).flatMap((one) =>
      one.split(' → '),
    )
    expect(quoted.length).toBeGreaterThan(10)
    expect(quoted.filter((words) => !texts.some((text) => text.test(words)))).toEqual([])
  })
})

describe.skipIf(!hasBrowser)('the tutorial of a store’s staff', () => {
  it('can be followed as its page says, and everything that it quotes is seen on the way', async () => {
    await using stack = new AsyncDisposableStack()
    const { said, left } = await quotesOf('store-staff/tutorial.md')
    const selling = stack.use(await openSellingShop('en'))
    const browser = stack.use(await openBrowser())
    const { page } = await browser.page({ viewport: { width: 820, height: 1000 }, reducedMotion: 'reduce' })
    const seen = (...words: string[]) =>
      Promise.all(words.map((one) => page.getByText(said(one)).filter({ visible: true }).first().waitFor()))
    const tap = (words: string) => page.getByRole('button', { name: said(words), exact: true }).click()
    const visit = (words: string) => page.getByRole('link', { name: said(words), exact: true }).click()
    const order = (name: string) => page.locator('.order').filter({ hasText: name })

    const letStand = await holdChoices(page)

    // Open the page.
    await tellFridge(selling)
    await page.goto(selling.shop.agent.url)
    await page.getByLabel(said('Language')).selectOption('en')
    await page.getByLabel(said('PIN of this device')).fill('715294')
    await page.getByLabel(said('Show the PIN')).check()
    await tap('Sign in')
    await seen('This is not the PIN')
    await page.getByLabel('PIN of this device').fill(PIN)
    await tap('Sign in')
    await seen('Today', 'Sensors', 'Device', 'Connected')

    // Does anything need you?
    await seen('What needs attention', 'All is well')
    selling.shop.clock.advance(20 * 60_000)
    await page.reload()
    await seen('Do this today', '“Fridge” is silent')
    await tellFridge(selling)
    await page.reload()
    await page.getByText('“Fridge” is silent').waitFor({ state: 'detached' })
    await seen('All is well')

    // What will sell today.
    await seen('What will sell today', 'on 8 of 10 days sales end in this range', 'most likely', 'sold so far')
    await page.getByRole('link', { name: NAMES.bread }).click()
    await seen('Show as a table')
    await visit('Back to today')

    // What to order.
    await seen('To reorder')
    const taken = await order(NAMES.bread)
      .getByRole('button', { name: /: order \d+$/ })
      .textContent()
    expect(taken?.replace(/\d+/, '12')).toBe(said('Order 12'))
    await order(NAMES.bread).getByText(taken!).last().click()
    await order(NAMES.bread).getByText(said('Undo')).click()
    await order(NAMES.bread).getByText(taken!).last().click()
    await order(NAMES.milk).getByText(said('Change')).click()
    await page.getByLabel(said('Quantity to order')).fill('24')
    await tap('Order this')
    await order(NAMES.milk).getByText('Undo').waitFor()
    await order(NAMES.tea).getByText(said('Reject')).click()
    await seen('Enough in stock', 'Already ordered', 'No room for it', 'Will not sell now', 'Another reason')
    await tap('Cancel')
    await order(NAMES.tea).getByText('Reject').click()
    await page.getByLabel('Already ordered').check()
    await tap('Reject')
    await order(NAMES.tea).getByText('Undo').waitFor()
    await letStand()
    for (const name of [NAMES.bread, NAMES.milk, NAMES.tea]) await order(name).waitFor({ state: 'detached' })
    await page.getByText(said('Decided today')).click()
    await page.getByText('Not ordered: Already ordered').waitFor()

    // Without the internet; and help with that.
    const away = selling.broker.away()
    await seen('Offline')
    await visit('Device')
    await seen('Waiting to be sent')
    await tap('Run the network test')
    await seen('Failed')
    const [bundle] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: said('Download the support bundle') }).click(),
    ])
    expect(await bundle.failure()).toBeNull()
    away[Symbol.dispose]()
    await page.getByText('Connected', { exact: true }).waitFor()
    await visit('Today')
    await selling.restart(async () => {
      await seen('Connection to the device lost')
      await page.getByRole('button', { name: /: order \d+$/ }).click()
      await letStand()
      await seen('Not saved yet')
    })
    await page.getByText('Nothing to reorder now.').waitFor()

    // The sensors. The device has started anew, and has heard none.
    await tellFridge(selling)
    await visit('Sensors')
    await seen('Fine', 'Nothing to report yet')
    selling.shop.clock.advance(20 * 60_000)
    await page.reload()
    await seen('Silent')

    await visit('Device')
    await tap('Sign out')
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(left()).toEqual([])
  })
})

async function tellFridge({ shop }: SellingShop): Promise<void> {
  const { status } = await shop.post('/api/v2/write?precision=ms', `fridge value=4.2 ${shop.clock.now()}`)
  expect(status).toBe(204)
  await vi.waitFor(async () => {
    const { sensors } = (await shop.get('/v1/status')).body
    expect(sensors.find(({ name }: { name: string }) => name === 'fridge')).toMatchObject({ silent: false })
  })
}

/** A text of the page, or its beginning up to a stop, with what it names left open. One that begins with a name is never quoted. */
function pattern(text: string): RegExp {
  if (text.startsWith('{')) return /^$/
  const beginnings = [...text.matchAll(/[.:,]/g)].map(({ index }) => text.slice(0, index))
  const literal = (part: string) => part.replaceAll(/[.*+?^$|()[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '.+')
  return new RegExp(`^(${[text, ...beginnings].map(literal).join('|')})$`)
}
