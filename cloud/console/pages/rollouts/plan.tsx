import { Alert, List, Stack, Table, Text } from '@mantine/core'
import type { paths } from '@storecast/shared/api'
import type { RolloutInput } from '@storecast/shared/contracts'
import { IconAlertTriangle } from '@tabler/icons-react'
import { api, ask } from '../../api/client.ts'
import { count } from '../../kit/figures.ts'
import { devices, stepWords } from './words.ts'

type Body = paths['/v1/rollouts']['post']['requestBody']['content']['application/json']

/** As the API takes it; where the two ways to say "left out" differ, JSON leaves it out. */
export const bodyOf = (draft: RolloutInput) => draft as unknown as Body

/** What the rollout would be, as the cloud says, and what policies warn of. */
export async function planOf(draft: RolloutInput) {
  const call = api.POST('/v1/rollouts/plan', { body: bodyOf(draft) })
  const plan = await ask(call)
  const { response } = await call
  return { ...plan, warnings: warningsOf(response) }
}
export type Plan = Awaited<ReturnType<typeof planOf>>

/** Of policies, from the header in which answers carry them. */
export function warningsOf({ headers }: Response): string[] {
  try {
    return JSON.parse(headers.get('storecast-warnings') ?? '[]') as string[]
  } catch {
    // A proxy that cuts headers takes words from it, and nothing else.
    return ['Policies warn of something that did not arrive whole; see the audit log.']
  }
}

/** The cohorts that each step would tell, what they would go back to, and warnings. */
export function PlanView({ plan, steps }: { plan: Plan; steps: RolloutInput['spec']['steps'] }) {
  const { cohorts, had, warnings } = plan
  return (
    <Stack gap="sm">
      {warnings.length > 0 && (
        <Alert color="yellow" variant="light" icon={<IconAlertTriangle aria-hidden />} title="Policies warn">
          <List size="sm">
            {warnings.map((warning) => (
              <List.Item key={warning}>{warning}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      <Text size="sm">
        {plan.model} {plan.version} to <b>{devices(plan.devices)}</b>. They would go back to{' '}
        {had
          .map(
            ({ version, devices: number }) =>
              `${version === null ? 'no version' : `version ${version}`} (${count(number)})`,
          )
          .join(', ')}
        .
      </Text>
      <Table fz="sm" aria-label="Cohorts">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Step</Table.Th>
            <Table.Th ta="right">Told by it</Table.Th>
            <Table.Th ta="right">In all</Table.Th>
            <Table.Th>First of them</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {cohorts.map(({ step, told, devices: number, first }) => (
            <Table.Tr key={step}>
              <Table.Td>
                {step + 1}. {steps[step] && stepWords(steps[step])}
              </Table.Td>
              <Table.Td ta="right">{count(number)}</Table.Td>
              <Table.Td ta="right">{count(told)}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                {first.join(', ') || '–'}
                {number > first.length && ', …'}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  )
}
