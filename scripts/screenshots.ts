/**
 * `npm run screenshots [-- <name>…]`: the documentation's pictures, of the demo once its story is told; some minutes.
 * With `--url --token --shop --pin`, as `./scripts/demo` prints them, of a demo that is up.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { runDemo } from '@storecast/fleet/demo'
import { processTerminal } from '@storecast/fleet/terminal'
import { openCamera, type Scenery } from './docs/camera.ts'
import { fileOf, PICTURES } from './docs/pictures.ts'

const root = join(import.meta.dirname, '..')
const text = { type: 'string' } as const
const { values, positionals } = parseArgs({
  options: { url: text, token: text, shop: text, pin: text },
  allowPositionals: true,
})
const wanted = PICTURES.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
const terminal = processTerminal()

async function takeAll(scenery: Scenery): Promise<void> {
  await using camera = await openCamera(scenery)
  for (const picture of wanted) {
    for (const theme of picture.themes) {
      const image = await camera.take(picture, theme)
      const file = fileOf(picture, theme)
      await mkdir(dirname(join(root, file)), { recursive: true })
      await writeFile(join(root, file), image)
      terminal.out(`${file}  ${Math.round(image.length / 1000)} kB`)
    }
  }
}

const { url, token, shop, pin } = values
if (url && token && shop && pin) await takeAll({ url, token, shop, pin })
else {
  const abort = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => abort.abort(new Error(`stopped by ${name}`)))
  await runDemo({ once: true, terminal, signal: abort.signal, onTold: takeAll })
}
