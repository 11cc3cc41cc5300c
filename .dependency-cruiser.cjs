/**
 * The architecture's import rules. A stage imports only the stages before it in its room's list (and the room's
 * `platform`); rooms meet in `shared`; nothing is imported in a circle, types included. The lists are in rooms.json, from which
 * the architecture's page is drawn too.
 */
const { stages: rooms, mayImport } = require('./scripts/lib/rooms.json')
const all = ['shared', 'models', 'agent', 'cloud', 'fleet', 'scripts']

const stageRules = Object.entries(rooms).flatMap(([room, stages]) =>
  stages.slice(0, -1).map((stage, i) => ({
    name: `${room}/${stage}: only upstream stages`,
    severity: 'error',
    from: { path: `^${room}/${stage}/`, pathNot: '\\.test\\.ts$' },
    to: { path: `^${room}/(${stages.slice(i + 1).join('|')})/` },
  })),
)
const roomRules = Object.entries(mayImport).map(([room, allowed]) => ({
  name: `${room}: imports ${allowed.join(', ') || 'nothing of ours'}`,
  severity: 'error',
  from: { path: `^${room}/` },
  to: { path: `^(${all.filter((other) => other !== room && !allowed.includes(other)).join('|')})/` },
}))

const listRules = Object.entries(rooms).map(([room, stages]) => ({
  name: `${room}: every stage has its place in the list`,
  severity: 'error',
  from: { path: `^${room}/[^/]+/`, pathNot: `^${room}/(${[...stages, 'test', 'console'].join('|')})/` },
  to: {},
}))

module.exports = {
  forbidden: [
    ...roomRules,
    ...stageRules,
    ...listRules,
    {
      name: 'the shop’s page knows the agent by its local interface alone',
      severity: 'error',
      from: { path: '^agent/page/app/' },
      to: { path: '^(agent/(?!page/app/)|shared/)' },
    },
    {
      name: 'the agent knows the shop’s page as built files alone',
      severity: 'error',
      from: { path: '^agent/(?!page/app/)' },
      to: { path: '^agent/page/app/' },
    },
    {
      name: 'the console knows the cloud by its API alone',
      severity: 'error',
      from: { path: '^cloud/console/' },
      to: { path: '^cloud/(?!console/)' },
    },
    {
      name: 'the cloud knows the console as built files alone',
      severity: 'error',
      from: { path: '^cloud/(?!console/)' },
      to: { path: '^cloud/console/' },
    },
    { name: 'no cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'files are touched in platform/ only',
      severity: 'error',
      from: { path: '^(agent|cloud)/', pathNot: '^(agent|cloud)/(platform|test)/|\\.test\\.ts$' },
      to: { dependencyTypes: ['core'], path: '^(node:)?fs' },
    },
    {
      name: 'shared does no I/O',
      severity: 'error',
      from: { path: '^shared/', pathNot: '^shared/test/|\\.test\\.ts$' },
      to: { dependencyTypes: ['core'], path: '^(node:)?(fs|net|http|https|child_process|worker_threads|tls|dgram)' },
    },
    { name: 'imports resolve', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    // Type-only imports count. Needs a compiler API, which TypeScript 7 has none of: TypeScript 6 is installed beside it.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.types|node_modules)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.json', '.css'],
    },
  },
}
