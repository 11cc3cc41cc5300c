import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { testAlert, testRoute } from '../../test/alert-documents.ts'
import { sendCall } from '../send.ts'
import { alertmanagerCall } from './alertmanager.ts'
import { mailOf } from './email.ts'
import { pagerdutyCall } from './pagerduty.ts'
import { type Notice, UnsendableError } from './receiver.ts'
import { slackCall } from './slack.ts'
import { webhookCall } from './webhook.ts'

const at = Date.UTC(2026, 0, 1, 12)
const notice = (status: Notice['status'] = 'firing', alert = testAlert()): Notice => ({
  alert: status === 'firing' ? alert : { ...alert, state: 'resolved', resolvedAt: Date.UTC(2026, 0, 1, 11) },
  status,
  again: false,
  runbook: 'https://example.com/runbooks/away',
  link: 'https://cloud.example.com/v1/alerts/7',
  at,
})
const long = testAlert({ summary: 'é'.repeat(5000), rule: 'r'.repeat(64) })
const bodyOf = ({ body }: { body: string }) => JSON.parse(body)

/** https://developer.pagerduty.com/docs/send-alert-event: the fields of a v2 event, their limits and enumerations. */
const PagerdutyEvent = z.discriminatedUnion('event_action', [
  z.strictObject({
    routing_key: z.string().length(32),
    event_action: z.literal('trigger'),
    dedup_key: z.string().min(1).max(255),
    client: z.string(),
    client_url: z.url(),
    links: z.array(z.strictObject({ href: z.url(), text: z.string() })),
    payload: z.strictObject({
      summary: z.string().min(1).max(1024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime(),
      component: z.string().optional(),
      group: z.string().optional(),
      class: z.string().optional(),
      custom_details: z.record(z.string(), z.unknown()),
    }),
  }),
  z.strictObject({
    routing_key: z.string().length(32),
    event_action: z.literal('resolve'),
    dedup_key: z.string().min(1).max(255),
  }),
])

describe('PagerDuty', () => {
  const routingKey = 'k'.repeat(32)
  const call = (one: Notice) => pagerdutyCall(one, { url: 'https://events.pagerduty.com/v2/enqueue', routingKey })

  it('gets a trigger and the end of the same incident, as its Events API v2 has them', () => {
    const trigger = PagerdutyEvent.parse(bodyOf(call(notice())))
    const resolve = PagerdutyEvent.parse(bodyOf(call(notice('resolved'))))
    expect(trigger).toMatchObject({
      event_action: 'trigger',
      payload: {
        source: 'berlin-1',
        severity: 'critical',
        class: 'device-away',
        group: 'berlin',
        timestamp: '2026-01-01T10:10:00.000Z',
      },
    })
    expect(resolve.dedup_key).toBe(trigger.dedup_key)
    const other = PagerdutyEvent.parse(bodyOf(call(notice('firing', testAlert({ subject: 'berlin-2' })))))
    expect(other.dedup_key).not.toBe(trigger.dedup_key)
  })

  it('gets no more than it takes', () => {
    expect(PagerdutyEvent.parse(bodyOf(call(notice('firing', long))))).toMatchObject({ event_action: 'trigger' })
  })
})

/** https://docs.slack.dev/reference/block-kit/blocks: the blocks we send, with their limits. */
const PlainText = z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(150) })
const Mrkdwn = z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(2000) })
const SlackMessage = z.strictObject({
  text: z.string().min(1).max(4000),
  attachments: z
    .array(
      z.strictObject({
        color: z.string().regex(/^#[0-9a-f]{6}$/),
        blocks: z
          .array(
            z.discriminatedUnion('type', [
              z.strictObject({ type: z.literal('header'), text: PlainText }),
              z
                .strictObject({
                  type: z.literal('section'),
                  text: Mrkdwn.extend({ text: z.string().min(1).max(3000) }).optional(),
                  fields: z.array(Mrkdwn).min(1).max(10).optional(),
                })
                .refine(({ text, fields }) => text || fields),
              z.strictObject({ type: z.literal('context'), elements: z.array(Mrkdwn).min(1).max(10) }),
            ]),
          )
          .max(50),
      }),
    )
    .max(100),
})

describe('Slack', () => {
  const call = (one: Notice) => slackCall(one, 'https://hooks.example.com/T0/B0/x')

  it('gets a message of blocks, in which the alert’s text is text', () => {
    const message = SlackMessage.parse(bodyOf(call(notice())))
    expect(message.text).toBe('CRITICAL: device-away: berlin-1 &lt;is&gt; "away" &amp; silent')
    expect(message.attachments[0]!.blocks).toMatchObject([
      { text: { text: 'CRITICAL: device-away' } },
      { text: { text: 'berlin-1 &lt;is&gt; "away" &amp; silent' } },
      { fields: [{ text: '*region*\neu-north' }, { text: '*site*\nberlin' }, { text: '*device*\nberlin-1' }] },
      {
        elements: [
          { text: expect.stringMatching(/^since 2026-01-01T10:10:00.000Z · <https:\/\/cloud.*\|Open>.*Runbook>/) },
        ],
      },
    ])
    expect(SlackMessage.parse(bodyOf(call(notice('resolved')))).text).toMatch(/^Resolved: device-away/)
  })

  it('gets no more than it takes', () => {
    const labels = Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`label-${n}`, '<'.repeat(64)]))
    const noLabels = testAlert({ labels: {} })
    for (const alert of [{ ...long, labels }, { ...long, summary: '&'.repeat(500) }, noLabels]) {
      expect(SlackMessage.safeParse(bodyOf(call(notice('firing', alert)))).error).toBeUndefined()
    }
  })
})

