/** What a person may be; several at once add up. */
export const ROLES = ['viewer', 'operator', 'approver', 'steward', 'admin'] as const
export type Role = (typeof ROLES)[number]

interface Grant {
  /** What it lets one do, for the documentation. */
  readonly lets: string
  /** Beside `admin`, who has all. */
  readonly roles: readonly Exclude<Role, 'admin'>[]
  /** Devices have it too. */
  readonly device?: true
}

const EVERYBODY = ['viewer', 'operator', 'approver', 'steward'] as const
const read = (what: string): Grant => ({ lets: `see ${what}`, roles: EVERYBODY })

/**
 * Who may do what: the one table that routes and documentation take it from. Who sets the rules and approves does not roll
 * out, and who rolls out can change no rule: those are approvers and operators.
 */
export const PERMISSIONS = {
  'self.read': read('who one is, and one’s own tokens'),
  'self.write': { lets: 'change one’s own password, make and withdraw one’s own tokens', roles: EVERYBODY },
  'site.read': read('sites'),
  'site.write': {
    lets: 'create and change sites, their catalogues, sensor definitions and covariates',
    roles: ['operator', 'steward'],
  },
  'device.read': read('devices and what they should run'),
  'device.write': { lets: 'create, revoke and retire devices', roles: ['operator'] },
  'device.diagnose': { lets: 'ask devices for support bundles, and read them', roles: ['operator'] },
  'group.read': read('groups of devices'),
  'group.write': { lets: 'set and remove groups', roles: ['operator'] },
  'claim.read': read('claims for new devices'),
  'claim.write': { lets: 'make and withdraw claims', roles: ['operator'] },
  'telemetry.read': read('windows, forecasts, decisions, scores, drift, evidence, gaps, events and reported states'),
  'monitoring.write': {
    lets: 'look for drift at once, and have sensors’ references frozen anew',
    roles: ['operator', 'steward'],
  },
  'quarantine.read': read('copies of devices that wait for a decision'),
  'quarantine.decide': { lets: 'say which copy is the device', roles: ['operator', 'steward'] },
  'object.read': { ...read('bundles, documents and data sets by their digest'), device: true },
  'model.read': read('models, versions and aliases'),
  'model.write': { lets: 'register versions, tag them and move aliases', roles: ['operator'] },
  'training.read': read('training runs'),
  'training.write': { lets: 'start and cancel training runs', roles: ['operator'] },
  'rollout.read': read('rollouts, their devices, history and analyses'),
  'rollout.write': {
    lets: 'start rollouts, and pause, resume, promote, abort, retry and undo them',
    roles: ['operator'],
  },
  'trust.read': { ...read('whom devices trust'), device: true },
  'trust.sign': { lets: 'send signed metadata, and discard drafts', roles: ['approver'] },
  'policy.read': read('policies, and what they would say'),
  'policy.write': { lets: 'set and remove policies', roles: ['approver'] },
  'code.read': read('what files were applied last'),
  'code.write': { lets: 'apply files', roles: ['operator', 'approver', 'steward'] },
  'alert.read': read('alerts, their rules and routes, and silences'),
  'alert.acknowledge': { lets: 'acknowledge alerts', roles: ['operator', 'steward'] },
  'alert.write': { lets: 'set rules and routes of alerts, and silence alerts', roles: ['operator'] },
  'dataset.read': read('the catalogue of data sets'),
  'dataset.write': { lets: 'set and remove data sets of the catalogue', roles: ['steward'] },
  'task.read': read('scores of data quality, and the tasks that follow from them'),
  'task.write': {
    lets: 'acknowledge, assign, comment and close stewardship tasks, and judge a site’s data at once',
    roles: ['operator', 'steward'],
  },
  'audit.read': { lets: 'see the audit log', roles: ['operator', 'approver', 'steward'] },
  'metrics.read': read('metrics of the cloud itself'),
  'status.read': read('how the cloud is, as a doctor asks'),
  'server.sign': { lets: 'sign certificates of servers that devices reach', roles: [] },
  'user.read': { lets: 'see users and everybody’s tokens', roles: [] },
  'user.write': { lets: 'add and change users, and withdraw anybody’s tokens', roles: [] },
  'support.send': { lets: 'send the support bundle that it is asked for', roles: [], device: true },
  'certificate.renew': { lets: 'renew its own certificate', roles: [], device: true },
} as const satisfies Readonly<Record<string, Grant>>

export type Permission = keyof typeof PERMISSIONS

const ALL = Object.entries(PERMISSIONS) as readonly [Permission, Grant][]
/** What nobody does for a device. */
const DEVICES_OWN: ReadonlySet<Permission> = new Set(['certificate.renew', 'support.send'])

/** All that a person with these roles may do. */
export const grantsOf = (roles: readonly Role[]): ReadonlySet<Permission> =>
  new Set(
    ALL.filter(
      ([name, grant]) =>
        !DEVICES_OWN.has(name) &&
        roles.some((role) => role === 'admin' || (grant.roles as readonly Role[]).includes(role)),
    ).map(([name]) => name),
  )

export const DEVICE_GRANTS: ReadonlySet<Permission> = new Set(
  ALL.filter(([, { device }]) => device).map(([name]) => name),
)

/** What each permission lets people do, and which roles have it; what only devices may is left out. */
export const grantsByRole = (): { permission: Permission; lets: string; roles: Role[] }[] =>
  ALL.filter(([permission]) => !DEVICES_OWN.has(permission)).map(([permission, { lets }]) => ({
    permission,
    lets,
    roles: ROLES.filter((role) => grantsOf([role]).has(permission)),
  }))

/** The table as Markdown. */
export function permissionsTable(): string {
  const columns = [...ROLES, 'device'] as const
  const has = (permission: Permission, column: (typeof columns)[number]) =>
    (column === 'device' ? DEVICE_GRANTS : grantsOf([column])).has(permission)
  return [
    `| permission | lets one | ${columns.join(' | ')} |`,
    `|---|---|${columns.map(() => ':-:|').join('')}`,
    ...ALL.map(
      ([name, { lets }]) =>
        `| \`${name}\` | ${lets} | ${columns.map((column) => (has(name, column) ? '✓' : '')).join(' | ')} |`,
    ),
  ].join('\n')
}
