import type { ReactNode } from 'react'
import type { Got, Item } from '../../api/client.ts'
import { count } from '../../kit/figures.ts'
import { PageLink } from '../../kit/links.tsx'
import { type FeatureOf, list } from './made-of.ts'

type Shape = Pick<Item<'/v1/feature-views'>, 'kind' | 'entity' | 'step' | 'history'>
export type FeatureView = Got<'/v1/feature-views/{model}'>

const KINDS = { 'daily-demand': 'daily demand', sequence: 'sequence' } as const
const STEPS = { '5m': '5 min', '15m': '15 min', '1h': '1 h', '1d': '1 d' } as const

export const kindText = ({ kind }: Shape): string => KINDS[kind]
/** What there is one row of features for. */
export const rowText = ({ kind, entity }: Shape): string =>
  kind === 'daily-demand' ? `${entity} and day` : entity === 'site' ? 'shop' : entity
export const reachText = ({ history, step }: Shape): string =>
  step === '1d' ? `${count(history)} days` : `${count(history)} windows of ${STEPS[step]}`

export const SensorLink = ({ name }: { name: string }) => (
  <PageLink to="/data/sensors/$sensor" params={{ sensor: name }}>
    {name}
  </PageLink>
)

const linked = (sensors: readonly string[]): ReactNode =>
  sensors.map((name, at) => (
    <span key={name}>
      {at > 0 && (at === sensors.length - 1 ? ' and ' : ', ')}
      <SensorLink name={name} />
    </span>
  ))

/** What features are made of, with the way to the sensors among it. */
export function MadeOf({ of }: { of: FeatureOf }) {
  const { from, sensors, covariates, attributes } = of
  switch (from) {
    case 'history':
      return (
        <>
          past days of {linked(sensors)}
          {covariates.length > 0 && `, of days alike in ${list(covariates)}`}
          {attributes.length > 0 && `, over products of the same ${list(attributes)}`}
        </>
      )
    case 'sensor':
      return <>the last windows of {linked(sensors)}</>
    case 'covariate':
      return <>{list(covariates)}, known ahead</>
    case 'static':
      return <>attributes of the product, embedded</>
    case 'calendar':
      return <>the day of the week</>
    case 'unknown':
      return <>not known to this release</>
  }
}
