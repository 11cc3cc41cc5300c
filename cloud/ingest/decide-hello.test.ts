import type { Hello } from '@storecast/shared/wire'
import { describe, expect, it } from 'vitest'
import { type Decision, decideHello, type History, type KnownEpoch, type KnownLink } from './decide-hello.ts'

const NOW = 2_000_000_000_000
const SECONDS = NOW / 1000
const DB = '2b1c8a1e-6f0d-4f4e-9a52-8d5a4c1f0b11'
const OTHER_DB = '3c1c8a1e-6f0d-4f4e-9a52-8d5a4c1f0b11'

/** The device holds link 500 of epoch 100, has sequences up to 50 known, and an acknowledgement of time 900 is unconfirmed. */
const hello: Hello = {
  dbId: DB,
  epoch: 100,
  link: 500,
  nextSeq: 51,
  nonce: 'aaaaaaaaaaaaaaaa',
  session: '1111111111111111',
  acknowledged: [900],
  quarantined: false,
  runs: [
    { first: 1, id: 11 },
    { first: 40, id: 22 },
    { first: 51, id: 33 },
  ],
}
const epoch: KnownEpoch = {
  epoch: 100,
  dbId: DB,
  quarantined: false,
  link: 500,
  committedAt: 400,
  highest: 50,
  runs: [
    { first: 1, id: 11 },
    { first: 40, id: 22 },
  ],
}
const link: KnownLink = {
  epoch: 100,
  link: 500,
  nonce: 'ffffffffffffffff',
  session: '9999999999999999',
  grantedAt: 500,
  commits: [890, 900],
}

const history = (given: Partial<History> = {}): History => ({
  epochs: [epoch],
  answered: undefined,
  held: link,
  before: undefined,
  challenge: undefined,
  ...given,
})
const nothing = history({ epochs: [], held: undefined })

/** What is decided once the challenge, which must come first, is echoed. */
function decideChallenged(given: History, said: Hello): Decision {
  expect(decideHello(given, said, NOW)).toEqual({ kind: 'challenge' })
  const challenge = 'cccccccccccccccc'
  expect(decideHello({ ...given, challenge }, { ...said, challenge: 'dddddddddddddddd' }, NOW)).toEqual({
    kind: 'challenge',
  })
  return decideHello({ ...given, challenge }, { ...said, challenge }, NOW)
}

const opened = (opens: string, more: object = {}) => ({
  kind: 'grant',
  grant: { epoch: SECONDS, link: NOW, quarantined: false, opens, resendSince: undefined, ...more },
})

