import { useEffect, useState } from 'preact/hooks'
import { ask } from '../ask.ts'
import { type Message, useWords } from '../i18n.tsx'
import { nameOf } from '../names.ts'
import type { ShopView } from '../view.ts'
import type { Forecasts, ModelStatus, Scores } from '../wire.ts'
import { productRuns } from './product-list.tsx'

const SCORED_DAYS = 28

/** Which versions work here, and how good they were, without a number that nobody but us reads. */
export function ModelWords({ view }: { view: ShopView }) {
  const words = useWords()
  const scores = useScores(productRuns(view.seen.forecasts?.models ?? []).map(({ model }) => model))
  const models = Object.entries(view.status.models)
  if (models.length === 0) return <p>{words.t('device.model.none')}</p>
  return (
    <>
      {models.map(([name, model]) => (
        <Model key={name} name={nameOf(name, words)} model={model} scores={scores[name]} view={view} />
      ))}
    </>
  )
}

interface ModelProps {
  readonly name: string
  readonly model: ModelStatus
  readonly scores: Scores | undefined
  readonly view: ShopView
}

function Model({ name, model: { active, target, phase, at, candidate }, scores, view: { times } }: ModelProps) {
  const { t } = useWords()
  const coming = phaseWords(phase)
  return (
    <div class="model">
      <p>
        {active === null
          ? t('device.model.stopped', { model: name })
          : t('device.model.works', { model: name, version: String(active), time: times.moment(Date.parse(at)) })}
      </p>
      {target !== null && target !== active && coming !== undefined && (
        <p>{t('device.model.coming', { version: String(target), phase: t(coming) })}</p>
      )}
      {target !== null && target !== active && (phase === 'failed' || phase === 'rolled-back') && (
        <p>{t('device.model.failed', { version: String(target) })}</p>
      )}
      {candidate !== undefined && <p>{t('device.model.trial', { version: String(candidate.version) })}</p>}
      {scores !== undefined && <ScoreWords scores={scores} />}
    </div>
  )
}

function ScoreWords({ scores: { wape, coverage, baselineWape } }: { scores: Scores }) {
  const { t, percent } = useWords()
  if (wape === null || coverage === null) return null
  return (
    <p class="quiet">
      {t('device.model.scores', { error: percent(wape), coverage: percent(coverage) })}{' '}
      {baselineWape !== null && baselineWape > wape && t('device.model.better', { baseline: percent(baselineWape) })}
    </p>
  )
}

function phaseWords(phase: string): Message | undefined {
  switch (phase) {
    case 'waiting':
    case 'download':
    case 'soak':
      return `device.phase.${phase}`
    case 'verify':
    case 'stage':
    case 'golden':
    case 'activate':
      return 'device.phase.check'
    default:
      return undefined
  }
}

/** Asked once: they are of closed days. What is not known yet is left out. */
function useScores(models: readonly string[]): Readonly<Record<string, Scores>> {
  const [scores, setScores] = useState<Readonly<Record<string, Scores>>>({})
  const wanted = models.join()
  useEffect(() => {
    let isGone = false
    for (const model of wanted.split(',').filter((name) => name !== '')) {
      const query = `model=${encodeURIComponent(model)}&entity=none&scores=${SCORED_DAYS}`
      ask<Forecasts>(`/v1/forecasts?${query}`).then(
        ({ models: [run] }) => {
          const total = run?.scores?.total
          if (!isGone && total !== undefined) setScores((known) => ({ ...known, [model]: total }))
        },
        // The page says above where the device does not answer; these words are no loss.
        () => undefined,
      )
    }
    return () => {
      isGone = true
    }
  }, [wanted])
  return scores
}
