import { isoTime, type Notice } from './receiver.ts'

export interface Mail {
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  /**
   * Of one that is sent again because nobody knows whether it was taken, the same; of a reminder another, or readers hide it. Its
   * end and its reminders answer an alert's beginning, so that readers show one thread.
   */
  readonly messageId: string
  readonly inReplyTo?: string
}

/** @param host of the sender's address */
export function mailOf({ alert, status, again, runbook, link, at }: Notice, to: readonly string[], host: string): Mail {
  const { id, rule, summary, severity, labels, firedAt, since, resolvedAt } = alert
  const idOf = (which: string) => `<storecast-alert-${id}-${which}@${host}>`
  const lines = [
    summary,
    '',
    `Severity: ${severity}`,
    `Since: ${isoTime(firedAt ?? since)}`,
    ...(status === 'resolved' && resolvedAt !== null ? [`Resolved: ${isoTime(resolvedAt)}`] : []),
    ...Object.entries(labels).map(([name, value]) => `${name}: ${value}`),
    '',
    link,
    ...(runbook === undefined ? [] : [`Runbook: ${runbook}`]),
  ]
  return {
    to,
    subject: status === 'resolved' ? `Resolved: ${summary}` : `[${severity}] ${rule}: ${summary}`,
    text: `${lines.join('\n')}\n`,
    messageId: idOf(again ? `${status}-${at}` : status),
    ...((again || status === 'resolved') && { inReplyTo: idOf('firing') }),
  }
}
