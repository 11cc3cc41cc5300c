import type { DeviceSelector } from '@storecast/shared/contracts'

/** A selector's labels as people type them and as the API reads them: `region=eu,tier notin (museum)`. */
export function selectorText({ labels, expressions }: Pick<DeviceSelector, 'labels' | 'expressions'>): string {
  return [
    ...Object.entries(labels).map(([label, value]) => `${label}=${value}`),
    ...expressions.map(({ label, operator, values = [] }) => {
      if (operator === 'Exists') return label
      if (operator === 'DoesNotExist') return `!${label}`
      return `${label} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`
    }),
  ].join(',')
}

/** Which devices it names, in words. */
export function selectorWords(selector: DeviceSelector): string {
  const text = selectorText(selector)
  const { groups = [] } = selector
  const of = groups.length > 0 ? ` of ${groups.join(' or ')}` : ''
  if (text === '') return of === '' ? 'every device' : `every device${of}`
  return `devices${of} with ${text}`
}
