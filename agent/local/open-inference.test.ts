import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { float32, int64 } from '../inference/index.ts'
import { HttpError } from './errors.ts'
import { decodeInferRequest, encodeInferResponse, tensorMetadata } from './open-inference.ts'

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const x = { name: 'x', shape: [2, 2], datatype: 'FP32', data: [1, 2, 3, 4] }
const codeOf = (body: Uint8Array) => {
  try {
    decodeInferRequest(body)
  } catch (error) {
    if (error instanceof HttpError && error.status === 400) return error.code
    throw error
  }
  return 'fine'
}

describe('decodeInferRequest', () => {
  it('takes flat and nested data', () => {
    const flat = decodeInferRequest(encode({ id: 'a', inputs: [x], outputs: [{ name: 'y' }] }))
    expect(flat).toEqual({ id: 'a', outputs: ['y'], inputs: { x: float32([2, 2], Float32Array.of(1, 2, 3, 4)) } })
    const nested = [
      [1, 2],
      [3, 4],
    ]
    expect(decodeInferRequest(encode({ inputs: [{ ...x, data: nested }] })).inputs).toEqual(flat.inputs)
    const whole = { name: 'n', shape: [1, 1], datatype: 'INT64', data: [[-9007199254740991]] }
    expect(decodeInferRequest(encode({ inputs: [whole] })).inputs.n).toEqual(
      int64([1, 1], BigInt64Array.of(-9007199254740991n)),
    )
  })

  it.each([
    ['bad-json', '{'],
    ['bad-json', '\u0000'],
    ['bad-request', '[]'],
    ['bad-request', '{"inputs":[]}'],
    ['bad-request', JSON.stringify({ inputs: [{ ...x, shape: [-1, 2] }] })],
    ['bad-request', JSON.stringify({ inputs: [{ ...x, data: 'binary' }] })],
    ['bad-tensor', JSON.stringify({ inputs: [{ ...x, shape: [3, 2] }] })],
    ['bad-tensor', JSON.stringify({ inputs: [{ ...x, data: [[1, 2, 3], [4]] }] })],
    ['bad-tensor', JSON.stringify({ inputs: [{ ...x, data: [1, 2, 3, null] }] })],
    ['bad-tensor', JSON.stringify({ inputs: [{ ...x, data: [1, 2, 3, '4'] }] })],
    ['bad-tensor', JSON.stringify({ inputs: [{ ...x, data: [1, 2, 3, 1e39] }] })],
    ['bad-tensor', JSON.stringify({ inputs: [{ ...x, datatype: 'INT64', data: [1, 2, 3, 4.5] }] })],
    ['bad-tensor', JSON.stringify({ inputs: [{ ...x, datatype: 'INT64', data: [1, 2, 3, 2 ** 53] }] })],
    ['bad-tensor', JSON.stringify({ inputs: [x, x] })],
    ['bad-tensor', JSON.stringify({ inputs: [{ ...x, shape: [2 ** 40, 2 ** 40] }] })],
    ['unsupported-datatype', JSON.stringify({ inputs: [{ ...x, datatype: 'FP64' }] })],
  ])('answers %s to %s', (code, body) => {
    expect(codeOf(new TextEncoder().encode(body))).toBe(code)
  })

  it('answers any JSON, and any bytes, with a request or an error of the caller', () => {
    fc.assert(fc.property(fc.json(), (text) => void codeOf(new TextEncoder().encode(text))))
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void codeOf(bytes)))
    const tensor = fc.record({
      name: fc.string(),
      shape: fc.array(fc.oneof(fc.nat(4), fc.double())),
      datatype: fc.constantFrom('FP32', 'INT64', 'BYTES'),
      data: fc.array(fc.oneof(fc.double(), fc.integer(), fc.string(), fc.array(fc.double()))),
    })
    fc.assert(fc.property(fc.array(tensor), (inputs) => void codeOf(encode({ inputs }))))
  })
})

describe('encodeInferResponse', () => {
  const options = { model: 'demand', version: 3, call: { id: undefined, inputs: {}, outputs: undefined } }
  it('gives every output, or those asked for', () => {
    const outputs = { y: float32([1, 2], Float32Array.of(0.5, 1)), n: int64([1], BigInt64Array.of(7n)) }
    const n = { name: 'n', shape: [1], datatype: 'INT64', data: [7] }
    expect(encodeInferResponse({ ...options, outputs })).toEqual({
      model_name: 'demand',
      model_version: '3',
      outputs: [{ name: 'y', shape: [1, 2], datatype: 'FP32', data: [0.5, 1] }, n],
    })
    const call = { id: 'b', inputs: {}, outputs: ['n'] }
    expect(encodeInferResponse({ ...options, call, outputs })).toMatchObject({ id: 'b', outputs: [n] })
    expect(() => encodeInferResponse({ ...options, call: { ...call, outputs: ['toString'] }, outputs })).toThrow(
      'there is no output "toString"',
    )
  })

  it('refuses what JSON cannot carry', () => {
    const outputs = { y: float32([1], Float32Array.of(Number.NaN)) }
    expect(() => encodeInferResponse({ ...options, outputs })).toThrow('which JSON cannot carry')
  })
})

describe('tensorMetadata', () => {
  it('writes a free dimension as -1', () => {
    expect(tensorMetadata({ name: 'x', type: 'float32', shape: ['N', 3] })).toEqual({
      name: 'x',
      datatype: 'FP32',
      shape: [-1, 3],
    })
  })
})