describe('a hello', () => {
  it('of a device never heard of opens an epoch', () => {
    const first = { ...hello, epoch: 0, link: 0, acknowledged: [] }
    expect(decideChallenged(nothing, first)).toEqual(opened('first-contact'))
  })

  it('under the newest link gets the next one', () => {
    expect(decideHello(history(), hello, NOW)).toEqual({
      kind: 'grant',
      grant: { epoch: 100, link: NOW, quarantined: false, opens: undefined, resendSince: undefined },
    })
  })

  it('gets a link after the last one, and an epoch after the last one, also where the clock has gone back', () => {
    const ahead = { ...epoch, epoch: SECONDS + 5, link: NOW + 7 }
    const held = { ...link, epoch: SECONDS + 5, link: NOW + 7 }
    const given = history({ epochs: [ahead], held })
    const said = { ...hello, epoch: SECONDS + 5, link: NOW + 7 }
    expect(decideHello(given, said, NOW)).toMatchObject({ grant: { epoch: SECONDS + 5, link: NOW + 8 } })
    expect(decideChallenged(given, { ...said, nextSeq: 50 })).toMatchObject({
      grant: { epoch: SECONDS + 6, link: NOW + 8 },
    })
  })

  it('repeated in the same connection gets the same answer, but not once somebody speaks under a later grant', () => {
    const answered = { ...link, nonce: hello.nonce, session: hello.session, resendSince: 7 }
    expect(decideHello(history({ answered }), hello, NOW)).toEqual({
      kind: 'repeat',
      link: answered,
      quarantined: false,
    })
    const later = history({ answered, epochs: [{ ...epoch, link: 501 }] })
    expect(decideHello(later, hello, NOW)).toEqual({ kind: 'ignore' })
  })

  it('repeated in another connection gets the epoch that was granted, under a link of its own', () => {
    const answered = {
      ...link,
      epoch: 200,
      link: 600,
      nonce: hello.nonce,
      session: 'other',
      commits: [],
      resendSince: 7,
    }
    const granted = { ...epoch, epoch: 200, link: 600, highest: 0 }
    const given = history({ answered, epochs: [epoch, granted] })
    expect(decideChallenged(given, hello)).toEqual({
      kind: 'grant',
      grant: { epoch: 200, link: NOW, quarantined: false, opens: undefined, resendSince: 7 },
    })
    // A copy of the disk asked the same, and has used the grant: this one is the older.
    const used = history({ answered: { ...answered, commits: [901] }, epochs: [epoch, granted] })
    expect(decideChallenged(used, hello)).toEqual(opened('fork', { quarantined: true }))
  })

  it('of an unknown database opens an epoch: the disk was replaced', () => {
    const said = { ...hello, dbId: OTHER_DB, epoch: 0, link: 0, acknowledged: [] }
    expect(decideChallenged(history({ held: undefined }), said)).toEqual(opened('new-database'))
  })

  it('of an unknown database with an epoch has it send all: the cloud was restored from before it knew the device', () => {
    const said = { ...hello, epoch: SECONDS + 3 }
    expect(decideChallenged(nothing, said)).toEqual(opened('cloud-restored', { epoch: SECONDS + 4, resendSince: 0 }))
    expect(decideChallenged(nothing, { ...said, quarantined: true })).toMatchObject({ grant: { quarantined: true } })
  })

  it('of an older epoch is a fork: it goes on in quarantine, and stays there', () => {
    const newer = { ...epoch, epoch: 200, link: 600 }
    expect(decideChallenged(history({ epochs: [epoch, newer] }), hello)).toEqual(opened('fork', { quarantined: true }))
    const kept = { ...epoch, epoch: 300, link: 500, quarantined: true }
    const held = { ...link, epoch: 300 }
    const given = history({ epochs: [newer, kept], held })
    expect(decideHello(given, { ...hello, epoch: 300 }, NOW)).toMatchObject({
      grant: { epoch: 300, quarantined: true },
    })
    expect(decideChallenged(given, { ...hello, epoch: 300, nextSeq: 9 })).toMatchObject({
      grant: { quarantined: true, opens: 'restored-image' },
    })
    expect(decideChallenged(given, { ...hello, epoch: 0, link: 0 })).toMatchObject({ grant: { opens: 'fork' } })
  })

  it('under a link that is behind comes from a restored image', () => {
    const given = history({ epochs: [{ ...epoch, link: 501 }] })
    expect(decideChallenged(given, hello)).toEqual(opened('restored-image'))
  })

  it('whose next sequence was heard already comes from a restored image', () => {
    expect(decideChallenged(history(), { ...hello, nextSeq: 50 })).toEqual(opened('restored-image'))
  })

  it('that gave out the highest sequence heard in another run comes from a restored image', () => {
    const runs = [
      { first: 1, id: 11 },
      { first: 45, id: 44 },
    ]
    expect(decideChallenged(history(), { ...hello, runs })).toEqual(opened('restored-image'))
    // What the other run gave out was not heard.
    const given = history({ epochs: [{ ...epoch, highest: 39 }] })
    expect(decideHello(given, { ...hello, runs }, NOW)).toMatchObject({ grant: { epoch: 100, opens: undefined } })
    const after = [...hello.runs, { first: 60, id: 55 }]
    expect(decideHello(history(), { ...hello, nextSeq: 70, runs: after }, NOW)).toMatchObject({ grant: { epoch: 100 } })
  })

  it('under a link ahead shows that the cloud was restored: it adopts the link, and has all sent since its last commit', () => {
    const before = link
    const said = { ...hello, link: 1700 }
    expect(decideChallenged(history({ held: undefined, before }), said)).toEqual({
      kind: 'grant',
      grant: { epoch: 100, link: NOW, quarantined: false, opens: undefined, resendSince: 900 },
    })
  })

  it('under a link ahead does not share an epoch in which somebody has spoken since', () => {
    const epochs = [{ ...epoch, committedAt: 1701 }]
    expect(decideChallenged(history({ held: undefined, before: link, epochs }), { ...hello, link: 1700 })).toEqual(
      opened('cloud-restored', { resendSince: 900 }),
    )
  })

  it('of an epoch ahead shows that the cloud was restored: it adopts the epoch', () => {
    const said = { ...hello, epoch: 150, link: 1700 }
    expect(decideChallenged(history({ held: undefined, before: link }), said)).toEqual(
      opened('cloud-restored', { epoch: 150, resendSince: 900 }),
    )
  })

  it('that remembers an acknowledgement that the cloud does not shows that it was restored, within one link', () => {
    expect(decideChallenged(history(), { ...hello, acknowledged: [890, 895, 900] })).toEqual({
      kind: 'grant',
      grant: { epoch: 100, link: NOW, quarantined: false, opens: undefined, resendSince: 890 },
    })
  })

  it('does not drag the counters beyond what the cloud could have granted', () => {
    const said = { ...hello, epoch: 2 ** 50, link: 2 ** 52 }
    expect(decideChallenged(history({ held: undefined }), said)).toEqual(opened('cloud-restored', { resendSince: 0 }))
    expect(decideChallenged(history({ held: undefined }), { ...hello, link: 2 ** 52 })).toEqual(
      opened('cloud-restored', { resendSince: 0 }),
    )
  })
})
