import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from '@storecast/shared/test/ports'
import type { CloudClient } from '../client/client.ts'
import { mosquittoUrl, setUpMosquitto } from '../mosquitto/setup.ts'
import { hangUp, watchRevocations } from '../mosquitto/watch.ts'
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
  /** Rejects when the helper beside it cannot go on. */
  readonly failed?: Promise<never>
}

/** Where a Mosquitto is going to listen, and by which login the cloud will come. */
export async function mosquittoPorts() {
  const [devicesPort, cloudPort] = [await freePort(), await freePort()]
  const password = randomBytes(24).toString('base64url')
  const host = '127.0.0.1'
  const addresses = {
    mqttUrl: mosquittoUrl({ host, port: cloudPort }, password),
    mqttsUrl: `mqtts://${host}:${devicesPort}`,
  }
  return { devicesPort, cloudPort, password, addresses }
}

/** As it is shipped: devices come by their certificates, and the helper ends the sessions of those that are revoked. */
export async function startFleetMosquitto(options: {
  readonly folder: string
  readonly cloud: Pick<CloudClient, 'post'>
  readonly devicesPort: number
  readonly cloudPort: number
  readonly password: string
}): Promise<Mosquitto> {
  const { folder, cloud, devicesPort, cloudPort, password } = options
  const host = '127.0.0.1'
  await using stack = new AsyncDisposableStack()
  const data = join(folder, 'mosquitto')
  const { config, cloudUrl } = await setUpMosquitto({
    cloud,
    folder: data,
    names: [host, 'localhost'],
    devices: { host, port: devicesPort },
    cloudListener: { host, port: cloudPort },
    password,
  })
  const probe = async () => {
    // It opens one after the other.
    for (const port of [devicesPort, cloudPort]) await reach(port)
  }
  const program = stack.use(mosquittoProgram({ config, folder, probe }))
  await program.start()
  const watch = stack.use(
    await watchRevocations({
      url: cloudUrl,
      folder: data,
      reload: () => hangUp(join(data, 'mosquitto.pid')),
      say: () => {},
    }),
  )
  const owned = stack.move()
  return {
    url: cloudUrl,
    program,
    failed: watch.failed,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

const mosquittoProgram = ({ config, folder, probe }: { config: string; folder: string; probe: () => Promise<void> }) =>
  new Program({
    name: 'mosquitto',
    command: 'mosquitto',
    args: ['-c', config],
    env,
    logFile: join(folder, 'mosquitto.log'),
    probe,
  })

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
  const program = mosquittoProgram({ config, folder, probe: () => reach(port) })
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
