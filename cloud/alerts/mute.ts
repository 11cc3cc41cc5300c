import type { AlertRule } from '@storecast/shared/contracts'

/** An alert that fires, as far as muting goes. */
export interface FiringAlert {
  readonly id: number
  readonly rule: string
  readonly labels: Readonly<Record<string, string>>
}

/** Nobody is told of alerts with all of these labels. */
export interface SilenceMatch {
  readonly id: number
  readonly labels: Readonly<Record<string, string>>
}

export interface Muted {
  /** The alert that tells of it already. */
  readonly inhibitedBy: number | null
  readonly silencedBy: number | null
}

/** Of which firing alerts nobody is to be told, and why. Pure. */
export function mute(
  firing: readonly FiringAlert[],
  { rules, silences }: { readonly rules: ReadonlyMap<string, AlertRule>; readonly silences: readonly SilenceMatch[] },
): Map<number, Muted> {
  const byRule = Map.groupBy(firing, ({ rule }) => rule)
  return new Map(
    firing.map((alert) => [
      alert.id,
      {
        inhibitedBy: parentOf(alert, rules.get(alert.rule), byRule),
        silencedBy: silences.find(({ labels }) => carries(alert, labels))?.id ?? null,
      },
    ]),
  )
}

function parentOf(
  alert: FiringAlert,
  rule: AlertRule | undefined,
  byRule: ReadonlyMap<string, readonly FiringAlert[]>,
): number | null {
  for (const { rule: parent, equal } of rule?.spec.inhibitedBy ?? []) {
    const found = byRule
      .get(parent)
      ?.find(({ id, labels }) => id !== alert.id && equal.every((label) => labels[label] === alert.labels[label]))
    if (found) return found.id
  }
  return null
}

/** `rule` stands for the rule's name; the others are labels. */
const carries = ({ rule, labels }: FiringAlert, wanted: SilenceMatch['labels']) =>
  Object.entries(wanted).every(([name, value]) => (name === 'rule' ? rule : labels[name]) === value)
