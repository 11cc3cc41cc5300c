import { ActionIcon, AppShell, Burger, Group, Menu, NavLink, Text, useMantineColorScheme } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconChevronDown, IconDeviceDesktop, IconLogout, IconMoon, IconSun } from '@tabler/icons-react'
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { useLive } from '../api/live.tsx'
import { labelTexts } from '../kit/labels.ts'
import { Failed, Loading } from '../kit/states.tsx'
import { PLACES } from './navigation.ts'
import { NewerConsole } from './newer-console.tsx'
import { type Self, SessionProvider, useSelf, useSession, useSignOut } from './session.tsx'
import classes from './shell.module.css'

/** What stands around every page: where one can go, who one is, whether what is shown is live. */
export function Shell() {
  const { data: self, error, refetch } = useSelf()
  const [known, setKnown] = useState<Self>()
  if (self && self !== known) setKnown(self)
  if (known) {
    return (
      <>
        <SignedIn self={known} />
        {self === null && (
          <Suspense>
            <SignInAgain name={known.name} />
          </Suspense>
        )}
      </>
    )
  }
  // The router sends who is not signed in to the page that asks who they are.
  if (self === null) return null
  return error ? <Failed error={error} retry={() => void refetch()} /> : <Loading what="your session" />
}

const loadSignInAgain = () => import('./sign-in-again.tsx')
const SignInAgain = lazy(async () => ({ default: (await loadSignInAgain()).SignInAgain }))

function SignedIn({ self }: { self: Self }) {
  const [opened, { toggle, close }] = useDisclosure(false)
  const main = useFocusOfPage()
  // Wanted over a page on which somebody types, when the cloud may have another console already.
  useEffect(() => void loadSignInAgain().catch(() => undefined), [])
  return (
    <SessionProvider self={self}>
      <a className={classes.skip} href="#main">
        Skip to the page
      </a>
      <AppShell
        header={{ height: 52 }}
        navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: !opened } }}
        padding="md"
        layout="alt"
      >
        <AppShell.Header>
          <Group h="100%" px="md" justify="space-between" wrap="nowrap">
            <Group gap="xs" wrap="nowrap">
              <Burger
                opened={opened}
                onClick={toggle}
                hiddenFrom="sm"
                size="sm"
                aria-label={opened ? 'Close the menu' : 'Open the menu'}
              />
              <LiveMark />
            </Group>
            <Person self={self} />
          </Group>
        </AppShell.Header>
        <AppShell.Navbar>
          <AppShell.Section p="md" className={classes.brand}>
            <Group gap={8} justify="space-between">
              <Group gap={8}>
                <img src="/assets/icon.svg" alt="" width={24} height={24} />
                <Text fw={650}>Storecast</Text>
              </Group>
              <Burger opened onClick={close} hiddenFrom="sm" size="sm" aria-label="Close the menu" />
            </Group>
          </AppShell.Section>
          <AppShell.Section grow component="nav" aria-label="Pages" px={8} onClick={close}>
            <Places />
          </AppShell.Section>
        </AppShell.Navbar>
        <AppShell.Main id="main" ref={main} tabIndex={-1} className={classes.main}>
          <Outlet />
        </AppShell.Main>
      </AppShell>
    </SessionProvider>
  )
}

/** Another page begins where it begins for who goes by keyboard, or hears it; filters of the same page do not move anybody. */
function useFocusOfPage() {
  const main = useRef<HTMLElement>(null)
  const path = useRouterState({ select: ({ resolvedLocation }) => resolvedLocation?.pathname })
  const before = useRef(path)
  useEffect(() => {
    if (before.current !== undefined && before.current !== path) main.current?.focus({ preventScroll: true })
    before.current = path
  }, [path])
  return main
}

function Places() {
  const { can } = useSession()
  const path = useRouterState({ select: ({ location }) => location.pathname })
  return PLACES.filter(({ permission }) => can(permission)).map(({ label, to, icon: Icon }) => {
    const isHere = path === to || (to !== '/' && path.startsWith(`${to}/`))
    return (
      <NavLink
        key={to}
        label={label}
        active={isHere}
        variant="light"
        leftSection={<Icon size={18} stroke={1.6} aria-hidden />}
        className={classes.place!}
        renderRoot={(props) => <Link to={to} aria-current={isHere ? 'page' : undefined} {...props} />}
      />
    )
  })
}

/** Says so only where what is on the page may be old. */
function LiveMark() {
  const isLive = useLive()
  return (
    <Group gap="xs" wrap="nowrap" role="status">
      {!isLive && (
        <Text size="sm" c="dimmed">
          Not live: reconnecting…
        </Text>
      )}
      <NewerConsole isLive={isLive} />
    </Group>
  )
}

function Person({ self }: { self: Self }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const signOut = useSignOut()
  const navigate = useNavigate()
  const limits = labelTexts(self.limit)
  return (
    <Group gap="xs" wrap="nowrap">
      {limits.length > 0 && (
        <Text size="sm" c="dimmed" visibleFrom="xs">
          sites with {limits.join(', ')}
        </Text>
      )}
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" w="auto" px={8} aria-label={`Account of ${self.name}`}>
            <Text size="sm" mr={4} c="var(--mantine-color-text)" maw={180} truncate>
              {self.name}
            </Text>
            <IconChevronDown size={14} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Colours</Menu.Label>
          {SCHEMES.map(({ scheme, label, icon: Icon }) => (
            <Menu.Item
              key={scheme}
              leftSection={<Icon size={16} aria-hidden />}
              onClick={() => setColorScheme(scheme)}
              fw={colorScheme === scheme ? 600 : 400}
              aria-current={colorScheme === scheme ? 'true' : undefined}
            >
              {label}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconLogout size={16} aria-hidden />}
            onClick={() => void signOut().then(() => navigate({ to: '/sign-in' }))}
          >
            Sign out
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  )
}

const SCHEMES = [
  { scheme: 'light', label: 'Light', icon: IconSun },
  { scheme: 'dark', label: 'Dark', icon: IconMoon },
  { scheme: 'auto', label: 'As the system', icon: IconDeviceDesktop },
] as const
