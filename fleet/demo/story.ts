import { setTimeout as sleep } from 'node:timers/promises'
import { dayStart, untilCloudHasAll } from '../constellation/index.ts'
import { dateAfter, weekdayOf } from '../simulator/index.ts'
import { percent } from '../terminal/table.ts'
import { CloudWorkError, rollOut, trainInCloud } from './cloud-work.ts'
import type { StoryContext } from './context.ts'
import { hire } from './crew.ts'
import { type ReceivedForecast, receivedForecasts, scoresOf } from './day-scores.ts'
import { importPast } from './history.ts'
import type { Chapter, Scene } from './scenes.ts'
import { type Judged, rollOutBad, rollOutJudged } from './shadow.ts'
import { applyShipped, judgeData } from './stewarding.ts'
import { dayLine, drawings, type SummaryRow } from './telling.ts'
import { type AlertPost, judgeOrdering, lookForDrift, measure, postAlerts, takeUpAlerts } from './watching.ts'

/** Real milliseconds between two looks at the clock or at the cloud. */
const LOOK = 100
/** Real seconds after a day's end within which every forecast of it has to be scored and received. */
const SCORED_WITHIN = 30
const BAD_NOTE =
  'The export counted single pieces where shops count packs of six. It never served; the next version comes from a training.'

/**
 * Tells the scene chapter by chapter. New models are trained and rolled out early in a chapter's last day, while the shops'
 * clocks run at their own pace: the next midnight's forecast is the new model's first.
 *
 * @returns each chapter's scores, from what the cloud received of the devices
 */
export async function tellStory(given: Omit<StoryContext, 'crew'>): Promise<SummaryRow[]> {
  const { scene, constellation, definition, terminal, signal } = given
  const context = { ...given, crew: await hire(constellation.cloud.client) }
  const past = scene.history - 1
  const onProgress = (text: string) => terminal.progress(text)
  const took = await importPast(constellation, past, terminal)
  const sent = await untilCloudHasAll(constellation, { signal, onProgress })
  terminal.out(
    `${past} days of history imported in ${took.toFixed(1)} s; the cloud had all of it ${sent.toFixed(1)} s later`,
  )
  const refused = constellation.startFeeds(past).then(() => new Promise<never>(() => undefined))
  refused.catch(() => undefined) // raced below

  await using alerts = await postAlerts(context)
  await applyShipped(context)
  const summary: SummaryRow[] = []
  const tell = async () => {
    let day = scene.history
    let { version, judged } = await renew(context, { today: past, chapter: scene.chapters[0]! })
    for (const [index, chapter] of scene.chapters.entries()) {
      const { title, days } = chapter
      terminal.out(`\n${title}`)
      const next = scene.chapters[index + 1]
      const last = day + days - 1
      const told: ReceivedForecast[] = []
      const live = async () => void told.push(...(await liveDay(context, { day: day++, version, judged, alerts })))
      const serving = version
      if (chapter.judged) {
        while (judged?.outcome === 'open' && day <= last) await live()
        if (judged?.outcome !== 'serves') {
          throw new CloudWorkError('rollout-undecided', `v${judged?.version} does not serve after ${days} days`)
        }
        version = judged.version
        // The day that goes on began with the version before; so did those that a machine too slow for the clock has not told.
        while (dayStart(scene.shops[0]!, day + 1) <= constellation.now()) day++
        await live()
      } else {
        while (day < last) await live()
        if (next?.train) {
          await reach(context, morning(scene, last))
          if (chapter.watched) for (const line of await lookForDrift(context)) terminal.out(line)
          const renewed = await renew(context, { today: last, chapter: next, serving })
          await live()
          ;({ version, judged } = renewed)
        } else {
          // The next midnight's suggestions in the first shop are for who looks at its page.
          if (next === undefined) constellation.handOver(constellation.stores[0]!)
          await live()
        }
      }
      for (const line of drawings(told)) terminal.out(line)
      if (chapter.bad !== undefined) await alerts.heard()
      for (const line of alerts.newLines()) terminal.out(line)
      if (chapter.bad !== undefined) for (const line of await takeUpAlerts(context, BAD_NOTE)) terminal.out(line)
      summary.push({ title, version: serving, scores: scoresOf(told, definition.spec.quantiles) })
    }
    const [shop] = scene.shops
    const from = dayStart(shop!, day - scene.chapters.at(-1)!.days)
    terminal.out('')
    const to = dayStart(shop!, day)
    for (const line of await judgeOrdering(context, to)) terminal.out(line)
    terminal.out('')
    for (const line of await measure(context, { from, to })) terminal.out(line)
  }
  await Promise.race([tell(), refused])
  return summary
}

