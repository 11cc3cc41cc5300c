import { doubtfulShare } from '../attention.ts'
import { useWords } from '../i18n.tsx'
import { nameOf } from '../names.ts'
import { Icon, type IconName } from '../parts/icon.tsx'
import type { ShopView } from '../view.ts'
import type { SensorStatus } from '../wire.ts'

/** `waiting`: it speaks only when something happens, and nothing has. */
type Health = 'ok' | 'waiting' | 'silent' | 'never' | 'doubtful'

const SIGNS: Readonly<Record<Health, IconName>> = {
  ok: 'ok',
  waiting: 'silent',
  silent: 'problem',
  never: 'problem',
  doubtful: 'warning',
}
const DOUBTFUL = 0.02
const FAULTS = ['outOfRange', 'duplicate', 'wrongType', 'wrongUnit', 'untrusted'] as const

function healthOf(sensor: SensorStatus): Health {
  if (sensor.heardAt === null) return sensor.silent ? 'never' : 'waiting'
  if (sensor.silent) return 'silent'
  return doubtfulShare(sensor) > DOUBTFUL ? 'doubtful' : 'ok'
}

export function SensorsPage({ view }: { view: ShopView }) {
  const { t } = useWords()
  const { sensors, sources } = view.status
  const bad = sensors.filter((sensor) => ['silent', 'never', 'doubtful'].indexOf(healthOf(sensor)) >= 0).length
  return (
    <>
      <h1 tabIndex={-1}>{t('sensors.heading')}</h1>
      <p class="lead">
        {sensors.length === 0
          ? t('sensors.none')
          : bad === 0
            ? t('sensors.fine', { n: sensors.length })
            : t('sensors.bad', { bad, n: sensors.length })}
      </p>
      <ul class="grid">
        {sensors.map((sensor) => (
          <Sensor key={sensor.name} sensor={sensor} view={view} />
        ))}
      </ul>
      {sources.length > 0 && (
        <section aria-labelledby="sources">
          <h2 id="sources">{t('sensors.sources')}</h2>
          <ul class="grid">
            {sources.map(({ name, trouble }) => (
              <li key={name} class={`card row ${trouble === null ? 'ok' : 'silent'}`}>
                <Icon name={trouble === null ? 'ok' : 'problem'} />
                <div>
                  <h3>{name}</h3>
                  <p class={trouble === null ? 'state ok' : 'state silent'}>
                    {t(trouble === null ? 'sensors.source.ok' : 'sensors.source.down')}
                  </p>
                  {trouble !== null && (
                    <details>
                      <summary>{t('device.test.details')}</summary>
                      <p class="technical" lang="en">
                        {trouble}
                      </p>
                    </details>
                  )}
                </div>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

function Sensor({ sensor, view: { times } }: { sensor: SensorStatus; view: ShopView }) {
  const words = useWords()
  const { t, number } = words
  const health = healthOf(sensor)
  const { latest, heardAt, accepted, unit } = sensor
  const faults = FAULTS.filter((fault) => sensor[fault] > 0)
  return (
    <li class={`card row sensor ${health}`}>
      <Icon name={SIGNS[health]} />
      <div>
        <h2>{nameOf(sensor.name, words)}</h2>
        <p class={`state ${health}`}>{t(`sensors.${health}`)}</p>
        {latest !== null && (
          <p class="value">
            {t('sensors.latest', {
              value: `${number(latest.value, { maximumFractionDigits: 2 })} ${unit}`,
              time: times.moment(Date.parse(latest.at)),
            })}
          </p>
        )}
        <p class="quiet">
          {heardAt === null ? t('sensors.unheard') : t('sensors.heard', { time: times.ago(Date.parse(heardAt)) })}
        </p>
        {accepted > 0 && <p class="quiet">{t('sensors.values', { n: accepted })}</p>}
        {faults.length > 0 && (
          <p class="quiet">{faults.map((fault) => t(`sensors.fault.${fault}`, { n: sensor[fault] })).join(' · ')}</p>
        )}
      </div>
    </li>
  )
}
