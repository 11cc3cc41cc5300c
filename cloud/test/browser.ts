import { existsSync } from 'node:fs'
import AxeBuilder from '@axe-core/playwright'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { onTestFailed, onTestFinished, TestRunner } from 'vitest'

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = PATHS.find((path) => existsSync(path))

/** Suites that look at pages skip where there is no browser. */
export const hasBrowser = executablePath !== undefined

export interface TestBrowser extends AsyncDisposable {
  /** A page of a person's own, which knows nobody, until the test ends that asked for it; what it says to its console as an error is in `errors`. */
  page(options?: BrowserContextOptions): Promise<{ readonly page: Page; readonly errors: readonly string[] }>
}

/** Headless Chromium, which speaks to this machine alone. */
export async function openBrowser(): Promise<TestBrowser> {
  const browser: Browser = await chromium.launch({
    executablePath: executablePath!,
    // Root, as in a container, has no sandbox; every host but this machine and its names under `test` resolves to nothing.
    args: [
      '--no-sandbox',
      '--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
    ],
  })
  const lookBack: (() => Promise<void>)[] = []
  return {
    async page(options) {
      const context = await browser.newContext(options)
      // A busy machine is no failure.
      context.setDefaultTimeout(60_000)
      const page = await context.newPage()
      const errors: string[] = []
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
      page.on('pageerror', ({ message }) => errors.push(message))
      const look = tellIfItFails(page)
      lookBack.push(look)
      // Pages of tests that are over would follow their cloud on and on, beside the next one's.
      if (TestRunner.getCurrentTest()) {
        onTestFinished(async () => {
          await look()
          if (browser.isConnected()) await context.close()
        })
      }
      return { page, errors }
    },
    async [Symbol.asyncDispose]() {
      for (const look of lookBack) await look()
      await browser.close()
    },
  }
}

/** Has a failing test print what the page showed at last and what it was refused. @returns looks, before the page is gone */
function tellIfItFails(page: Page): () => Promise<void> {
  // A page that several tests share is nobody's to tell of.
  if (!TestRunner.getCurrentTest()) return async () => {}
  const refused: string[] = []
  page.on('response', (answer) => {
    if (answer.status() >= 400) refused.push(`${answer.request().method()} ${answer.url()} ${answer.status()}`)
  })
  page.on('requestfailed', (asked) => refused.push(`${asked.method()} ${asked.url()} ${asked.failure()?.errorText}`))
  let seen = ''
  const look = async () => {
    if (page.isClosed()) return
    const shown = await page.locator('body').ariaSnapshot({ timeout: 5_000 }).catch(String)
    seen = [`${page.url()} showed at last:`, shown, ...refused.slice(-20)].join('\n')
  }
  onTestFailed(async () => {
    await look()
    console.error(seen)
  })
  return look
}

/** Signs somebody in as people do, on the way to a page of the console. */
export async function signIn(
  page: Page,
  at: { url: string; name: string; password: string; to: string },
): Promise<void> {
  await page.goto(`${at.url}/sign-in?to=${encodeURIComponent(at.to)}`)
  await page.getByLabel('Name').fill(at.name)
  await page.getByLabel('Password', { exact: true }).fill(at.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** As the page knows it, for which this workspace has no types. */
interface Animated {
  readonly playState: string
  readonly effect: { getComputedTiming(): { readonly endTime: number } }
}

/** What axe-core finds serious or critical on a page at rest, as `rule: element`: colours on their way are nobody's. */
export async function seriousFaults(page: Page): Promise<string[]> {
  await page.waitForFunction(() => {
    const { document } = globalThis as unknown as { document: { getAnimations(): Animated[] } }
    return document
      .getAnimations()
      .every(({ playState, effect }) => playState !== 'running' || effect.getComputedTiming().endTime === Infinity)
  })
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
}
