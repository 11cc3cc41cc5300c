import { randomBytes } from 'node:crypto'
import { openBrowser, signIn } from '@storecast/cloud/test/browser'
import type { Page } from 'playwright-core'
import { LARGEST, type Picture, type Theme } from './pictures.ts'

/** What is up and can be looked at. */
export interface Scenery {
  /** Of the cloud, and a token that may add people. */
  readonly url: string
  readonly token: string
  /** The page of a shop's staff. */
  readonly shop: string
  readonly pin: string
}

export interface Camera extends AsyncDisposable {
  /** The picture as WebP. @throws where the page does not come to rest, or the picture is too large */
  take(picture: Picture, theme: Theme): Promise<Uint8Array>
}

/** From the best on: the first that is small enough is taken. */
const QUALITIES = [0.9, 0.8, 0.7, 0.55]
const REST_MS = 400
const LOOKS = 40
/** CSS pixels around a part of a page. */
const MARGIN = 8

const NAME = 'anna'

/** Somebody who may see everything; who is there from the pictures before gets another password. */
async function addPerson({ url, token }: Scenery, password: string): Promise<void> {
  const send = (method: string, path: string, body: object) =>
    fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const added = await send('POST', '/v1/users', { name: NAME, password, roles: ['admin'] })
  const answer = added.status === 409 ? await send('PATCH', `/v1/users/${NAME}`, { password }) : added
  if (!answer.ok) throw new Error(`the cloud does not let somebody in to take pictures: ${await answer.text()}`)
}

/** A browser in which somebody has signed in, as people do. */
export async function openCamera(scenery: Scenery): Promise<Camera> {
  await using stack = new AsyncDisposableStack()
  const browser = stack.use(await openBrowser())
  const password = randomBytes(18).toString('base64url')
  await addPerson(scenery, password)

  const open = async ({ of, path, width, height }: Picture, theme: Theme): Promise<Page> => {
    const { page } = await browser.page({
      ...{ viewport: { width, height }, colorScheme: theme, reducedMotion: 'reduce', locale: 'en-GB' },
    })
    if (of === 'shop') {
      await page.goto(scenery.shop)
      await page.getByRole('textbox').fill(scenery.pin)
      await page.keyboard.press('Enter')
      await page.getByRole('textbox').waitFor({ state: 'detached' })
      await page.goto(`${scenery.shop}/#${path}`)
      return page
    }
    await signIn(page, { url: scenery.url, name: NAME, password, to: path })
    await page.waitForURL((url) => url.pathname !== '/sign-in')
    return page
  }
  const owned = stack.move()
  return {
    async take(picture, theme) {
      const page = await open(picture, theme)
      for (const name of picture.presses ?? []) {
        await page.getByRole('link', { name }).or(page.getByRole('button', { name })).first().click()
      }
      const png = await atRest(page, picture)
      for (const quality of QUALITIES) {
        const webp = await asWebp(page, { png, quality })
        if (webp.length <= LARGEST) {
          await page.context().close()
          return webp
        }
      }
      throw new Error(`${picture.name}: larger than ${LARGEST} bytes at every quality; make the window smaller`)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** The page once it looks the same twice, with nothing under way. */
async function atRest(page: Page, { name, part, height }: Picture): Promise<Buffer> {
  await page.getByRole('main').waitFor()
  const clip = part === undefined ? undefined : await placeOf(page, { part, height })
  let before: Buffer = Buffer.alloc(0)
  for (let look = 0; look < LOOKS; look++) {
    await page.waitForTimeout(REST_MS)
    const isBusy = await page.locator('.mantine-Skeleton-root, .mantine-Loader-root, [aria-busy=true]').count()
    const now = await page.screenshot({ animations: 'disabled', caret: 'hide', ...(clip && { clip, fullPage: true }) })
    if (!isBusy && now.equals(before)) return now
    before = now
  }
  throw new Error(`${name}: the page does not come to rest`)
}

/** On the whole page, from its top. */
async function placeOf(page: Page, { part, height }: { part: string; height: number }) {
  const found = page.locator(part).first()
  await found.waitFor()
  await page.evaluate('scrollTo(0, 0)')
  const box = (await found.boundingBox())!
  const [x, y] = [box.x - MARGIN, box.y - MARGIN]
  return { x, y, width: box.width + 2 * MARGIN, height: Math.min(box.height + 2 * MARGIN, height) }
}

/** Runs in the browser, whose names this program's types do not know. */
const ENCODE = `async (data, quality) => {
  const bitmap = await createImageBitmap(await (await fetch('data:image/png;base64,' + data)).blob())
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
  canvas.getContext('2d').drawImage(bitmap, 0, 0)
  const blob = await canvas.convertToBlob({ type: 'image/webp', quality })
  let text = ''
  for (const byte of new Uint8Array(await blob.arrayBuffer())) text += String.fromCharCode(byte)
  return btoa(text)
}`

/** By the browser's own encoder, on a blank page: the one in the picture may fetch no data. */
async function asWebp(page: Page, { png, quality }: { png: Buffer; quality: number }): Promise<Uint8Array> {
  const blank = await page.context().newPage()
  const call = `(${ENCODE})(${JSON.stringify(png.toString('base64'))}, ${quality})`
  const encoded = await blank.evaluate<string>(call)
  await blank.close()
  return Buffer.from(encoded, 'base64')
}
