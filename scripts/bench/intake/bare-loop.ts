import SQLite from 'better-sqlite3'
import { connect, type IPublishPacket } from 'mqtt'

/**
 * What one would write by hand with the same libraries: take messages, parse, and once a batch is there insert it in one
 * durable transaction and acknowledge. No definitions, no checks, no windows; one thread.
 */
function main([url, file, batchSize]: readonly string[]): void {
  const db = new SQLite(file!)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.exec('CREATE TABLE readings(id INTEGER PRIMARY KEY, topic TEXT, time INTEGER, value REAL)')
  const insert = db.prepare('INSERT INTO readings(topic, time, value) VALUES (?, ?, ?)')
  const insertAll = db.transaction((batch: readonly Row[]) => {
    for (const { topic, t, v } of batch) insert.run(topic, t, v)
  })

  const client = connect(url!, { clientId: 'bare-loop', clean: false, reconnectPeriod: 0 })
  const internals = client as unknown as Internals
  const sendPacket = internals._sendPacket.bind(client)
  internals._sendPacket = (packet, done) => (packet.cmd === 'puback' ? done?.() : sendPacket(packet, done))

  let rows: Row[] = []
  let timer: NodeJS.Timeout | undefined
  const commit = () => {
    clearTimeout(timer)
    insertAll(rows)
    for (const { messageId } of rows) sendPacket({ cmd: 'puback', messageId, reasonCode: 0 })
    rows = []
  }
  internals.handleMessage = ({ topic, payload, messageId }, done) => {
    const { t, v } = JSON.parse(payload.toString()) as { t: number; v: number }
    rows.push({ topic, t, v, messageId: messageId! })
    if (rows.length >= Number(batchSize)) commit()
    else if (rows.length === 1) timer = setTimeout(commit, 1000)
    done()
  }
  client.on('connect', () => client.subscribe('bench/#', { qos: 1 }))
}

interface Row {
  readonly topic: string
  readonly t: number
  readonly v: number
  readonly messageId: number
}
/** As the agent's adapter does: mqtt.js acknowledges each message before it takes the next, so that is put off. */
interface Internals {
  handleMessage: (packet: IPublishPacket, done: () => void) => void
  _sendPacket: (packet: { cmd: string; messageId: number; reasonCode: number }, done?: () => void) => void
}

process.on('disconnect', () => process.exit(0))
main(process.argv.slice(2))
