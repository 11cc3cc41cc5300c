import { Button, Center, Text } from '@mantine/core'
import { count } from './figures.ts'
import type { Listing } from './pages-of.ts'

/** The next page of a list, where there is one. */
export const More = ({ of }: { of: Pick<Listing<unknown>, 'hasMore' | 'isLoadingMore' | 'more'> }) =>
  of.hasMore && (
    <Center mt="xs">
      <Button variant="default" size="xs" loading={of.isLoadingMore} onClick={of.more}>
        Show more
      </Button>
    </Center>
  )

/** How much of a list is there: "100 sensors shown, there are more". */
export const Shown = ({ of, what }: { of: Pick<Listing<unknown>, 'items' | 'hasMore'>; what?: string }) => (
  <Text size="sm" c="dimmed">
    {count(of.items?.length ?? 0)} {what === undefined ? '' : `${what} `}shown{of.hasMore ? ', there are more' : ''}
  </Text>
)
