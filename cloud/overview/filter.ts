import { DeviceSelector } from '@storecast/shared/contracts'
import { SELECTED, selecting } from '../devices/index.ts'
import { type LabelLimit, NO_LIMIT, siteWithin } from '../platform/label-limit.ts'
import { type DeviceState, STATE } from './states.ts'

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

const EVERY = DeviceSelector.parse({})

/** Condition over `DEVICES`, and its parameters, 1 to 8. */
export function filtering(filter: DeviceFilter): { readonly where: string; readonly values: unknown[] } {
  const { site, selector = EVERY, states, text, model, version, within = NO_LIMIT } = filter
  const byState = states === undefined ? '$5::text[] IS NULL' : `${STATE} = ANY($5)`
  return {
    where: `${SELECTED} AND ${siteWithin('d.site', 3)} AND ($4::text IS NULL OR d.site = $4) AND ${byState}
      AND ($6::text IS NULL OR d.id ILIKE $6 OR d.site ILIKE $6 OR EXISTS (
        SELECT 1 FROM jsonb_each_text(s.labels || d.labels) AS label WHERE label.value ILIKE $6))
      AND ($7::text IS NULL OR CASE WHEN $8::int4 IS NULL
        THEN r.body->'models' ? $7 OR EXISTS (SELECT 1 FROM desired_models m WHERE m.device = d.id AND m.model = $7)
        ELSE (r.body->'models'->$7->>'active')::int4 = $8 END)`,
    values: [
      ...selecting(selector),
      within,
      site ?? null,
      states ?? null,
      text === undefined ? null : `%${literal(text)}%`,
      model ?? null,
      version ?? null,
    ],
  }
}
