import { Code, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Facts } from '../../kit/facts.tsx'
import { bytes } from '../../kit/figures.ts'
import { Mark, type Tone } from '../../kit/mark.tsx'
import { Loaded } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { type Approval, approvalQuery, type ModelVersion } from './queries.ts'

export const APPROVAL_TONES: Readonly<Record<Approval['state'], Tone>> = {
  approved: 'good',
  signing: 'warning',
  unapproved: 'warning',
  revoked: 'bad',
  waiting: 'warning',
  expired: 'bad',
}

/** Who has signed for the version: devices take no other. */
export function Signatures({ of: { model, version, bundle } }: { of: ModelVersion }) {
  const approval = useQuery(approvalQuery(model, version))
  return (
    <Loaded query={approval} what="signatures">
      {({ state, reason, signedBy, keys, threshold, expires }) => (
        <Stack gap="xs">
          {reason !== null && <Text size="sm">{reason}</Text>}
          <Facts
            of={[
              [
                'State',
                <Mark key="state" tone={APPROVAL_TONES[state]}>
                  {state}
                </Mark>,
              ],
              ['Signed by', `${signedBy.length} of ${keys.length} keys; ${threshold} have to`],
              ...keys.map(
                (key, at) =>
                  [
                    `Key ${at + 1}`,
                    <span key={key}>
                      <Code title={key}>{key.slice(0, 16)}…</Code>{' '}
                      {signedBy.includes(key) ? 'has signed' : 'has not signed'}
                    </span>,
                  ] as const,
              ),
              ['Signatures hold until', <Time key="expires" at={expires} />],
              ['Bundle', `${bytes(bundle.bytes)}`],
              [
                'SHA-256',
                <Code key="sha256" style={{ overflowWrap: 'anywhere' }}>
                  {bundle.sha256}
                </Code>,
              ],
            ]}
          />
        </Stack>
      )}
    </Loaded>
  )
}
