import { isoTime, type Notice } from './receiver.ts'

export interface Mail {
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  /** The end of an alert answers its beginning, so that readers show one thread. */
  readonly messageId: string
  readonly inReplyTo?: string
}

/** @param host of the sender's address */
export function mailOf({ alert, status, runbook, link }: Notice, to: readonly string[], host: string): Mail {
  const { id, rule, summary, severity, labels, firedAt, since, resolvedAt } = alert
  const idOf = (which: Notice['status']) => `<storecast-alert-${id}-${which}@${host}>`
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
    messageId: idOf(status),
    ...(status === 'resolved' && { inReplyTo: idOf('firing') }),
  }
}
