import { clipped, type HttpCall, isoTime, jsonCall, type Notice } from './receiver.ts'

const COLOURS = { critical: '#c62828', warning: '#ef6c00', info: '#1565c0', resolved: '#2e7d32' } as const
/** Slack's limits: a header has 150 characters, a section 3,000, and at most ten fields of 2,000. */
const MAX_HEADER = 150
const MAX_SECTION = 3000
const MAX_FIELDS = 10

/** An incoming webhook's message in Block Kit, with plain text for what shows no blocks. */
export function slackCall({ alert, status, runbook, link }: Notice, url: string): HttpCall {
  const { rule, summary, severity, labels, firedAt, since, resolvedAt } = alert
  const title = status === 'resolved' ? `Resolved: ${rule}` : `${severity.toUpperCase()}: ${rule}`
  const time = status === 'resolved' ? `resolved ${isoTime(resolvedAt ?? since)}` : `since ${isoTime(firedAt ?? since)}`
  const fields = Object.entries(labels)
    .slice(0, MAX_FIELDS)
    .map(([name, value]) => ({ type: 'mrkdwn', text: `*${escaped(name)}*\n${escaped(value)}` }))
  const links = [`<${link}|Open>`, ...(runbook === undefined ? [] : [`<${runbook}|Runbook>`])]
  return jsonCall(url, {
    text: escaped(clipped(`${title}: ${summary}`, MAX_SECTION / 2)),
    attachments: [
      {
        color: COLOURS[status === 'resolved' ? 'resolved' : severity],
        blocks: [
          { type: 'header', text: { type: 'plain_text', text: clipped(title, MAX_HEADER) } },
          { type: 'section', text: { type: 'mrkdwn', text: escaped(clipped(summary, MAX_SECTION / 2)) } },
          ...(fields.length > 0 ? [{ type: 'section', fields }] : []),
          { type: 'context', elements: [{ type: 'mrkdwn', text: `${time} · ${links.join(' · ')}` }] },
        ],
      },
    ],
  })
}

/** Slack's three control characters: what is written in an alert mentions nobody and links nowhere. */
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
