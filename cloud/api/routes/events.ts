import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type Change, type Feed, type Heed, LONGEST_POSITION, toldTo, type Watching } from '../../changes/index.ts'
import type { Person } from '../../people/index.ts'
import { ForbiddenError, RateLimitedError, UnauthenticatedError, UnavailableError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { nameOf, requirePermission } from '../access.ts'
import type { Routes } from '../route.ts'

interface EventRoutesOptions {
  readonly feed: Feed
  readonly log: Log
}

const PERMISSION = 'self.read'
/** A stream that is idle says so this often, for proxies; its caller is looked at again. */
const BEAT_MS = 15_000
/** After which a browser comes back. */
const RETRY_MS = 3000
const STREAMS = { all: 1000, person: 250 }
/** A reader that leaves so much unread is cut; it comes back and goes on from where it was. */
const UNREAD_BYTES = 256 * 1024

const DESCRIPTION = `Server-sent events. \`event: change\` has the data \`{"kind","key","site"}\`: the thing has changed, and is read
anew where it is of interest; a null key stands for any of the kind. \`event: reset\`: something may have been missed, and
everything is. \`event: at\` has no more than an \`id\`. What belongs to sites beyond the caller's limit, or to what the caller may not see, is left out. Each \`id\` is a
position: sent back as \`Last-Event-ID\` (browsers do) or \`since\`, the stream goes on from there, by any cloud of the deployment.
Without one it begins now.`

/** Changes as they happen. */
export const eventRoutes =
  ({ feed, log }: EventRoutesOptions): Routes =>
  (app) => {
    const open = new Map<string, number>()
    app.get(
      '/v1/events',
      {
        // It never ends, and a HEAD would wait for it.
        exposeHeadRoute: false,
        config: { permission: PERMISSION, sites: 'filtered', isEndless: true },
        schema: {
          tags: ['service'],
          summary: 'Changes as they happen, as server-sent events',
          description: DESCRIPTION,
          querystring: z.strictObject({
            since: z
              .string()
              .max(LONGEST_POSITION)
              .optional()
              .describe('A position, or "oldest": all changes of the last hour. Last-Event-ID goes before it'),
          }),
          headers: z.looseObject({ 'last-event-id': z.string().max(LONGEST_POSITION).optional() }),
        },
      },
      async (request, reply) => {
        const since = request.headers['last-event-id'] || request.query.since
        const leave = enter(open, nameOf(request.principal))
        try {
          const stream = await streamTo({ feed, log, request, reply }, since)
          stream.once('close', leave)
          return reply
            .type('text/event-stream')
            .header('cache-control', 'no-store, no-transform')
            .header('x-accel-buffering', 'no')
            .send(stream)
        } catch (error) {
          leave()
          throw error
        }
      },
    )
  }

/** @throws RateLimitedError `streams-too-many` for one person's, UnavailableError for all */
function enter(open: Map<string, number>, name: string): () => void {
  const own = open.get(name) ?? 0
  if (own >= STREAMS.person) {
    throw new RateLimitedError({
      code: 'streams-too-many',
      message: `${name} holds ${own} streams of events already. Close some.`,
    })
  }
  const all = [...open.values()].reduce((sum, count) => sum + count, 0)
  if (all >= STREAMS.all) {
    throw new UnavailableError({
      code: 'streams-too-many',
      message: `This cloud holds ${all} streams of events, and no more. Close some, or add a cloud.`,
    })
  }
  open.set(name, own + 1)
  return () => {
    const left = open.get(name)! - 1
    if (left > 0) open.set(name, left)
    else open.delete(name)
  }
}

const eventText = (event: string, data: unknown) => `event: ${event}\ndata: ${JSON.stringify(data)}\n`
const positionText = (position: string) => `${eventText('at', {})}id: ${position}\n`
const blockOf = (changes: readonly Change[] | 'reset', position: string): string => {
  const events = changes === 'reset' ? [eventText('reset', {})] : changes.map((change) => eventText('change', change))
  // The position counts once all of them are heard.
  return [...events, positionText(position)].join('\n').concat('\n')
}

interface StreamOptions extends EventRoutesOptions {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

async function streamTo({ feed, log, request, reply }: StreamOptions, since: string | undefined): Promise<Readable> {
  let person = personOf(request)
  let watching: Watching | undefined
  let isOver = false
  /**
   * What has yet to be told, in order, by the rights that the listener has then. Those may have changed before the first of it
   * was heard.
   */
  const heard: Heed[] = [{ changes: [], access: true, position: '' }]
  const stream = new Readable({ read() {} })
  const send = (text: string) => {
    if (isOver || stream.destroyed) return
    stream.push(text)
    if (stream.readableLength + reply.raw.writableLength > UNREAD_BYTES) stream.destroy()
  }
  const end = () => {
    if (isOver) return
    isOver = true
    stream.push(null)
  }
  /** Whoever may no more, or less, is told so at the latest with the next beat. */
  const lookAgain = async () => {
    try {
      const principal = await request.identifyAgain()
      requirePermission(principal, PERMISSION)
      person = personOf({ principal })
    } catch (error) {
      if (error instanceof UnauthenticatedError || error instanceof ForbiddenError) end()
      else log.debug({ error }, 'who watches was not looked at again')
    }
  }
  /** The newest position: what is left out, or does not come, moves it on too. */
  const sendPosition = () => {
    if (watching && heard.length === 0) send(`${positionText(watching.position())}\n`)
  }
  const tell = async () => {
    let hasWaited = false
    for (let heed = heard[0]; heed; heed = heard[0]) {
      const { changes, access, position } = heed
      if (access) await lookAgain()
      hasWaited ||= access
      heard.shift()
      const told = changes === 'reset' ? changes : toldTo(person, changes)
      if (told.length > 0) send(blockOf(told, position))
    }
    if (hasWaited) sendPosition()
  }
  const beat = setInterval(() => {
    void lookAgain()
    sendPosition()
  }, BEAT_MS)
  stream.once('close', () => {
    clearInterval(beat)
    watching?.end()
  })
  send(`retry: ${RETRY_MS}\n\n`)
  try {
    watching = await feed.watch({
      since,
      onEnd: end,
      take(heed) {
        if (heard.push(heed) === 1) void tell()
      },
    })
  } catch (error) {
    stream.destroy()
    throw error
  }
  // With a position from the first moment on.
  await tell()
  if (stream.destroyed) watching.end()
  return stream
}

function personOf({ principal }: Pick<FastifyRequest, 'principal'>): Person {
  if (principal?.kind === 'person') return principal
  throw new Error('a route for people was called by something else')
}
