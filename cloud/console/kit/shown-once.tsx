import { Button, Code, CopyButton, Group, Paper, Stack, Text } from '@mantine/core'

/** A secret that the cloud keeps no copy of. */
export const ShownOnce = ({ what, secrets }: { what: string; secrets: readonly string[] }) => (
  <Paper withBorder p="md" role="status">
    <Stack gap="xs">
      <Text size="sm" fw={600}>
        {what}
      </Text>
      <Text size="sm" c="dimmed">
        Shown here and nowhere else: keep it where secrets are kept.
      </Text>
      {secrets.map((secret) => (
        <Group key={secret} gap="xs" wrap="nowrap" align="flex-start">
          <Code style={{ overflowWrap: 'anywhere' }}>{secret}</Code>
          <CopyButton value={secret}>
            {({ copied, copy }) => (
              <Button size="compact-xs" variant="default" onClick={copy}>
                {copied ? 'Copied' : 'Copy'}
              </Button>
            )}
          </CopyButton>
        </Group>
      ))}
    </Stack>
  </Paper>
)
