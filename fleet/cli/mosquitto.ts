import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'

interface SetupOptions {
  readonly name: readonly string[]
  readonly port: string
  readonly host: string
  readonly cloudPort: string
  readonly cloudHost: string
}

/** `storecast mosquitto …`: a broker of one's own for the fleet. */
export function addMosquittoCommands(program: Command, context: CliContext): void {
  const { terminal, signal } = context
  const mosquitto = program
    .command('mosquitto')
    .description('Set up Mosquitto for the fleet, and keep revoked devices out of it')
  mosquitto
    .command('setup')
    .description(
      'Fill a folder with configuration, key, certificate and access rules; on Mosquitto’s machine, as its user',
    )
    .argument('<folder>')
    .requiredOption('--name <name...>', 'host names or addresses by which devices reach it')
    .option('--host <address>', 'where it listens for devices', '0.0.0.0')
    .option('--port <port>', 'and on which port', '8883')
    .option('--cloud-host <address>', 'where it listens for the cloud: loopback, or a network of your own', '127.0.0.1')
    .option('--cloud-port <port>', 'and on which port', '1884')
    .action(async (folder: string, { name, host, port, cloudHost, cloudPort }: SetupOptions) => {
      // Loaded when needed: the other commands start without them.
      const { setUpMosquitto } = await import('../mosquitto/setup.ts')
      const { config } = await setUpMosquitto({
        cloud: await connect(context),
        folder: resolve(folder),
        names: name,
        devices: { host, port: Number(port) },
        cloudListener: { host: cloudHost, port: Number(cloudPort) },
      })
      terminal.out(config)
      terminal.err(`start it: mosquitto -c ${config}
beside it: storecast mosquitto watch ${folder}
the cloud: MQTT_URL_FILE=${join(resolve(folder), 'cloud-url')} STORECAST_MQTTS_URL=mqtts://${name[0]}:${port}`)
    })
  mosquitto
    .command('watch')
    .description(
      'Install each revocation list, reload Mosquitto and end the sessions of revoked devices, until stopped',
    )
    .argument('<folder>', 'as "storecast mosquitto setup" filled it')
    .option('--pid-file <file>', 'of Mosquitto; by default the one its configuration names')
    .action(async (folder: string, { pidFile }: { pidFile?: string }) => {
      const { hangUp, watchRevocations } = await import('../mosquitto/watch.ts')
      const file = (name: string) => join(resolve(folder), name)
      await using watch = await watchRevocations({
        url: (await readFile(file('cloud-url'), 'utf8')).trim(),
        folder: resolve(folder),
        reload: () => hangUp(pidFile ?? file('mosquitto.pid')),
        say: (line) => terminal.err(line),
      })
      terminal.err('waiting for revocations')
      await Promise.race([watch.failed, stopped(signal)])
    })
}

const stopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
