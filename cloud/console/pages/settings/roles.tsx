import { Paper, Table } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { api, ask } from '../../api/client.ts'
import { useSession } from '../../app/session.tsx'
import { Facts } from '../../kit/facts.tsx'
import { Page } from '../../kit/page.tsx'
import { Loaded } from '../../kit/states.tsx'
import { Wide } from '../../kit/wide.tsx'
import { ROLES } from './role-words.ts'
import { SettingsTabs } from './settings-tabs.tsx'

/** Who may do what: the cloud's own table, by which it lets people in. */
export function Roles() {
  const { can } = useSession()
  const query = useQuery({ queryKey: ['role'], queryFn: ({ signal }) => ask(api.GET('/v1/roles', { signal })) })
  return (
    <Page
      title="Settings"
      about={
        <>
          What each role lets one do; several add up. Who approves does not roll out, and who rolls out sets no
          policies.
          {!can('user.write') && ' An admin gives roles to people.'}
        </>
      }
    >
      <SettingsTabs />
      <Paper withBorder p="md">
        <Facts of={Object.entries(ROLES)} />
      </Paper>
      <Loaded query={query} what="roles">
        {({ roles, permissions }) => (
          <Wide label="Roles" minWidth={620}>
            <Table fz="sm" verticalSpacing={5} highlightOnHover aria-label="Roles">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Lets one</Table.Th>
                  {roles.map((role) => (
                    <Table.Th key={role} ta="center">
                      {role}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {permissions.map(({ permission, lets, roles: having }) => (
                  <Table.Tr key={permission}>
                    <Table.Th scope="row" fw={400} title={permission}>
                      {lets}
                    </Table.Th>
                    {roles.map((role) => (
                      <Table.Td key={role} ta="center">
                        {having.includes(role) ? <IconCheck size={16} aria-label="yes" /> : null}
                      </Table.Td>
                    ))}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
        )}
      </Loaded>
    </Page>
  )
}
