import { acknowledge, hello, takeGrant } from './link.ts'
import { resend } from './resend.ts'

export type { HelloState, LinkState } from './link.ts'
export { beginRun, nextSequence, readLink } from './link.ts'
export { backlog, pick } from './pick.ts'
export { outboxMigrations } from './schema.ts'

/** What sync/ has the writer do. */
export const outboxProcedures = {
  'outbox.hello': hello,
  'outbox.grant': takeGrant,
  'outbox.acknowledge': acknowledge,
  'outbox.resend': resend,
}
