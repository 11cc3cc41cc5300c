import type { BackupSummary } from '@storecast/cloud'
import type { Command } from 'commander'
import type { CliContext } from './context.ts'

/** `storecast backup` and `storecast restore`: the cloud's database and objects. */
export function addBackupCommands(program: Command, { terminal }: CliContext): void {
  const configured =
    'Which cloud: by the environment, as for the cloud itself (STORECAST_CONFIG, STORECAST_DATA, DATABASE_URL).'
  const tell = (done: string, { directory, at, rows, objects }: BackupSummary, json?: boolean) => {
    if (json) terminal.out(JSON.stringify({ directory, at, rows, objects }))
    else terminal.out(`${done} ${directory}: ${rows} rows and ${objects} objects as of ${new Date(at).toISOString()}`)
  }
  program
    .command('backup')
    .description('Back the cloud up to an empty folder; the cloud may run meanwhile')
    .argument('<folder>')
    .option('--json', 'print what was backed up as one JSON object')
    .addHelpText('after', `\n${configured}`)
    .action(async (folder: string, { json }: { json?: boolean }) => {
      // Loaded when needed: the commands that work without a cloud start without it.
      const { backup, loadConfig } = await import('@storecast/cloud')
      tell('backed up to', await backup(await loadConfig(process.env), folder), json)
      terminal.err('not in it: the cloud’s keys (trust and identity in its data folder); keep a copy of those apart')
    })
  program
    .command('restore')
    .description('Fill an empty cloud from a backup; devices send again what came after it')
    .argument('<folder>', 'a folder that "storecast backup" filled')
    .option('--json', 'print what was restored as one JSON object')
    .addHelpText('after', `\n${configured}`)
    .action(async (folder: string, { json }: { json?: boolean }) => {
      const { loadConfig, restore } = await import('@storecast/cloud')
      tell('restored from', await restore(await loadConfig(process.env), folder), json)
      terminal.err('before it starts, put the cloud’s keys back (trust and identity in its data folder)')
    })
}
