import { type HttpCall, isoTime, jsonCall, type Notice } from './receiver.ts'

/**
 * Prometheus Alertmanager's `POST /api/v2/alerts` (its openapi.yaml: postableAlerts). A firing alert ends by itself unless it
 * is repeated, so it says until when it holds.
 * @param holdsMs real milliseconds that a firing alert holds without being repeated
 */
export function alertmanagerCall(
  { alert, status, runbook, link, at }: Notice,
  { url, bearer, holdsMs }: { readonly url: string; readonly bearer: string | undefined; readonly holdsMs: number },
): HttpCall {
  const { rule, subject, severity, labels, summary, firedAt, since, resolvedAt } = alert
  const body = [
    {
      labels: labelsOf({ ...labels, subject, severity, alertname: rule }),
      annotations: { summary, ...(runbook !== undefined && { runbook_url: runbook }) },
      startsAt: isoTime(firedAt ?? since),
      endsAt: isoTime(status === 'firing' ? at + holdsMs : Math.min(at, resolvedAt ?? at)),
      generatorURL: link,
    },
  ]
  return jsonCall(
    `${url.replace(/\/+$/, '')}/api/v2/alerts`,
    body,
    bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
  )
}

/** Prometheus' label names know no "-"; a label without a value is one that is not there. */
const labelsOf = (labels: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) => (value === '' ? [] : [[name.replaceAll('-', '_'), value]])),
  )
