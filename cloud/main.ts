#!/usr/bin/env node
import { argv, env, exit, stderr, stdout } from 'node:process'
import { loadConfig, startCloud } from './cloud.ts'
import { CloudError } from './platform/errors.ts'

const USAGE = `usage: storecast-cloud

Configured by the environment: STORECAST_CONFIG (a YAML file), STORECAST_DATA, STORECAST_HTTP_HOST, STORECAST_HTTP_PORT,
STORECAST_PUBLIC_URL, STORECAST_MQTT_HOST, STORECAST_MQTT_PORT, STORECAST_TRUST (development or production),
STORECAST_TRUST_KEYS, STORECAST_TRUST_ROOT, STORECAST_LOG_LEVEL; for devices with certificates: STORECAST_IDENTITY_FOLDER,
STORECAST_DEVICES_HOST, STORECAST_DEVICES_PORT, STORECAST_DEVICES_URL, STORECAST_MQTTS_HOST, STORECAST_MQTTS_PORT, STORECAST_MQTTS_URL;
secrets, each also as …_FILE: DATABASE_URL, MQTT_URL, STORECAST_ADMIN_TOKEN.
`

if (argv.length > 2) {
  const help = argv[2] === '--help' || argv[2] === '-h'
  ;(help ? stdout : stderr).write(USAGE)
  exit(help ? 0 : 2)
}

const stop = new Promise<undefined>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(undefined))
})
try {
  await using cloud = await startCloud(await loadConfig(env))
  stdout.write(`Storecast is at ${cloud.url}, devices enrol at ${cloud.devicesUrl}\n`)
  if (cloud.adminLink) stdout.write(`First operator: open ${cloud.adminLink} (works once)\n`)
  const failure = await Promise.race([stop, cloud.failed])
  if (failure) throw failure
} catch (error) {
  stderr.write(error instanceof CloudError ? `storecast-cloud: ${error.message}\n` : `${(error as Error).stack}\n`)
  process.exitCode = 1
}
