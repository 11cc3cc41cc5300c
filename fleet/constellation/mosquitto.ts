import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Program } from './program.ts'

/** Where Debian puts it is not on everybody's PATH. */
const env = { PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` }

export function hasMosquitto(): boolean {
  try {
    execFileSync('mosquitto', ['-h'], { env: { ...process.env, ...env }, stdio: 'ignore' })
    return true
  } catch (error) {
    // Asked for help, it ends with 3; a program that is not there has no status.
    return typeof (error as { status?: unknown }).status === 'number'
  }
}

export interface Mosquitto extends AsyncDisposable {
  readonly url: string
  readonly program: Program
}

/** A broker in a process of its own, open to everybody on this machine's loopback address: for tests that take it down. */
export async function startMosquitto({ port, folder }: { port: number; folder: string }): Promise<Mosquitto> {
  const data = join(folder, 'mosquitto')
  await mkdir(data, { recursive: true })
  const config = join(data, 'mosquitto.conf')
  await writeFile(
    config,
    [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'persistence true',
      `persistence_location ${data}/`,
      // As root it would otherwise become another user, who may not read this folder.
      'user root',
      '',
    ].join('\n'),
  )
  const program = new Program({
    name: 'mosquitto',
    command: 'mosquitto',
    args: ['-c', config],
    env,
    logFile: join(folder, 'mosquitto.log'),
    probe: () => reach(port),
  })
  await program.start()
  return {
    url: `mqtt://127.0.0.1:${port}`,
    program,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  }
}

const reach = (port: number) =>
  new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve()
    })
    socket.once('error', reject)
  })
