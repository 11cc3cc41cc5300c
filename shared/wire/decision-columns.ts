import type { MessageInitShape } from '@bufbuild/protobuf'
import type { ChoiceKind, DecisionChoice, DecisionOutcome, DecisionRecord } from '../contracts/index.ts'
import { cells, column, Dictionary, entryOf, packAscending, unpackAscending } from './columns.ts'
import { WireError } from './errors.ts'
import { MAX_BATCH_RECORDS, MAX_QUANTILES } from './limits.ts'
import type { Sequenced } from './sequenced.ts'
import type { Decisions, DecisionsSchema } from './uplink_pb.ts'

const CHOICES: readonly ChoiceKind[] = ['accepted', 'changed', 'rejected']
const ID_BYTES = 16
const [KNOWN, RAN_OUT, CORRECT] = [1, 2, 4]

export function packDecisions(rows: readonly Sequenced<DecisionRecord>[]): MessageInitShape<typeof DecisionsSchema> {
  const records = rows.map(({ record }) => record)
  const [decisions, models, entities] = [new Dictionary<string>(), new Dictionary<string>(), new Dictionary<string>()]
  const decisionOf = records.map(({ decision }) => decisions.indexOf(decision, decision))
  const modelOf = records.map(({ model }) => models.indexOf(model, model))
  const entityOf = records.map(({ entity }) => entities.indexOf(entity, entity))
  const choices = records.flatMap(({ choice }) => choice ?? [])
  const outcomes = records.flatMap(({ outcome }) => outcome ?? [])
  return {
    sequence: packAscending(rows.map(({ seq }) => seq)),
    id: Buffer.from(records.map(({ id }) => id.replaceAll('-', '')).join(''), 'hex'),
    decision: decisions.entries,
    model: models.entries,
    entity: entities.entries,
    decisionOf: column(decisionOf.map((index, i) => index - (decisionOf[i - 1] ?? 0))),
    modelOf: column(modelOf.map((index, i) => index - (modelOf[i - 1] ?? 0))),
    entityOf: column(entityOf.map((index, i) => index - (entityOf[i - 1] ?? -1) - 1)),
    version: records.map(({ version }) => version),
    issuedAt: steps(records.map(({ issuedAt }) => issuedAt)),
    start: steps(records.map(({ start }) => start)),
    length: records.map(({ start, end }) => BigInt(end - start)),
    quantiles: column(records.map(({ quantiles }) => quantiles.length)),
    quantile: records.flatMap(({ quantiles }) => quantiles),
    stock: column(records.map(({ stock }) => stock)),
    onOrder: column(records.map(({ onOrder }) => onOrder)),
    action: column(records.map(({ action }) => Number(action === 'reorder'))),
    quantity: column(records.map(({ quantity }) => quantity)),
    choice: column(records.map(({ choice }) => (choice ? CHOICES.indexOf(choice.kind) + 1 : 0))),
    chosenAt: steps(choices.map(({ chosenAt }) => chosenAt)),
    chosenQuantity: column(choices.map(({ quantity }) => quantity)),
    reason: choices.map(({ reason }) => reason),
    outcome: column(records.map(({ outcome }) => (outcome ? flagsOf(outcome) : 0))),
    judgedAt: steps(outcomes.map(({ judgedAt }) => judgedAt)),
    actual: column(outcomes.map(({ actual }) => actual)),
  }
}

const steps = (times: readonly number[]) => column(times.map((time, i) => BigInt(time - (times[i - 1] ?? 0))))

const flagsOf = ({ stockOut, correct }: DecisionOutcome) => KNOWN + (stockOut ? RAN_OUT : 0) + (correct ? CORRECT : 0)

/**
 * What the columns say; whether the rows make sense is `complaints.ts`'s to judge.
 * @throws WireError where columns contradict each other.
 */
