import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  parseHeader,
  REQUEST_ATTRIBUTES,
  serializeHeader,
} from '../../src/hawk/attributes.ts'
import { parseBewit, serializeBewit, takeBewit } from '../../src/hawk/bewit.ts'
import { HawkError } from '../../src/hawk/hawk-error.ts'
import { property } from '../properties/property.ts'

const printable = (without: string) =>
  fc.string({
    unit: fc
      .integer({ min: 0x20, max: 0x7e })
      .map((code) => String.fromCharCode(code))
      .filter((character) => !without.includes(character)),
    minLength: 1,
    maxLength: 40,
  })

const attributes = fc.record(
  Object.fromEntries(REQUEST_ATTRIBUTES.map((name) => [name, printable('"\\')])),
  { requiredKeys: [] },
)

property('a header that is written is read', [attributes], async (_, given) => {
  const names = Object.keys(given)
  if (names.length > 0)
    assert.deepEqual(parseHeader(serializeHeader(given), REQUEST_ATTRIBUTES), {
      ...given,
    })
})

const part = printable('\\')

property(
  'a bewit that is written is read, wherever it stands in the query',
  [
    part,
    part,
    part,
    fc.array(fc.constantFrom<string>('a=1', 'b', '', '%2F'), { maxLength: 4 }),
    fc.nat(4),
  ],
  async (_, id, mac, ext, parameters, place) => {
    const bewit = serializeBewit({ id, exp: '1', mac, ext })
    assert.deepEqual(parseBewit(bewit), { id, exp: '1', mac, ext })
    const query = parameters.toSpliced(place, 0, `bewit=${bewit}`).join('&')
    const left = parameters.length > 0 ? `?${parameters.join('&')}` : ''
    assert.deepEqual(takeBewit(`/x?${query}`), { bewit, resource: `/x${left}` })
  },
)

/** Pieces of which a header may be made to slow a parser down. */
const PIECE = fc.oneof(
  fc.constantFrom(
    'id="a"',
    'id=',
    '="',
    '"',
    ',',
    ' ',
    '\t',
    '\\',
    '=',
    'a',
    '\u00e9',
    '\u0000',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
)

const hostile = fc
  .tuple(fc.array(PIECE, { maxLength: 20 }), fc.integer({ min: 1, max: 300 }))
  .map(([pieces, times]) => `Hawk ${pieces.join('').repeat(times)}`)

/** Characters that the functions of strings look at while a header is read. */
function workOf(header: string): number {
  const { indexOf, slice, includes, trim } = String.prototype
  const { test: matches } = RegExp.prototype
  let work = 0
  const counted = <Rest extends unknown[], Result>(
    original: (...rest: Rest) => Result,
    lengthOf: (text: string, result: Result, rest: Rest) => number,
  ) =>
    function (this: string, ...rest: Rest): Result {
      const result = original.apply(this, rest)
      work += lengthOf(String(this), result, rest)
      return result
    }
  String.prototype.indexOf = counted(indexOf, (text, found, [, from = 0]) =>
    found === -1 ? text.length - from : found - from,
  )
  String.prototype.slice = counted(slice, (_, { length }) => length)
  String.prototype.includes = counted(includes, ({ length }) => length)
  String.prototype.trim = counted(trim, ({ length }) => length)
  RegExp.prototype.test = counted(
    matches,
    (_, __, [text]) => text.length,
  ) as typeof matches
  try {
    parseHeader(header, REQUEST_ATTRIBUTES)
  } catch (error) {
    if (!(error instanceof HawkError)) throw error
    assert.equal(error.status, 400)
  } finally {
    Object.assign(String.prototype, { indexOf, slice, includes, trim })
    RegExp.prototype.test = matches
  }
  return work
}

/** How often each character may be looked at. */
const MOST = 8

property(
  'any header is read with work in proportion to its length, and refused with 400 if at all',
  [hostile],
  async (_, header) => {
    const work = workOf(header)
    assert.ok(work <= MOST * header.length, `${work} for ${header.length}: ${header}`)
  },
  300,
)

test('HK-40: the longest headers are read with work in proportion to their length', () => {
  const list = 'ext="a" '
  for (const piece of ['id="a",', 'a', '="', '"', ' ', 'a=', '\\"', list]) {
    const header = `Hawk ${piece.repeat(4090)}`.slice(0, 4096)
    const work = workOf(header)
    assert.ok(work > 0 && work <= MOST * header.length, `${piece}: ${work}`)
  }
})

test('a longer header is not looked at', () => {
  assert.equal(workOf(`Hawk ${'id="a",'.repeat(100_000)}`), 0)
})
