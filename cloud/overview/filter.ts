import type { DeviceSelector } from '@storecast/shared/contracts'
import { SELECTED, selecting } from '../devices/index.ts'
import { isLimited, type LabelLimit, NO_LIMIT, siteWithin } from '../platform/label-limit.ts'
import { DEVICE_STATES, type DeviceState, STATE } from './states.ts'

/** Which devices; all that is given has to hold. */
export interface DeviceFilter {
  readonly site?: string | undefined
  readonly selector?: DeviceSelector | undefined
  readonly states?: readonly DeviceState[] | undefined
  /** Some of the id, the site's id, or a label's value; case does not count. */
  readonly text?: string | undefined
  /** Serves it or should; with a version, serves that one. */
  readonly model?: string | undefined
  readonly version?: number | undefined
  readonly within?: LabelLimit | undefined
}

/** What of a text PostgreSQL's LIKE would take for a pattern stands for itself. */
const literal = (text: string) => text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)

/** A query's condition over `DEVICES`, with its parameters; more are added after them. */
export interface Conditions {
  readonly where: string
  readonly values: unknown[]
}

/** Only what is asked for is in the query: PostgreSQL judges by it how to find them. */
export function filtering({
  site,
  selector,
  states,
  text,
  model,
  version,
  within = NO_LIMIT,
}: DeviceFilter): Conditions {
  const values: unknown[] = []
  const add = (value: unknown) => `$${values.push(value)}`
  const terms: string[] = []
  // Its parameters are the first two.
  if (selector && !isEmpty(selector)) {
    values.push(...selecting(selector))
    terms.push(SELECTED)
  }
  if (isLimited(within)) terms.push(siteWithin('d.site', values.push(within)))
  if (site !== undefined) terms.push(`d.site = ${add(site)}`)
  if (states !== undefined) terms.push(statesTerm(states, add))
  if (text !== undefined) {
    const some = add(`%${literal(text)}%`)
    terms.push(`(d.id ILIKE ${some} OR d.site ILIKE ${some} OR EXISTS (
      SELECT 1 FROM jsonb_each_text(s.labels || d.labels) AS label WHERE label.value ILIKE ${some}))`)
  }
  if (model !== undefined && version !== undefined) {
    terms.push(`(r.body->'models'->${add(model)}->>'active')::int4 = ${add(version)}`)
  } else if (model !== undefined) {
    const name = add(model)
    terms.push(`(r.body->'models' ? ${name} OR EXISTS (
      SELECT 1 FROM desired_models m WHERE m.device = d.id AND m.model = ${name}))`)
  }
  return { where: terms.length === 0 ? 'true' : terms.join(' AND '), values }
}

const isEmpty = ({ labels, expressions, groups }: DeviceSelector) =>
  Object.keys(labels).length + expressions.length + groups.length === 0

const IN_SERVICE = DEVICE_STATES.filter((state) => state !== 'retired')

/** Of all that are in service each one's state need not be known. */
function statesTerm(states: readonly DeviceState[], add: (value: unknown) => string): string {
  const isAll = IN_SERVICE.every((state) => states.includes(state))
  if (!isAll) return `${STATE} = ANY(${add(states)})`
  return states.includes('retired') ? 'true' : 'd.retired_at IS NULL'
}
