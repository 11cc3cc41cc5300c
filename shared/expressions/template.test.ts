import { describe, expect, it } from 'vitest'
import { compileTemplate, type Json } from './template.ts'

const fill = (
  template: Json,
  variables = { alert: { name: 'Ä "b" \\ {c}', n: 3, list: [1, 2], labels: { a: 'x' } } },
) => compileTemplate(template, ['alert'])(variables)

describe('a template', () => {
  it('fills texts in JSON, and nothing that is filled in leaves its text', () => {
    const body = {
      message: 'It is {{alert.name}}, {{alert.n}} times',
      to: [{ name: '{{alert.name}}' }],
      on: true,
      n: null,
    }
    expect(fill(body)).toEqual({
      value: { message: 'It is Ä "b" \\ {c}, 3 times', to: [{ name: 'Ä "b" \\ {c}' }], on: true, n: null },
    })
  })

  it('keeps the type of a single expression', () => {
    expect(fill('{{alert.n}}')).toEqual({ value: 3 })
    expect(fill('{{alert.list}}')).toEqual({ value: [1, 2] })
    expect(fill('{{size(alert.list)}}')).toEqual({ value: 2 })
    expect(fill('{{alert.labels}}')).toEqual({ value: { a: 'x' } })
    expect(fill('{{ {"k": alert.n > 2.0 ? "}}" : "{"} }}')).toEqual({ value: { k: '}}' } })
    expect(fill(' {{alert.list}}')).toEqual({ value: ' [1,2]' })
  })

  it('leaves single braces, and takes double ones from an expression', () => {
    expect(fill('{a} }} {{"{{"}}')).toEqual({ value: '{a} }} {{' })
    expect(fill('')).toEqual({ value: '' })
  })

  it('encodes what is filled into a text', () => {
    const url = compileTemplate('https://a/{{alert.name}}/b', ['alert'], encodeURIComponent)
    expect(url({ alert: { name: 'x/../y?z' } })).toEqual({ value: 'https://a/x%2F..%2Fy%3Fz/b' })
  })

  it('refuses what can never be filled, and says what could not be', () => {
    expect(() => fill('{{alert.n}')).toThrow(/has no "}}"/)
    expect(() => fill('{{other.n}}')).toThrow(/no "other"/)
    expect(() => fill({ a: ['{{1 +}}'] })).toThrow()
    expect(fill({ a: ['{{alert.missing}}'] })).toEqual({ error: expect.stringContaining('missing') })
  })
})
