import { Link } from '@tanstack/react-router'
import classes from './tabs.module.css'

/** Pages of one place beside each other, each with an address of its own. */
export const PageTabs = ({
  name,
  tabs,
}: {
  readonly name: string
  readonly tabs: readonly { readonly label: string; readonly to: string }[]
}) => (
  <nav className={classes.tabs} aria-label={name}>
    {tabs.map(({ label, to }) => (
      <Link key={to} to={to} className={classes.tab!} activeOptions={{ exact: true, includeSearch: false }}>
        {label}
      </Link>
    ))}
  </nav>
)
