import { Anchor } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Empty } from '../kit/states.tsx'

export const NoSuchPage = () => (
  <Empty title="There is no such page">
    The address may be mistyped, or what it showed is gone.{' '}
    <Anchor renderRoot={(props) => <Link to="/" {...props} />}>Go to the first page</Anchor>
  </Empty>
)
