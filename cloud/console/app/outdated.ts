/** A tab that was reloaded by itself because of this build: once, however broken the next one is. */
const RELOADED = 'storecast-reloaded-from'

/** The script that a page of the console begins with: its name holds a digest of all it may load. */
const ENTRY = /<script[^>]* src="(\/assets\/[^"]+\.js)"/
const ownEntry = () => document.querySelector('script[type="module"][src]')?.getAttribute('src') ?? ''

/**
 * Whether the cloud by now serves another console than this tab began with: what the tab has not loaded yet may be gone.
 * @throws Error where the cloud does not answer
 */
export async function isOutdated(): Promise<boolean> {
  const response = await fetch('/', { headers: { accept: 'text/html' }, cache: 'no-store' })
  if (!response.ok) throw new Error(`the console's page: ${response.status}`)
  const [, entry] = ENTRY.exec(await response.text()) ?? []
  return entry !== undefined && entry !== ownEntry()
}

/** @returns whether the page goes: never twice because of the same build, and never while the cloud is away */
export async function reloadIfOutdated(): Promise<boolean> {
  const entry = ownEntry()
  const isGoing = await isOutdated().catch(() => false)
  if (!isGoing || sessionStorage.getItem(RELOADED) === entry) return false
  sessionStorage.setItem(RELOADED, entry)
  location.reload()
  return true
}
