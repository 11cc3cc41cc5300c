import { PageLink } from '../kit/links.tsx'
import { Page } from '../kit/page.tsx'

export const NoSuchPage = () => (
  <Page title="There is no such page" about="The address may be mistyped, or what it showed is gone.">
    <PageLink to="/">Go to the first page</PageLink>
  </Page>
)
