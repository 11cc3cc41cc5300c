import { once } from 'node:events'
import { startChild } from '../spawn.ts'

/** Says hello to a child and lets it go, to be run from source and from a bundle. */
const child = startChild(new URL('./echo-child.ts', import.meta.url))
child.send('hello')
const [echo] = await once(child, 'message')
child.disconnect()
const [status] = await once(child, 'exit')
console.log(`${echo} ${status}`)
