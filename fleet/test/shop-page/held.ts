import type { Page } from 'playwright-core'

/** Milliseconds for which the page holds a choice that can be taken back: short for a machine that does much else. */
const HOLD = 8_000

/**
 * Has a page, which is to be opened yet, hold choices until it is told to let them stand.
 * @returns tells it: what was chosen can no longer be taken back
 */
export async function holdChoices(page: Page): Promise<() => Promise<void>> {
  await page.clock.install()
  await page.context().addInitScript(`{
    const set = window.setTimeout
    window.setTimeout = (run, ms, ...rest) => set(run, ms === ${HOLD} ? 60_000 : ms, ...rest)
  }`)
  return () => page.clock.fastForward('01:10')
}
