import { createServer } from 'node:net'
import { platform } from 'node:process'

/** Below the range from which Linux takes ports for outgoing connections: a program that restarts finds its port again. */
const LOWEST = 20_000
const HIGHEST = 32_000

/**
 * A port of 127.0.0.1 on which nobody listens right now, for a program that is told where to listen. On Linux nobody else on
 * this machine is given it while this process lives, whether the program is up or down.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST))
    // In this order: looking takes the port for a moment, and another's program may be about to listen there.
    if ((await claim(port)) && (await isFree(port))) return port
  }
  throw new Error(`no free port found between ${LOWEST} and ${HIGHEST} on 127.0.0.1`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** By a name among abstract sockets, which one process has at a time, and which goes with it. */
function claim(port: number): Promise<boolean> {
  if (platform !== 'linux') return Promise.resolve(true)
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(`\0storecast-port-${port}`, () => resolve(true)).unref()
  })
}
