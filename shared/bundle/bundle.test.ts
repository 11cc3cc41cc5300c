import fc from 'fast-check'
import { createTar } from 'nanotar'
import { describe, expect, it } from 'vitest'
import { ModelDefinition } from '../contracts/index.ts'
import { BUNDLE_LIMITS, BundleError, openBundle, packBundle } from './index.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)

const definition = ModelDefinition.parse({
  apiVersion: 'storecast/v1',
  kind: 'ModelDefinition',
  metadata: { name: 'demand' },
  spec: {
    view: {
      kind: 'daily-demand',
      target: 'sales',
      censoredBy: 'stockout',
      statics: {},
      knownAhead: { entity: [], site: [] },
    },
    horizon: 24,
    network: { kind: 'seasonal-naive' },
  },
})
const manifest: Parameters<typeof packBundle>[0]['manifest'] = {
  format: 1,
  definition,
  precision: 'float32',
  inputs: [{ name: 'features', type: 'float32', shape: ['N', 1] }],
  outputs: [{ name: 'mean', type: 'float32', shape: ['N'] }],
  vocabulary: {},
  features: ['lag7'],
  metrics: { wape: 0.3 },
  baseline: { wape: 0.4 },
  lineage: {
    dataset: { sha256: 'a'.repeat(64), rows: 1, from: '2026-01-01', to: '2026-01-31' },
    trainedAt: '2026-02-01T00:00:00Z',
    seconds: 1,
    storecast: '0.1.0',
  },
  quantization: null,
}
const golden = utf8(
  JSON.stringify({
    tolerance: { absolute: 1e-4, relative: 1e-3 },
    cases: [
      {
        inputs: { features: { type: 'float32', shape: [1, 1], data: [2] } },
        outputs: { mean: { type: 'float32', shape: [1], data: [2] } },
      },
    ],
  }),
)
const files = { 'model.onnx': utf8('onnx'), 'golden.json': golden, 'card.md': utf8('# demand\n') }

const codeOf = (act: () => unknown) => {
  try {
    act()
  } catch (error) {
    if (error instanceof BundleError) return error.code
    throw error
  }
  return 'opened'
}

describe('packBundle', () => {
  it('gives back what was packed', () => {
    const bundle = openBundle(packBundle({ manifest, files }))
    expect(bundle.model).toEqual(files['model.onnx'])
    expect(bundle.manifest.definition).toEqual(definition)
    expect(Object.keys(bundle.manifest.files).sort()).toEqual(['card.md', 'golden.json', 'model.onnx'])
    expect(bundle.golden.cases).toHaveLength(1)
    expect([bundle.warmup, bundle.reference]).toEqual([null, null])
  })

  it('gives the same bytes whatever the order of files', () => {
    const reversed = Object.fromEntries(Object.entries(files).reverse())
    expect(packBundle({ manifest, files: reversed })).toEqual(packBundle({ manifest, files }))
  })

  it('keeps any content, an empty file too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (model) => {
        const packed = packBundle({ manifest, files: { ...files, 'model.onnx': model } })
        expect(openBundle(packed).model).toEqual(model)
      }),
    )
  })

  it('refuses to pack what could not be opened', () => {
    expect(codeOf(() => packBundle({ manifest, files: { 'golden.json': golden } }))).toBe('missing-file')
    expect(codeOf(() => packBundle({ manifest, files: { ...files, 'a folder/x': utf8('') } }))).toBe('not-a-bundle')
    expect(codeOf(() => packBundle({ manifest, files: { ...files, 'golden.json': utf8('{}') } }))).toBe(
      'invalid-document',
    )
    expect(codeOf(() => packBundle({ manifest, files: { ...files, 'warmup.json': utf8('[]') } }))).toBe(
      'invalid-document',
    )
  })
})

describe('openBundle', () => {
  const packed = packBundle({ manifest, files })
  const text = new TextDecoder('latin1').decode(packed)

  it('reads a view into a larger buffer', () => {
    const larger = new Uint8Array(packed.length + 700)
    larger.set(packed, 333)
    expect(openBundle(larger.subarray(333, 333 + packed.length)).model).toEqual(files['model.onnx'])
  })

  it('tells a changed file from its digest', () => {
    const at = text.indexOf('# demand')
    const changed = packed.slice()
    changed[at] = 0x21
    expect(codeOf(() => openBundle(changed))).toBe('digest-mismatch')
  })

  it('tells a file that the manifest does not list, and one it lists in vain', () => {
    const entries = Object.entries(openBundle(packed).files).map(([name, data]) => ({ name, data }))
    expect(codeOf(() => openBundle(createTar([...entries, { name: 'extra.bin', data: utf8('x') }])))).toBe(
      'digest-mismatch',
    )
    expect(codeOf(() => openBundle(createTar(entries.filter((e) => e.name !== 'card.md'))))).toBe('missing-file')
    expect(codeOf(() => openBundle(createTar([...entries, entries[0]!])))).toBe('not-a-bundle')
    expect(codeOf(() => openBundle(createTar([...entries, { name: 'folder' }])))).toBe('not-a-bundle')
    const many = Array.from({ length: BUNDLE_LIMITS.files + 1 }, (_, i) => ({ name: `f${i}`, data: utf8('x') }))
    expect(codeOf(() => openBundle(createTar(many)))).toBe('not-a-bundle')
  })

  it('refuses what is over the cap before parsing it', () => {
    expect(codeOf(() => openBundle(new Uint8Array(BUNDLE_LIMITS.archive + 1)))).toBe('too-large')
  })

  it('answers any bytes with a bundle error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), (bytes) => {
        expect(codeOf(() => openBundle(bytes))).not.toBe('opened')
      }),
    )
  })

  it('answers a cut-short bundle with a bundle error', () => {
    const content = text.lastIndexOf('onnx') + 4
    fc.assert(
      fc.property(fc.nat(content - 1), (length) => {
        expect(codeOf(() => openBundle(packed.slice(0, length)))).not.toBe('opened')
      }),
    )
  })

  it('never takes changed content for good, and answers any damage with a bundle error', () => {
    fc.assert(
      fc.property(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = packed.slice()
        damaged[at]! ^= flip
        const result = codeOf(() => {
          const { files: opened } = openBundle(damaged)
          for (const [name, data] of Object.entries(files)) expect(opened[name]).toEqual(data)
        })
        expect(result).toBeTypeOf('string')
      }),
      { numRuns: 500 },
    )
  })

  it('does not take a JSON document over its cap', () => {
    const large = utf8(' '.repeat(BUNDLE_LIMITS.document + 1))
    expect(codeOf(() => openBundle(createTar([{ name: 'manifest.json', data: large }])))).toBe('too-large')
  })
})
