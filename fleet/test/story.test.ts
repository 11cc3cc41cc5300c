import { loadDefinition } from '@storecast/models'
import { expect, it } from 'vitest'
import { startConstellation, temporaryFolder } from '../constellation/index.ts'
import { simulatedScene } from '../demo/scenes.ts'
import { morning, tellStory } from '../demo/story.ts'

it('tells the story: a first model, a shift of demand, a better model', { timeout: 240_000 }, async () => {
  const scene = simulatedScene({ shops: 2, products: 16 })
  await using folder = await temporaryFolder('story')
  const said: string[] = []
  const terminal = {
    out: (text: string) => void said.push(text),
    err: (text: string) => void said.push(text),
    progress() {},
  }
  const signal = AbortSignal.timeout(230_000)
  try {
    await using constellation = await startConstellation({
      shops: scene.shops,
      folder: folder.path,
      clock: { start: morning(scene, scene.history - 1), speed: 1 },
      signal,
    })
    const definition = await loadDefinition('models/definitions/demand.yaml')
    const summary = await Promise.race([
      tellStory({ scene, constellation, definition, terminal, signal }),
      constellation.crashed,
    ])
    expect(summary.map(({ version }) => version)).toEqual([1, 1, 2])
    const [, before, after] = summary.map(({ scores }) => scores)
    // Every forecast of every day came, and was scored: 2 shops × 16 products.
    expect(summary.map(({ scores }) => scores.rows + scores.censored)).toEqual([7 * 32, 14 * 32, 7 * 32])
    expect(after!.wape).toBeLessThan(before!.wape)
    expect(after!.wape).toBeLessThan(after!.baseline)
    expect(after!.coverage).toBeGreaterThan(0.6)
  } catch (error) {
    throw new Error(`the story broke off after:\n${said.slice(-15).join('\n')}`, { cause: error })
  }
})
