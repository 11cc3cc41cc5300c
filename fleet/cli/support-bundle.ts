import { writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Item } from '@storecast/shared/api'
import { type Command, InvalidArgumentError } from 'commander'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'

type Bundle = Item<'/v1/devices/{device}/support-bundles'>

interface Options {
  readonly out?: string
  readonly wait: number
  readonly request?: string
  readonly json?: boolean
}

/** Real milliseconds between two looks. */
const LOOK = 500

/** `storecast device support-bundle`. */
export function addSupportBundleCommand(device: Command, context: CliContext): void {
  const { terminal, signal } = context
  device
    .command('support-bundle')
    .description('Have a device send status, config, newest log lines and its doctor’s words, without secrets')
    .argument('<device>')
    .option('-o, --out <file>', 'where to put the .tar.gz; by default <device>.tar.gz')
    .option('--wait <seconds>', 'how long to wait for the device; what it is asked for stands for 14 days', seconds, 60)
    .option('--request <id>', 'fetch one that was asked for before')
    .option('--json', 'print the request as one JSON object')
    .action(async (id: string, { out = `${id}.tar.gz`, wait, request, json }: Options) => {
      const cloud = await connect(context)
      const path = `/v1/devices/${encodeURIComponent(id)}/support-bundles`
      const asked = await (request === undefined
        ? cloud.post<Bundle>(path)
        : cloud.get<Bundle>(`${path}/${encodeURIComponent(request)}`))
      const until = performance.now() + wait * 1000
      let found = asked
      while (found.receivedAt === null && performance.now() < until) {
        terminal.progress(`waiting for ${id}`)
        await sleep(LOOK, undefined, { signal })
        found = await cloud.get<Bundle>(`${path}/${asked.id}`)
      }
      if (json) terminal.out(JSON.stringify(found))
      if (found.receivedAt === null) {
        throw new Error(
          `${id} has not answered; it does once it is connected. Then: storecast device support-bundle ${id} --request ${found.id}`,
        )
      }
      // It tells of a shop: for this user alone.
      await writeFile(out, await cloud.bytes(`${path}/${found.id}/content`), { flag: 'wx', mode: 0o600 })
      if (!json) terminal.out(out)
      terminal.err(`${found.bytes} bytes; look at it with "tar xzf ${out}"`)
    })
}

function seconds(text: string): number {
  const value = Number(text)
  if (value >= 0 && value <= 86_400) return value
  throw new InvalidArgumentError('give seconds, up to 86400')
}
