import { setTimeout as sleep } from 'node:timers/promises'
import type { ModelDefinition } from '@storecast/shared/contracts'
import { type Constellation, dayStart } from '../constellation/index.ts'
import { dateAfter, weekdayOf } from '../simulator/index.ts'
import { percent } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { rollOut, trainInCloud } from './cloud-work.ts'
import { type ReceivedForecast, receivedForecasts, scoresOf } from './day-scores.ts'
import { importPast, untilCloudHasAll } from './history.ts'
import type { Scene } from './scenes.ts'
import { dayLine, drawings, type SummaryRow } from './telling.ts'

export interface StoryContext {
  readonly scene: Scene
  readonly constellation: Constellation
  readonly definition: ModelDefinition
  readonly terminal: Terminal
  readonly signal: AbortSignal
}

/** Store time between a day's end and its scores reaching the cloud, at the demo's speeds; then real time begins to count. */
const LOOK = 100
/** Real seconds after a day's end within which every forecast of it has to be scored and received. */
const SCORED_WITHIN = 30

/** Tells the scene chapter by chapter. @returns each chapter's scores, from what the cloud received of the devices */
export async function tellStory(context: StoryContext): Promise<SummaryRow[]> {
  const { scene, constellation, terminal, signal } = context
  const took = await importPast(constellation, scene.history, terminal)
  const sent = await untilCloudHasAll(constellation, { terminal, signal })
  const seconds = (value: number) => `${value.toFixed(1)} s`
  terminal.out(
    `${scene.history} days of history imported in ${seconds(took)}; the cloud had them ${seconds(sent)} later`,
  )

  const feeds = constellation.startFeeds(scene.history)
  feeds.catch(() => undefined) // told below, by the race
  const summary: SummaryRow[] = []
  let day = scene.history
  let version = 0
  for (const chapter of scene.chapters) {
    if (chapter.train) version = await renew(context, day - 1)
    terminal.out(`\n${chapter.title}`)
    await constellation.setClock({ start: constellation.now(), speed: scene.speed })
    const told = await Promise.race([liveDays(context, { from: day, days: chapter.days, version }), feeds.then(never)])
    for (const line of drawings(told)) terminal.out(line)
    summary.push({ title: chapter.title, version, scores: scoresOf(told, context.definition.spec.quantiles) })
    day += chapter.days
    await constellation.setClock({ start: constellation.now(), speed: 1 })
  }
  return summary
}

/** A feed ends only by refusing or by running out of days; then the story waits for its own end. */
const never = () => new Promise<never>(() => undefined)

/** Trains on every day up to `lastDay` and rolls out what came of it. @returns the version */
async function renew(context: StoryContext, lastDay: number): Promise<number> {
  const { scene, constellation, definition, terminal, signal } = context
  const { client } = constellation.cloud
  const onProgress = (text: string) => terminal.progress(text)
  await untilCloudHasAll(constellation, { terminal, signal })
  const to = dateAfter(scene.shops[0]!.firstDay, lastDay)
  const trained = await trainInCloud({ client, definition, to, signal, onProgress })
  const { version, rows, manifest } = trained
  const { metrics, baseline } = manifest
  terminal.out(
    `\nv${version} trained on ${rows} product-days up to ${to} in ${trained.seconds.toFixed(1)} s: ` +
      `held-out WAPE ${percent(metrics.wape!)} (seasonal naive ${percent(baseline.wape!)}), ${manifest.precision}`,
  )
  const { active, devices, seconds } = await rollOut({
    client,
    model: manifest.definition.metadata.name,
    version,
    signal,
    onProgress,
  })
  terminal.out(`v${version} rolled out: ${active} of ${devices} devices serve it after ${seconds.toFixed(1)} s`)
  return version
}

/** Lets days pass, each told when the cloud has its scores. */
async function liveDays(
  context: StoryContext,
  { from, days, version }: { from: number; days: number; version: number },
): Promise<ReceivedForecast[]> {
  const { scene, definition, terminal } = context
  const told: ReceivedForecast[] = []
  for (let day = from; day < from + days; day++) {
    const forecasts = (await scoredDay(context, day)).filter((forecast) => forecast.version === version)
    told.push(...forecasts)
    const date = dateAfter(scene.shops[0]!.firstDay, day)
    const scores = scoresOf(forecasts, definition.spec.quantiles)
    terminal.out(dayLine({ date, weekday: weekdayOf(date), version, scores, forecasts }))
  }
  return told
}

/** Waits until the day is over and the cloud has the scores of every forecast of it. */
async function scoredDay(
  { constellation, scene, definition, terminal, signal }: StoryContext,
  day: number,
): Promise<ReceivedForecast[]> {
  const [shop] = scene.shops
  const [start, end] = [dayStart(shop!, day), dayStart(shop!, day + 1)]
  for (;;) {
    const left = end - constellation.now()
    if (left <= 0) break
    terminal.progress(`store time ${new Date(constellation.now()).toISOString().slice(0, 16)}Z`)
    await sleep(Math.min(LOOK, Math.max(1, left / scene.speed)), undefined, { signal })
  }
  const expected = scene.shops.reduce((sum, { products }) => sum + products.length, 0)
  for (const began = performance.now(); ; ) {
    const query = { model: definition.metadata.name, from: start, to: end }
    const forecasts = await receivedForecasts(constellation.cloud.client, query)
    const scored = forecasts.filter(({ scoredAt }) => scoredAt !== null)
    if (scored.length >= expected && scored.length === forecasts.length) return forecasts
    if (performance.now() - began > SCORED_WITHIN * 1000) {
      terminal.err(`of ${expected} forecasts the cloud has ${forecasts.length}, ${scored.length} of them scored`)
      return forecasts
    }
    terminal.progress(`waiting for the scores of ${expected - scored.length} forecasts`)
    await sleep(LOOK, undefined, { signal })
  }
}