export function unpackDecisions(decisions: Decisions): Sequenced<DecisionRecord>[] {
  const sequences = unpackAscending(decisions.sequence, 'sequence')
  const rows = sequences.length
  if (rows > MAX_BATCH_RECORDS) throw new WireError('oversized', `${rows} decisions; at most ${MAX_BATCH_RECORDS}`)
  if (decisions.id.length !== rows * ID_BYTES) {
    throw new WireError('malformed', `id: ${decisions.id.length} bytes for ${rows} rows`)
  }
  const ids = Buffer.from(decisions.id).toString('hex')
  const of = (name: Column) => cells(decisions[name], rows, name)
  const [decisionOf, modelOf, entityOf, version] = [of('decisionOf'), of('modelOf'), of('entityOf'), of('version')]
  const [issuedAt, start, length, quantiles] = [of('issuedAt'), of('start'), of('length'), of('quantiles')]
  const [stock, onOrder, action, quantity] = [of('stock'), of('onOrder'), of('action'), of('quantity')]
  const [choice, outcome] = [of('choice'), of('outcome')]
  const [takeChoice, takeOutcome] = [choiceReader(decisions), outcomeReader(decisions)]
  let [decision, model, entity, issued, from, taken] = [0, 0, -1, 0, 0, 0]
  const decoded = sequences.map((seq, row): Sequenced<DecisionRecord> => {
    decision += decisionOf(row)
    model += modelOf(row)
    entity += entityOf(row) + 1
    issued += issuedAt(row)
    from += start(row)
    const wanted = quantiles(row)
    if (wanted > MAX_QUANTILES || taken + wanted > decisions.quantile.length) {
      throw new WireError('malformed', `quantiles: row ${row} takes ${wanted}`)
    }
    if (action(row) > 1) throw new WireError('malformed', `action: ${action(row)} in row ${row}`)
    const [chosen, known] = [takeChoice(choice(row)), takeOutcome(outcome(row))]
    const record: DecisionRecord = {
      id: uuidOf(ids.slice(row * 2 * ID_BYTES, (row + 1) * 2 * ID_BYTES)),
      decision: entryOf(decisions.decision, decision, 'decision'),
      model: entryOf(decisions.model, model, 'model'),
      version: version(row),
      entity: entryOf(decisions.entity, entity, 'entity'),
      issuedAt: issued,
      start: from,
      end: from + length(row),
      quantiles: decisions.quantile.slice(taken, taken + wanted),
      stock: stock(row),
      onOrder: onOrder(row),
      action: action(row) === 1 ? 'reorder' : 'hold',
      quantity: quantity(row),
      ...(chosen && { choice: chosen }),
      ...(known && { outcome: known }),
    }
    taken += wanted
    return { seq, record }
  })
  if (taken !== decisions.quantile.length) throw new WireError('malformed', 'quantile: more than the rows tell')
  return decoded
}

type Column = {
  [K in keyof Decisions]: Decisions[K] extends (number | bigint)[] ? K : never
}[Exclude<keyof Decisions, '$unknown'>]

const uuidOf = (hex: string) => hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')

/** Takes the choice of row after row: `choice` is 0 where there is none. */
function choiceReader({ choice, chosenAt, chosenQuantity, reason }: Decisions) {
  const count = choice.filter((kind) => kind !== 0).length
  if (reason.length !== count || choice.some((kind) => kind > CHOICES.length)) {
    throw new WireError('malformed', `choice: ${count} rows, ${reason.length} reasons`)
  }
  const [step, quantity] = [cells(chosenAt, count, 'chosen_at'), cells(chosenQuantity, count, 'chosen_quantity')]
  let [at, time] = [0, 0]
  return (kind: number): DecisionChoice | undefined => {
    if (kind === 0) return undefined
    time += step(at)
    return { kind: CHOICES[kind - 1]!, chosenAt: time, quantity: quantity(at), reason: reason[at++]! }
  }
}

/** Takes the outcome of row after row: `outcome` is 0 where it is not known. */
function outcomeReader({ outcome, judgedAt, actual }: Decisions) {
  if (outcome.some((flags) => flags !== 0 && ((flags & KNOWN) === 0 || flags > KNOWN + RAN_OUT + CORRECT))) {
    throw new WireError('malformed', 'outcome: flags that are none')
  }
  const count = outcome.filter((flags) => flags !== 0).length
  const [step, sold] = [cells(judgedAt, count, 'judged_at'), cells(actual, count, 'actual')]
  let [at, time] = [0, 0]
  return (flags: number): DecisionOutcome | undefined => {
    if (flags === 0) return undefined
    time += step(at)
    const stockOut = (flags & RAN_OUT) !== 0
    return { judgedAt: time, actual: sold(at++), stockOut, correct: (flags & CORRECT) !== 0 }
  }
}
