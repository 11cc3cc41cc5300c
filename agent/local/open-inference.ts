import type { TensorSpec } from '@storecast/shared/contracts'
import { z } from 'zod'
import { float32, int64, type Tensor, type Tensors } from '../inference/index.ts'
import { HttpError } from './errors.ts'

/**
 * Open Inference Protocol v2 (https://github.com/kserve/open-inference-protocol), JSON tensors: between requests and
 * responses as they travel and the tensors the model hosts take. Pure.
 */

const datatypes = { float32: 'FP32', int64: 'INT64' } as const

const InferRequest = z.object({
  id: z.string().max(256).optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
  inputs: z
    .array(
      z.object({
        name: z.string().min(1).max(64),
        shape: z.array(z.int().nonnegative()).max(8),
        datatype: z.string(),
        parameters: z.record(z.string(), z.unknown()).optional(),
        /** Flat in row-major order, or nested as the shape has it. */
        data: z.array(z.unknown()),
      }),
    )
    .min(1)
    .max(64),
  outputs: z
    .array(z.object({ name: z.string().min(1).max(64) }))
    .max(64)
    .optional(),
})

export interface InferCall {
  readonly id: string | undefined
  readonly inputs: Tensors
  /** Names asked for; undefined: all. */
  readonly outputs: readonly string[] | undefined
}

/** @throws HttpError 400 that names the tensor and what it should be */
export function decodeInferRequest(body: Uint8Array): InferCall {
  const parsed = InferRequest.safeParse(parseJson(body))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw bad('bad-request', `${issue?.path.join('.') || 'the body'}: ${issue?.message}`)
  }
  const { id, inputs, outputs } = parsed.data
  const tensors: [string, Tensor][] = inputs.map(({ name, ...tensor }) => [name, decodeTensor(name, tensor)])
  if (new Set(tensors.map(([name]) => name)).size < tensors.length) throw bad('bad-tensor', 'two inputs have one name')
  return { id, inputs: Object.fromEntries(tensors), outputs: outputs?.map(({ name }) => name) }
}

/** `outputs` as a response carries them, flat. */
export function encodeInferResponse(options: {
  readonly model: string
  readonly version: number
  readonly call: InferCall
  readonly outputs: Tensors
}): object {
  const { model, version, call, outputs } = options
  const names = call.outputs ?? Object.keys(outputs)
  return {
    model_name: model,
    model_version: String(version),
    ...(call.id === undefined ? {} : { id: call.id }),
    outputs: names.map((name) => {
      const tensor = Object.hasOwn(outputs, name) ? outputs[name] : undefined
      if (!tensor)
        throw bad(
          'unknown-output',
          `there is no output ${JSON.stringify(name)}: it has ${Object.keys(outputs).join(', ')}`,
        )
      return { name, shape: tensor.shape, datatype: datatypes[tensor.type], data: encodeData(name, tensor) }
    }),
  }
}

/** A tensor of a model's metadata; a free dimension is -1. */
export const tensorMetadata = ({ name, type, shape }: TensorSpec) => ({
  name,
  datatype: datatypes[type],
  shape: shape.map((dim) => (typeof dim === 'number' ? dim : -1)),
})

function decodeTensor(name: string, tensor: { shape: number[]; datatype: string; data: unknown[] }): Tensor {
  const { shape, datatype, data } = tensor
  const size = shape.reduce((product, dim) => product * dim, 1)
  if (!Number.isSafeInteger(size)) throw bad('bad-tensor', `input ${name}: shape [${shape}] is beyond all bounds`)
  const flat = Array.isArray(data[0]) ? flatten(name, data, shape) : data
  if (flat.length !== size) {
    throw bad('bad-tensor', `input ${name}: ${flat.length} values came, its shape [${shape}] takes ${size}`)
  }
  if (datatype === 'FP32')
    return float32(
      shape,
      Float32Array.from(flat, (value, i) => asFloat(name, value, i)),
    )
  if (datatype === 'INT64')
    return int64(
      shape,
      BigInt64Array.from(flat, (value, i) => asInteger(name, value, i)),
    )
  throw bad(
    'unsupported-datatype',
    `input ${name}: datatype ${JSON.stringify(datatype.slice(0, 16))}; give FP32 or INT64`,
  )
}

/** Row-major values of a nested array that has exactly this shape. */
function flatten(name: string, data: unknown, shape: readonly number[]): unknown[] {
  const [rows, ...rest] = shape
  if (rows === undefined) return [data]
  if (!Array.isArray(data) || data.length !== rows) {
    throw bad('bad-tensor', `input ${name}: the nested data do not have the shape [${shape}] that is declared`)
  }
  return rest.length === 0 ? data : data.flatMap((row) => flatten(name, row, rest))
}

function asFloat(name: string, value: unknown, i: number): number {
  if (typeof value === 'number' && Number.isFinite(Math.fround(value))) return value
  throw bad('bad-tensor', `input ${name}[${i}]: ${shown(value)} is no finite FP32 number`)
}

function asInteger(name: string, value: unknown, i: number): bigint {
  if (Number.isSafeInteger(value)) return BigInt(value as number)
  throw bad('bad-tensor', `input ${name}[${i}]: ${shown(value)} is no integer that JSON carries exactly`)
}

function encodeData(name: string, { type, data }: Tensor): number[] {
  const values = Array.from<number | bigint, number>(data, Number)
  const exact = type === 'int64' ? Number.isSafeInteger : Number.isFinite
  const odd = values.findIndex((value) => !exact(value))
  if (odd < 0) return values
  const message = `output ${name}[${odd}] is ${data[odd]}, which JSON cannot carry: check the inputs`
  throw new HttpError(422, { code: 'output-not-finite', message })
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    throw new HttpError(
      400,
      { code: 'bad-json', message: `the body is not JSON: ${(cause as Error).message}` },
      { cause },
    )
  }
}

const bad = (code: string, message: string) => new HttpError(400, { code, message })
const shown = (value: unknown) => (JSON.stringify(value) ?? String(value)).slice(0, 40)
