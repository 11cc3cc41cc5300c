import { openBrowser, signIn } from '../../../cloud/test/browser.ts'
import type { Person } from './places.ts'

/**
 * Milliseconds from going to the device list until its rows are there and its filter takes a text, in a headless browser that has
 * the console's files already, as somebody's who works with it; once for each visit.
 */
export async function visitDeviceList(url: string, { name, password }: Person, visits: number): Promise<number[]> {
  await using browser = await openBrowser()
  const { page } = await browser.page()
  await signIn(page, { url, name, password, to: '/devices' })
  const rows = page.getByRole('row')
  await rows.nth(20).waitFor()
  const times: number[] = []
  for (let visit = 0; visit < visits; visit++) {
    await page.goto('about:blank')
    const began = performance.now()
    await page.goto(`${url}/devices`, { waitUntil: 'commit' })
    await rows.nth(20).waitFor()
    await page.getByRole('textbox').first().fill('shop')
    times.push(performance.now() - began)
  }
  return times
}
