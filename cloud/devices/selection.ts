import type { DeviceSelector } from '@storecast/shared/contracts'

/** What devices `d` of sites `s` are selected by: the device's labels over its site's, and both ids. */
export const LABELS = `(s.labels || d.labels || jsonb_build_object('site', s.id, 'device', d.id))`

/** Whether all labels and expressions of a selector hold, which is given as an expression of type jsonb. */
const holds = (selector: string) => `(${LABELS} @> (${selector}->'labels') AND NOT EXISTS (
  SELECT 1 FROM jsonb_array_elements(${selector}->'expressions') e WHERE NOT CASE e->>'operator'
    WHEN 'In' THEN coalesce((e->'values') ? (${LABELS} ->> (e->>'label')), false)
    WHEN 'NotIn' THEN NOT coalesce((e->'values') ? (${LABELS} ->> (e->>'label')), false)
    WHEN 'Exists' THEN ${LABELS} ? (e->>'label')
    ELSE NOT ${LABELS} ? (e->>'label') END))`

/**
 * Whether a device `d` of site `s` is selected, in service or not; parameters 1 and 2 are those of `selecting`. A group counts
 * as it is now: who comes into it is selected from then on.
 */
export const SELECTED = `(${holds('$1::jsonb')} AND (cardinality($2::text[]) = 0
  OR EXISTS (SELECT 1 FROM device_groups g WHERE g.name = ANY($2) AND ${holds('g.selector')})))`

/** The same for a selector that is known when the query is made: one that names nothing is asked of nobody. */
export const selectedBy = ({ labels, expressions, groups = [] }: DeviceSelector): string =>
  Object.keys(labels).length + expressions.length + groups.length > 0
    ? SELECTED
    : '$1::jsonb IS NOT NULL AND $2::text[] IS NOT NULL'

// A rollout that began before there were groups has a selector without any.
export const selecting = ({ labels, expressions, groups = [] }: DeviceSelector): [string, readonly string[]] => [
  JSON.stringify({ labels, expressions }),
  groups,
]
