import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { isOutdated } from './outdated.ts'

/** Offers the cloud's newer pages to a tab that was open while it was upgraded, and takes nothing from who is typing. */
export function NewerConsole({ isLive }: { isLive: boolean }) {
  const { data, refetch } = useQuery({
    queryKey: ['newer-console'],
    queryFn: isOutdated,
    initialData: false,
    staleTime: 60_000,
    retry: false,
  })
  const wasLive = useRef(isLive)
  useEffect(() => {
    // A cloud that comes back may be another one.
    if (isLive && !wasLive.current) void refetch()
    wasLive.current = isLive
  }, [isLive, refetch])
  return data ? (
    <Button
      size="compact-sm"
      variant="light"
      onClick={() => location.reload()}
      title="The cloud was upgraded. Send what you are typing before you reload."
    >
      New version: reload
    </Button>
  ) : null
}
