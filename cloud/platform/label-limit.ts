/**
 * What of the fleet someone may see and change: terms that a site's labels must all hold, `{ region: 'eu' }`; `site`
 * stands for the site's id. Empty: every site.
 */
export type LabelLimit = Readonly<Record<string, string>>

export const NO_LIMIT: LabelLimit = Object.freeze({})

export const isLimited = (limit: LabelLimit): boolean => Object.keys(limit).length > 0

/**
 * SQL expression: what a limit is held against, of the table of sites or its alias; spelt as in the index `sites_place`, which
 * finds the sites of a limit and tells how many they are.
 */
export const siteTerms = (sites: string): string => `(${sites}.labels || jsonb_object(ARRAY['site', ${sites}.id]))`

/**
 * SQL condition: the site lies within the limit. A site that is not there lies outside of every limit.
 * @param site expression of the site's id, with the name of its table: `d.site`
 * @param parameter number of the query's parameter that is the limit
 */
export const siteWithin = (site: string, parameter: number): string =>
  `($${parameter}::jsonb = '{}' OR EXISTS (SELECT 1 FROM sites limited WHERE limited.id = ${site}
    AND ${siteTerms('limited')} @> $${parameter}::jsonb))`

/** The same for a device, by an expression of its id, `f.device`. */
export const deviceWithin = (device: string, parameter: number): string =>
  `($${parameter}::jsonb = '{}' OR EXISTS (SELECT 1 FROM sites limited JOIN devices of_limited ON of_limited.site = limited.id
    WHERE of_limited.id = ${device} AND ${siteTerms('limited')} @> $${parameter}::jsonb))`

/** SQL expression: ids of all devices within the limit, as an array, which an index of ids is asked for at once. */
export const devicesWithin = (parameter: number): string =>
  `ARRAY(SELECT of_limited.id FROM devices of_limited JOIN sites limited ON limited.id = of_limited.site
    WHERE ${siteTerms('limited')} @> $${parameter}::jsonb)`

/** Whether every site that `inner` lets through is let through by `outer` too, whatever its labels are. */
export const liesWithin = (inner: LabelLimit, outer: LabelLimit): boolean =>
  Object.entries(outer).every(([name, value]) => inner[name] === value)

/** Whether a site with these labels lies within the limit. */
export const siteLiesWithin = (
  site: { readonly id: string; readonly labels: LabelLimit },
  limit: LabelLimit,
): boolean => liesWithin({ ...site.labels, site: site.id }, limit)
