import { z } from 'zod'
import { GroupName } from './names.ts'
import { LabelName, LabelValue } from './scalars.ts'

const LabelExpression = z
  .strictObject({
    label: LabelName,
    operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
    values: z.array(LabelValue).max(100).optional(),
  })
  .refine(({ operator, values }) => (operator === 'In' || operator === 'NotIn') === (values !== undefined), {
    message: 'In and NotIn take values, Exists and DoesNotExist take none',
    path: ['values'],
  })

/**
 * Devices by their labels, their site's, and `site` and `device` for the ids: all labels and expressions must hold. A label
 * that a device does not carry is not in any values, and so `NotIn` holds. Empty: every device.
 */
const LabelSelector = z.strictObject({
  labels: z.record(LabelName, LabelValue).default({}),
  expressions: z.array(LabelExpression).max(32).default([]),
})
export type LabelSelector = z.infer<typeof LabelSelector>

/** The same, and in one of the named groups, where groups are named. */
export const DeviceSelector = z.strictObject({
  ...LabelSelector.shape,
  groups: z.array(GroupName).max(32).default([]),
})
export type DeviceSelector = z.infer<typeof DeviceSelector>

/** A selector with a name, for rollouts and alert rules to refer to. Who carries the labels is in it, at any time. */
export const DeviceGroup = z.strictObject({
  apiVersion: z.literal('storecast/v1'),
  kind: z.literal('DeviceGroup'),
  metadata: z.strictObject({ name: GroupName, description: z.string().max(1000).default('') }),
  spec: z.strictObject({
    selector: LabelSelector.refine(
      ({ labels, expressions }) => Object.keys(labels).length + expressions.length > 0,
      'a label or an expression: a group is some of the devices, and who means all of them leaves the group out',
    ),
  }),
})
export type DeviceGroup = z.infer<typeof DeviceGroup>

/** A term that is no label condition; `message` says what one looks like. */
export class SelectorTextError extends Error {
  override readonly name = 'SelectorTextError'
}

const TERM =
  /^(?:(?<label>[a-z][a-z0-9_-]*)\s*(?:(?<operator>==?|!=)\s*(?<value>.*)|\s(?<set>in|notin)\s*\((?<values>[^()]*)\))|(?<not>!)?\s*(?<name>[a-z][a-z0-9_-]*))$/u

/**
 * A selector as people type it, in the words of kubectl: `region=eu,tier!=museum,tier in (gold,silver),region notin (us),
 * pilot,!retired`; all terms must hold.
 *
 * @throws SelectorTextError
 */
export function parseSelectorText(text: string): LabelSelector {
  const labels: Record<string, string> = {}
  const expressions: LabelSelector['expressions'] = []
  // A comma inside parentheses parts values, not terms.
  for (const term of text.split(/,(?![^(]*\))/).map((part) => part.trim())) {
    if (term === '') continue
    const { label, operator, value, set, values, not, name } = TERM.exec(term)?.groups ?? {}
    if (name) expressions.push({ label: name, operator: not ? 'DoesNotExist' : 'Exists' })
    else if (label && set) {
      const listed = values!.split(',').map((one) => one.trim())
      expressions.push({ label, operator: set === 'in' ? 'In' : 'NotIn', values: listed })
    } else if (label && operator === '!=') expressions.push({ label, operator: 'NotIn', values: [value!] })
    else if (label && labels[label] === undefined) labels[label] = value!
    else if (label) expressions.push({ label, operator: 'In', values: [value!] })
    else {
      throw new SelectorTextError(
        `"${term}": write label=value, label!=value, label in (a,b), label notin (a,b), label or !label, separated by commas`,
      )
    }
  }
  const checked = LabelSelector.safeParse({ labels, expressions })
  if (checked.success) return checked.data
  throw new SelectorTextError(checked.error.issues.map(({ message }) => message).join('; '), { cause: checked.error })
}
