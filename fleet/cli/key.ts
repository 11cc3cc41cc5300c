import { readFile, rename } from 'node:fs/promises'
import type { Command } from 'commander'
import { writeNew } from '../trust/files.ts'
import {
  changePassphrase,
  createKeyFile,
  isEncryptedKey,
  openKeyFile,
  publicFileOf,
  readPublicFile,
} from '../trust/key-file.ts'
import type { CliContext } from './context.ts'
import { UsageError } from './errors.ts'

const PASSPHRASE_HELP =
  '\nThe passphrase is asked for; scripts name a file that holds it in STORECAST_KEY_PASSPHRASE_FILE.'

/** `storecast key …`: the keys that operators sign with, on any machine and without a network. */
export function addKeyCommands(program: Command, context: CliContext): void {
  const { terminal } = context
  const key = program.command('key').description('Make and look after the keys that operators sign with, offline')
  key
    .command('create')
    .description('Make a key: <file> is the encrypted private half (PKCS#8), <file>.pub the public one')
    .argument('<file>', 'for example alice.pem; must not exist')
    .option('--json', 'print what was made as one JSON object')
    .addHelpText('after', PASSPHRASE_HELP)
    .action(async (file: string, { json }: { json?: boolean }) => {
      const { pem, publicFile } = createKeyFile(await newPassphrase(context))
      await writeNew(file, pem, 0o600)
      await writeNew(`${file}.pub`, publicFile, 0o644)
      tell(publicFile, json)
      terminal.err(`wrote ${file} (encrypted: keep it, and a copy, off every cloud) and ${file}.pub (hand it around)`)
    })
  key
    .command('show')
    .description('Print the public half of a key; the private file is opened to see that its passphrase works')
    .argument('<file>', 'a .pub file, or the encrypted private one')
    .option('--json', 'print it as one JSON object')
    .addHelpText('after', PASSPHRASE_HELP)
    .action(async (file: string, { json }: { json?: boolean }) => {
      const text = await readFile(file, 'utf8')
      if (!isEncryptedKey(text)) readPublicFile(text)
      tell(isEncryptedKey(text) ? publicFileOf(openKeyFile(text, await passphraseOf(file, context))) : text, json)
    })
  key
    .command('passphrase')
    .description('Give a key file another passphrase')
    .argument('<file>', 'the encrypted private key')
    .addHelpText('after', '\nThe old and the new passphrase are asked for.')
    .action(async (file: string) => {
      const before = await asking(context)(`Passphrase of ${file}: `)
      const pem = changePassphrase(await readFile(file, 'utf8'), before, await askTwice(context))
      await writeNew(`${file}.new`, pem, 0o600)
      await rename(`${file}.new`, file)
      terminal.err(`${file} has its new passphrase; copies elsewhere still have the old one`)
    })

  function tell(publicFile: string, json = false): void {
    const { keyid, public: hex } = JSON.parse(publicFile) as { keyid: string; public: string }
    if (json) terminal.out(JSON.stringify({ keyId: keyid, publicKey: hex }))
    else terminal.out(`key id      ${keyid}\npublic key  ${hex}`)
  }
}

/** From the file that STORECAST_KEY_PASSPHRASE_FILE names, or from the keyboard. */
export async function passphraseOf(file: string, context: CliContext): Promise<string> {
  return (await givenPassphrase(context)) ?? asking(context)(`Passphrase of ${file}: `)
}

async function givenPassphrase({ env }: CliContext): Promise<string | undefined> {
  const path = env.STORECAST_KEY_PASSPHRASE_FILE
  return path ? (await readFile(path, 'utf8')).trimEnd() : undefined
}

const newPassphrase = async (context: CliContext) => (await givenPassphrase(context)) ?? askTwice(context)

async function askTwice(context: CliContext): Promise<string> {
  const ask = asking(context)
  const passphrase = await ask('New passphrase: ')
  if (passphrase === (await ask('The same again: '))) return passphrase
  throw new UsageError('the two passphrases differ; nothing was written')
}

function asking({ askSecret }: CliContext): (question: string) => Promise<string> {
  if (askSecret) return askSecret
  throw new UsageError('Nobody is here to be asked for a passphrase: name its file in STORECAST_KEY_PASSPHRASE_FILE.')
}