describe('Alertmanager', () => {
  const call = (one: Notice) => alertmanagerCall(one, { url: 'http://am:9093/', bearer: undefined, holdsMs: 240_000 })

  it('gets labels with names that Prometheus knows, and until when the alert holds', () => {
    expect(call(notice()).url).toBe('http://am:9093/api/v2/alerts')
    const alert = testAlert({ labels: { 'cost-centre': '7', empty: '' } })
    expect(bodyOf(call(notice('firing', alert)))).toEqual([
      {
        labels: { alertname: 'device-away', cost_centre: '7', severity: 'critical', subject: 'berlin-1' },
        annotations: { summary: alert.summary, runbook_url: 'https://example.com/runbooks/away' },
        startsAt: '2026-01-01T10:10:00.000Z',
        endsAt: '2026-01-01T12:04:00.000Z',
        generatorURL: 'https://cloud.example.com/v1/alerts/7',
      },
    ])
    expect(bodyOf(call(notice('resolved')))).toMatchObject([{ endsAt: '2026-01-01T11:00:00.000Z' }])
  })
})

describe('a webhook', () => {
  const secrets = (name: string) => {
    if (name === 'api-key') return 'GenieKey {{x}}'
    throw new UnsendableError(`no secret ${name}`)
  }
  const receiver = (spec: object) => {
    const { receiver: parsed } = testRoute({ type: 'webhook', ...spec }).spec
    if (parsed.type !== 'webhook') throw new TypeError('not a webhook')
    return parsed
  }
  const firing = {
    url: 'https://a.example/{{alert.labels.region}}/{{alert.summary}}?x=1',
    headers: { Authorization: { secret: 'api-key' }, 'X-Rule': 'rule {{alert.rule}}' },
    body: {
      message: 'Says: {{alert.summary}}',
      critical: "{{alert.severity == 'critical'}}",
      tags: ['{{alert.rule}}'],
    },
  }

  it('fills URL, headers and body; what a secret says is left as it is', () => {
    expect(webhookCall(notice(), receiver({ firing }), secrets)).toEqual({
      method: 'POST',
      url: 'https://a.example/eu-north/berlin-1%20%3Cis%3E%20%22away%22%20%26%20silent?x=1',
      headers: { 'content-type': 'application/json', authorization: 'GenieKey {{x}}', 'x-rule': 'rule device-away' },
      body: JSON.stringify({ message: 'Says: berlin-1 <is> "away" & silent', critical: true, tags: ['device-away'] }),
    })
  })

  it('gets the alert where the document says no body, and nothing of its end where that is left out', () => {
    const plain = receiver({ firing: { url: 'https://a.example' } })
    expect(bodyOf(webhookCall(notice(), plain, secrets)!)).toMatchObject({
      rule: 'device-away',
      status: 'firing',
      labels: {},
    })
    expect(webhookCall(notice('resolved'), plain, secrets)).toBeUndefined()
  })

  it('that cannot be filled, or leads nowhere, is not sent', async () => {
    for (const spec of [
      { url: 'https://a.example', body: '{{alert.labels.nothing}}' },
      { url: '{{alert.rule}}' },
      { url: 'file:///etc/{{alert.rule}}' },
      { url: { secret: 'other' } },
    ]) {
      const sent = (async () => sendCall(webhookCall(notice(), receiver({ firing: spec }), secrets)!))()
      await expect(sent).rejects.toThrow(UnsendableError)
    }
  })
})

describe('a mail', () => {
  it('tells the alert, and its end answers it', () => {
    const mail = mailOf(notice(), ['ops@example.com'], 'example.com')
    expect(mail).toMatchObject({
      to: ['ops@example.com'],
      subject: '[critical] device-away: berlin-1 <is> "away" & silent',
      text: expect.stringContaining('Since: 2026-01-01T10:10:00.000Z\nregion: eu-north\n'),
    })
    const end = mailOf(notice('resolved'), ['ops@example.com'], 'example.com')
    expect(end).toMatchObject({
      inReplyTo: mail.messageId,
      text: expect.stringContaining('Resolved: 2026-01-01T11:00'),
    })
    const reminders = [1, 2].map((at) => mailOf({ ...notice(), again: true, at }, ['ops@example.com'], 'example.com'))
    expect(new Set([mail, end, ...reminders].map(({ messageId }) => messageId)).size).toBe(4)
    for (const { inReplyTo } of reminders) expect(inReplyTo).toBe(mail.messageId)
  })
})