/** When that day's forecasts are made, and long before the next. */
export const morning = ({ shops: [shop] }: Scene, day: number): number => dayStart(shop!, day) + 4 * 3_600_000

/**
 * Slows the shops' clocks down, trains on every day before `today`, rolls out what came of it, and lets the clocks run.
 * @returns the version that serves then, and the one that is judged beside it
 */
async function renew(
  context: StoryContext,
  { today, chapter, serving }: { today: number; chapter: Chapter; serving?: number },
): Promise<{ version: number; judged: Judged | undefined }> {
  const { scene, constellation, crew, definition, terminal, signal } = context
  const client = crew.operator
  const onProgress = (text: string) => terminal.progress(text)
  await constellation.setSpeed(1)
  await untilCloudHasAll(constellation, { signal, onProgress, feeding: true })
  const to = dateAfter(scene.shops[0]!.firstDay, today - 1)
  const trained = await trainInCloud({ client, definition, to, signal, onProgress })
  const { version, rows, manifest } = trained
  const { metrics, baseline } = manifest
  terminal.out(
    `\nv${version} trained on ${rows} product-days up to ${to} in ${trained.seconds.toFixed(1)} s: ` +
      `held-out WAPE ${percent(metrics.wape!)} (seasonal naive ${percent(baseline.wape!)}), ${manifest.precision}`,
  )
  if (chapter.judged && serving !== undefined) {
    const judged = await rollOutJudged(context, { version, serving, devices: scene.shops.length, held: 'promote' })
    await constellation.setSpeed(chapter.speed ?? scene.speed)
    return { version: serving, judged }
  }
  const model = definition.metadata.name
  const { active, devices, seconds } = await rollOut({ client, model, version, signal, onProgress })
  terminal.out(`v${version} rolled out: ${active} of ${devices} devices serve it after ${seconds.toFixed(1)} s`)
  const { bad } = chapter
  const judged = bad === undefined ? undefined : await rollOutBad(context, { serving: version, devices: bad })
  await constellation.setSpeed(chapter.speed ?? scene.speed)
  return { version, judged }
}

/** Lets a day pass, told when the cloud has its scores; and then what became of the version that is judged. */
async function liveDay(
  context: StoryContext,
  { day, version, judged, alerts }: { day: number; version: number; judged: Judged | undefined; alerts: AlertPost },
): Promise<ReceivedForecast[]> {
  const { scene, definition, terminal } = context
  const forecasts = (await scoredDay(context, day)).filter((forecast) => forecast.version === version)
  const date = dateAfter(scene.shops[0]!.firstDay, day)
  const scores = scoresOf(forecasts, definition.spec.quantiles)
  terminal.out(dayLine({ date, weekday: weekdayOf(date), version, scores, forecasts }))
  const tasks = await judgeData(context, day)
  for (const line of [...tasks, ...((await judged?.look()) ?? []), ...alerts.newLines()]) terminal.out(line)
  return forecasts
}

async function reach({ constellation, scene, terminal, signal }: StoryContext, time: number): Promise<void> {
  for (let left = time - constellation.now(); left > 0; left = time - constellation.now()) {
    terminal.progress(`store time ${new Date(constellation.now()).toISOString().slice(0, 16)}Z`)
    await sleep(Math.min(LOOK, Math.max(1, left / scene.speed)), undefined, { signal })
  }
}

/** Waits until the day is over and the cloud has the scores of every forecast of it. */
async function scoredDay(context: StoryContext, day: number): Promise<ReceivedForecast[]> {
  const { constellation, scene, definition, terminal, signal } = context
  const [shop] = scene.shops
  const [start, end] = [dayStart(shop!, day), dayStart(shop!, day + 1)]
  await reach(context, end)
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
