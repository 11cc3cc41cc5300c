import type { Command } from 'commander'

/** Of every verb, lines that work as they stand but for their names; the help of each shows its own. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  login: [
    'storecast login "http://127.0.0.1:8080/claim#…"',
    'storecast login https://cloud.example --user anna',
    'storecast login https://cloud.example --oidc',
    'storecast login https://cloud.example --with-token < token',
  ],
  logout: ['storecast logout'],
  whoami: ['storecast whoami'],
  'user add': [
    'storecast user add anna --role operator --limit region=eu',
    'storecast user add bob --role viewer --role steward --password-stdin < password',
  ],
  'user list': ['storecast user list'],
  'user set-role': ['storecast user set-role anna operator steward'],
  'user set-limit': ['storecast user set-limit anna region=eu tier=gold', 'storecast user set-limit anna'],
  'user disable': ['storecast user disable anna'],
  'user enable': ['storecast user enable anna'],
  'user passwd': ['storecast user passwd', 'storecast user passwd anna --password-stdin < password'],
  'token create': [
    'storecast token create ci --role operator --limit region=eu --expires 30 > token',
    'storecast token create exporter --role viewer --no-expires',
  ],
  'token list': ['storecast token list --all'],
  'token revoke': ['storecast token revoke 5f0c9d2e7a1b'],
  'enroll create': [
    'storecast enroll create --site berlin',
    'storecast enroll create --site berlin --count 20 --expires 30d --label tier=gold',
  ],
  'enroll list': ['storecast enroll list'],
  'enroll revoke': ['storecast enroll revoke 5f0c9d2e'],
  'device list': [
    "storecast device list --selector 'region=eu,tier in (gold,silver)'",
    'storecast device list --group eu-shops --limit 20 --json',
  ],
  'device show': ['storecast device show berlin-1'],
  'device label': ['storecast device label berlin-1 tier=gold pilot-'],
  'device logs': ['storecast device logs berlin-1 --limit 20'],
  'device timeline': ['storecast device timeline berlin-1', 'storecast device timeline berlin-1 --kind alert,rollout'],
  'device support-bundle': ['storecast device support-bundle berlin-1 --out berlin-1.tar.gz'],
  'device revoke': ['storecast device revoke berlin-1'],
  'device retire': ['storecast device retire berlin-1'],
  'group list': ['storecast group list'],
  'group show': ['storecast group show eu-shops'],
  'group delete': ['storecast group delete eu-shops'],
  'model train': ['storecast model train models/definitions/demand.yaml --data history.csv --out demand.bundle'],
  'model inspect': ['storecast model inspect demand.bundle'],
  'model push': [
    'storecast model push demand.bundle --alias candidate',
    'storecast model push my-network.onnx --definition my-demand.yaml --data history.csv --tag team=north',
  ],
  'model list': ['storecast model list'],
  'model show': ['storecast model show demand', 'storecast model show demand@champion'],
  'model alias': [
    'storecast model alias demand/3 champion --reason "won in spring"',
    'storecast model alias demand candidate --remove',
  ],
  'model slices': [
    'storecast model slices demand@champion --by attribute:category',
    'storecast model slices demand --by label:region --days 28 --json',
  ],
  'model compare': ['storecast model compare demand@champion demand@candidate'],
  approve: [
    'storecast approve demand@3 --key alice.pem',
    'storecast approve demand@3 --key alice.pem --bundle my-copy.bundle',
  ],
  revoke: ['storecast revoke demand@3 --reason "sells too much" --key alice.pem'],
  'trust cloud-keys': ['storecast trust cloud-keys --out cloud-keys.json'],
  'trust init': [
    'storecast trust init --cloud-keys cloud-keys.json --root alice.pem.pub bob.pem.pub --root-threshold 2 --targets alice.pem.pub',
  ],
  'trust rotate': ['storecast trust rotate --targets alice.pem.pub dave.pem.pub --targets-threshold 2'],
  'trust renew': ['storecast trust renew --only targets'],
  'trust sign': ['storecast trust sign --key alice.pem'],
  'trust push': ['storecast trust push'],
  'trust fetch': ['storecast trust fetch'],
  'trust discard': ['storecast trust discard targets'],
  'trust status': ['storecast trust status'],
  'key create': ['storecast key create alice.pem'],
  'key show': ['storecast key show alice.pem.pub'],
  'key passphrase': ['storecast key passphrase alice.pem'],
  'drift list': ['storecast drift list', 'storecast drift list --label region=north --all'],
  'drift show': ['storecast drift show target --model demand', 'storecast drift show fridge --device berlin-1'],
  'drift performance': ['storecast drift performance', 'storecast drift performance --device berlin-1 --json'],
  'drift run': ['storecast drift run', 'storecast drift run --until 2026-03-29T00:00:00Z'],
  'decision list': [
    'storecast decision list --site berlin --state open',
    'storecast decision list --model demand --wrong --json',
  ],
  'kpi compare': [
    'storecast kpi compare stock-out-rate --change 2026-03-22 --treated cohort=pilot --control cohort=control',
  ],
  'kpi list': ['storecast kpi list', 'storecast kpi list --days 28 --by label:cohort --model demand'],
  'alert list': ['storecast alert list', 'storecast alert list --state all --site berlin --json'],
  'alert show': ['storecast alert show 17'],
  'alert ack': ['storecast alert ack 17 --note "the line is down, the provider knows"'],
  'alert resend': ['storecast alert resend 42'],
  'alert-rule list': ['storecast alert-rule list'],
  'alert-rule show': ['storecast alert-rule show device-silent'],
  'alert-rule test': ['storecast alert-rule test -f fleet/alerts'],
  'alert-rule delete': ['storecast alert-rule delete fridge-warm'],
  'alert-route list': ['storecast alert-route list'],
  'alert-route show': ['storecast alert-route show slack'],
  'alert-route delete': ['storecast alert-route delete slack'],
  'silence create': [
    'storecast silence create --label site=berlin --for 8h --comment "the shop is being rebuilt"',
    'storecast silence create --label rule=device-silent --label region=eu --for 30m --comment "the provider works on the line"',
  ],
  'silence list': ['storecast silence list'],
  'silence end': ['storecast silence end 3'],
  'rollout start': ['storecast rollout start -f demand-eu.yaml --dry-run', 'storecast rollout start -f demand-eu.yaml'],
  'rollout list': ['storecast rollout list'],
  'rollout status': ['storecast rollout status demand-eu --watch'],
  'rollout devices': ['storecast rollout devices demand-eu --state failed'],
  'rollout queue': ['storecast rollout queue', 'storecast rollout queue demand-eu --json'],
  'rollout history': ['storecast rollout history demand-eu'],
  'rollout pause': ['storecast rollout pause demand-eu'],
  'rollout resume': ['storecast rollout resume demand-eu'],
  'rollout promote': ['storecast rollout promote demand-eu', 'storecast rollout promote demand-eu --full'],
  'rollout abort': ['storecast rollout abort demand-eu --dry-run', 'storecast rollout abort demand-eu'],
  'rollout retry': ['storecast rollout retry demand-eu'],
  'rollout undo': ['storecast rollout undo demand-eu'],
  'policy list': ['storecast policy list'],
  'policy show': ['storecast policy show metrics-gate'],
  'policy delete': ['storecast policy delete metrics-gate'],
  'policy test': [
    'storecast policy test -f fleet/policies',
    'storecast policy test --model models:/demand@candidate --gate rollout',
  ],
  'catalogue list': ['storecast catalogue list --sensor fridge'],
  'catalogue show': ['storecast catalogue show cold-chain'],
  'catalogue delete': ['storecast catalogue delete cold-chain'],
  'sensor list': ['storecast sensor list', 'storecast sensor list --unheld --json'],
  'sensor show': ['storecast sensor show fridge'],
  'feature-view list': ['storecast feature-view list --sensor sales'],
  'feature-view show': ['storecast feature-view show demand'],
  'task list': ['storecast task list --steward cold-chain@example.com', 'storecast task list --state all --json'],
  'task show': ['storecast task show 17'],
  'task look': ['storecast task look berlin', 'storecast task look berlin --until 2026-03-29T00:00:00Z'],
  'task acknowledge': ['storecast task acknowledge 17 --note "the probe is loose"'],
  'task assign': ['storecast task assign 17 pat@example.com'],
  'task comment': ['storecast task comment 17 "a new probe is on its way"'],
  'task close': ['storecast task close 17 --note "the freezer is out of use until May"'],
  apply: ['storecast apply -f fleet/ --dry-run', 'storecast apply -f fleet/ --prune'],
  diff: ['storecast diff -f fleet/'],
  'audit list': ['storecast audit list --decision denied --limit 100'],
  'audit export': ['storecast audit export > audit.jsonl'],
  'audit verify': ['storecast audit verify', 'storecast audit verify --file audit.jsonl'],
  'mosquitto setup': ['storecast mosquitto setup /var/lib/storecast-mosquitto --name mqtt.example.org'],
  'mosquitto watch': ['storecast mosquitto watch /var/lib/storecast-mosquitto'],
  backup: ['STORECAST_DATA=/var/lib/storecast-cloud storecast backup /backups/monday'],
  restore: ['STORECAST_DATA=/var/lib/storecast-cloud storecast restore /backups/monday'],
  doctor: ['storecast doctor', 'storecast doctor --json | jq \'.[] | select(.level != "ok")\''],
  completion: [
    'source <(storecast completion bash)',
    'source <(storecast completion zsh)',
    'storecast completion fish | source',
  ],
}

/** Every verb of a program that people see, as `device list`. */
export function verbsOf(command: Command, path: readonly string[] = []): (readonly [verb: string, Command])[] {
  const seen = command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== 'help')
  return seen.flatMap((one) => {
    const words = [...path, one.name()]
    return one.commands.length > 0 ? verbsOf(one, words) : [[words.join(' '), one] as const]
  })
}

/** Ends the help of each verb with its examples. */
export function showExamples(program: Command): void {
  for (const [verb, command] of verbsOf(program)) {
    const lines = EXAMPLES[verb]
    if (!lines) continue
    command.addHelpText(
      'after',
      ['', lines.length > 1 ? 'Examples:' : 'Example:', ...lines.map((one) => `  ${one}`)].join('\n'),
    )
  }
}
