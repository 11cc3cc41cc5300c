import { temporaryFolder } from '@storecast/cloud/test/database'
import { freePort } from '@storecast/shared/test/ports'
import { expect, it } from 'vitest'
import { blocksOf, openDesk, ROOT } from './desk.ts'

it('the operator’s tutorial can be followed as its page says, from an empty machine to an undone rollout', {
  timeout: 600_000,
}, async () => {
  await using stack = new AsyncDisposableStack()
  const { path } = stack.use(await temporaryFolder())
  const desk = stack.use(await openDesk(path))
  const ports = await Promise.all([freePort(), freePort(), freePort(), freePort(), freePort()])
  const [http, agent, mqtt, devices, mqtts] = ports.map(String) as [string, string, string, string, string]
  // Typed in one sitting, where other clouds may run on the same machine.
  const commands = (await blocksOf('operator/tutorial.md', 'sh'))
    .join('echo; echo "## next"\n')
    .replaceAll('/tmp/storecast-tutorial', `${desk.folder}/tutorial`)
    .replaceAll('8080', http)
    .replaceAll('8480', agent)
  const said = await desk.type(`cd '${ROOT}'\n${commands}`, {
    STORECAST_HTTP_PORT: http,
    STORECAST_MQTT_PORT: mqtt,
    STORECAST_DEVICES_PORT: devices,
    STORECAST_MQTTS_PORT: mqtts,
    STORECAST_URL: '',
    STORECAST_TOKEN: '',
  })
  const [, , trust, store, , , , approved, first, second, aborted, undone, log] = said.split('## next')
  expect(trust).toMatch(/production, ready/)
  expect(store).toMatch(/one claim for berlin/)
  expect(approved).toMatch(/1 versions approved in all/)
  expect(first).toMatch(/first succeeded.*\n[\s\S]*device +berlin-1\n[\s\S]*models +fridge 1\n/)
  expect(second).toMatch(/berlin-1 +succeeded +1 /)
  expect(aborted).toMatch(/anna +abort/)
  expect(undone).toMatch(/third succeeded[\s\S]*device +berlin-1\n[\s\S]*models +fridge 1\n/)
  expect(log).toMatch(/anna +allowed +POST \/v1\/rollouts\/third\/undo/)
  expect(log).toMatch(/entries, each chained to the one before it/)
})
