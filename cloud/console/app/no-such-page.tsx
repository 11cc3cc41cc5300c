import { Anchor } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Page } from '../kit/page.tsx'

export const NoSuchPage = () => (
  <Page title="There is no such page" about="The address may be mistyped, or what it showed is gone.">
    <Anchor renderRoot={(props) => <Link to="/" {...props} />}>Go to the first page</Anchor>
  </Page>
)
