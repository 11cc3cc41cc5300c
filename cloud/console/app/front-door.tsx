import { Center, Group, Paper, Stack, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'

/** What somebody sees who is not known yet. @param name of the browser's tab */
export function FrontDoor({ title, name, children }: { title: string; name: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${name} · Storecast`
  }, [name])
  return (
    <Center mih="100dvh" p="md" component="main">
      <Paper withBorder p="xl" w={400} maw="100%">
        <Stack gap="md">
          <Group gap={8}>
            <img src="/assets/icon.svg" alt="" width={28} height={28} />
            <Title order={1} size="h3">
              {title}
            </Title>
          </Group>
          {children}
        </Stack>
      </Paper>
    </Center>
  )
}
