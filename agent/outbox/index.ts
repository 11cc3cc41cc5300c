import { large } from '../platform/writer.ts'
import { acknowledge, hello, takeGrant } from './link.ts'
import { makeRoom } from './make-room.ts'
import { resend } from './resend.ts'

export type { HelloState, LinkState } from './link.ts'
export { beginRun, nextSequence, readLink } from './link.ts'
export { type ConcededCount, concededCounts } from './make-room.ts'
export { backlog, pick } from './pick.ts'
export { outboxMigrations } from './schema.ts'
export { Space } from './space.ts'

/** What sync/ and the space's keeper have the writer do. */
export const outboxProcedures = {
  'outbox.hello': hello,
  'outbox.grant': takeGrant,
  'outbox.acknowledge': acknowledge,
  'outbox.resend': resend,
  'outbox.makeRoom': large(makeRoom),
}
