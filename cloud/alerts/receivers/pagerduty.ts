import { createHash } from 'node:crypto'
import { clipped, type HttpCall, isoTime, jsonCall, type Notice } from './receiver.ts'

/** Events API v2: a summary has 1,024 characters, a deduplication key 255. */
const MAX_SUMMARY = 1024

/** PagerDuty's Events API v2: a trigger, or the end of the incident of the same rule and subject. */
export function pagerdutyCall(
  { alert, status, runbook, link }: Notice,
  { url, routingKey }: { readonly url: string; readonly routingKey: string },
): HttpCall {
  const { rule, subject, severity, labels, summary, firedAt, since, site } = alert
  const event = {
    routing_key: routingKey,
    dedup_key: `storecast-${createHash('sha256').update(`${rule}\0${subject}`).digest('hex')}`,
  }
  if (status === 'resolved') return jsonCall(url, { ...event, event_action: 'resolve' })
  return jsonCall(url, {
    ...event,
    event_action: 'trigger',
    client: 'Storecast',
    client_url: link,
    links: runbook === undefined ? [] : [{ href: runbook, text: 'Runbook' }],
    payload: {
      summary: clipped(summary, MAX_SUMMARY),
      source: subject,
      severity,
      timestamp: isoTime(firedAt ?? since),
      class: rule,
      ...(site !== null && { group: site }),
      custom_details: labels,
    },
  })
}
