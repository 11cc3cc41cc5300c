import type { PoolClient } from 'pg'
import { z } from 'zod'
import type { Permission } from '../people/index.ts'
import { InvalidError } from '../platform/errors.ts'
import { type RouteAudit, unlessMissing } from './recorder.ts'
import type { Router, SitesOf } from './route.ts'

interface Named {
  readonly metadata: { readonly name: string }
}

/** Documents of one kind, each kept under its name. */
interface DocumentKind<Document extends Named, Shown> {
  /** Of the list: `/v1/alert-rules`. */
  readonly path: `/v1/${string}`
  /** What stands for a name in the path of one, and what people call it: `rule`, `alert rule`. */
  readonly parameter: string
  readonly called: string
  readonly name: z.ZodType<string>
  readonly document: z.ZodType<Document>
  /** A document as the API shows it. */
  readonly shown: z.ZodType<Shown>
  readonly tags: readonly string[]
  readonly read: { readonly permission: Permission; readonly sites: SitesOf }
  readonly write: Permission
  readonly summaries: { readonly one: string; readonly put: string; readonly remove: string }
  /** Where a document is sent for another name. */
  readonly misnamed: string
  readonly kept: {
    get(name: string): Promise<Shown>
    put(document: Document): Promise<Shown>
    remove(name: string): Promise<void>
  }
  /** What the audit log keeps of one. @throws NotFoundError */
  readonly state: (client: PoolClient, name: string) => Promise<unknown>
}

/** How one document is shown, put and removed; lists differ by what they are filtered by. */
export function documentRoutes<Document extends Named, Shown>(app: Router, kind: DocumentKind<Document, Shown>): void {
  const { path, parameter, called, document, shown, read, write, summaries, kept } = kind
  const one = `${path}/:${parameter}`
  const tags = [...kind.tags]
  const params = z.object({ [parameter]: kind.name })
  // Types of a route cannot follow a kind that is not known here: its schemas see to what comes and goes.
  const response = { 200: shown as z.ZodType }
  const whole: z.ZodType<Named> = document
  const nameIn = (given: Readonly<Record<string, string>>) => given[parameter]!
  const audit: RouteAudit = {
    state: (client, { params }) => unlessMissing(kind.state(client, nameIn(params))),
    body: 'kept',
  }
  app.get(one, { config: read, schema: { tags, summary: summaries.one, params, response } }, ({ params }) =>
    kept.get(nameIn(params)),
  )
  app.put(
    one,
    {
      config: { permission: write, sites: 'all', audit },
      schema: { tags, summary: summaries.put, params, body: whole, response },
    },
    async ({ params, body }) => {
      const { name } = body.metadata
      if (name === nameIn(params)) return kept.put(body as Document)
      throw new InvalidError({
        code: kind.misnamed,
        message: `The ${called} is named ${name} and was sent for ${nameIn(params)}. Send it to ${path}/${name}.`,
      })
    },
  )
  app.delete(
    one,
    {
      config: { permission: write, sites: 'all', audit },
      schema: { tags, summary: summaries.remove, params },
    },
    async ({ params }, reply) => {
      await kept.remove(nameIn(params))
      return reply.code(204).send()
    },
  )
}
