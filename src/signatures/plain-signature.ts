import { decodeBase64 } from './base64.ts'
import { type Component, checkCovered, componentOf } from './components.ts'
import type { ReadSignature } from './signature-base.ts'

const LIST = /^([a-z*][a-z\d_.*-]*)=\(((?:"@?[\w-]+"(?: "@?[\w-]+")*)?)\)$/

/** In its one spelling: what is read and serialized again is the same text. */
const INTEGER = '(0|[1-9]\\d{0,14})'
const STRING = '"([ !#-[\\]-~]*)"'
const PARAMETER = /* @__PURE__ */ new RegExp(
  `;(?:created=${INTEGER}|expires=${INTEGER}|nonce=${STRING}|alg=${STRING}|keyid=${STRING}|tag=${STRING})`,
  'y',
)

/**
 * Reads the most usual form of `Signature-Input` and `Signature` in a fraction of the time that a parser of structured fields takes: one
 * signature, of components without parameters, with parameters of RFC 9421 alone.
 *
 * @returns `undefined` for any other text, which may be malformed or not
 * @throws SignatureError as `checkCovered`
 */
export function plainSignature(
  input: string,
  signature: string,
): ReadSignature | undefined {
  const end = input.indexOf(')') + 1
  const list = listIn(input.slice(0, end))
  if (list === undefined) return undefined
  const { label, components } = list
  const bytes = bytesIn(signature, `${label}=:`)
  const params = parametersIn(input, end)
  if (bytes === undefined || params === undefined) return undefined
  const { created, expires, nonce, alg, keyid, tag } = params
  const serialized = input.slice(label.length + 1)
  // Without `...`, which takes as long as reading the parameters.
  return {
    label,
    components,
    serialized,
    created,
    expires,
    nonce,
    alg,
    keyid,
    tag,
    bytes,
  }
}

type PlainList = Pick<ReadSignature, 'label' | 'components'>

/** By their texts: the requests of a client have the same one. */
const LISTS = /* @__PURE__ */ new Map<string, PlainList>()
/** Clients choose the texts. */
const MOST_LISTS = 200
const LONGEST_LIST = 500

function listIn(text: string): PlainList | undefined {
  const known = LISTS.get(text)
  if (known !== undefined) return known
  const [, label, names = ''] = LIST.exec(text) ?? []
  if (label === undefined) return undefined
  const list = { label, components: componentsIn(names) }
  checkCovered(list.components)
  if (text.length <= LONGEST_LIST) remember(text, list)
  return list
}

function remember(text: string, list: PlainList): void {
  if (LISTS.size === MOST_LISTS) LISTS.clear()
  LISTS.set(text, list)
}

/** @param names in quotation marks */
function componentsIn(names: string): readonly Component[] {
  if (names === '') return []
  const each = names.slice(1, -1).split('" "')
  return each.map((name) => componentOf(name))
}

type Named = Pick<
  ReadSignature,
  'created' | 'expires' | 'nonce' | 'alg' | 'keyid' | 'tag'
>

/** @returns `undefined` if one is there twice: only the last one counts */
function parametersIn(text: string, start: number): Named | undefined {
  const values = Array<string | undefined>(6)
  for (let at = start; at < text.length; at = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = at
    const found = PARAMETER.exec(text)
    if (found === null || !isNew(found, values)) return undefined
  }
  const [created, expires, nonce, alg, keyid, tag] = values
  return {
    created: numberIn(created),
    expires: numberIn(expires),
    nonce,
    alg,
    keyid,
    tag,
  }
}

/** Notes the value of the one parameter that was found. @returns whether it has none yet */
function isNew(found: RegExpExecArray, values: (string | undefined)[]): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = found[i + 1]
    if (value === undefined) continue
    if (values[i] !== undefined) return false
    values[i] = value
  }
  return true
}

const numberIn = (digits: string | undefined): number | undefined =>
  digits === undefined ? undefined : Number(digits)

/** @param start of the signature, in front of its base64 */
function bytesIn(signature: string, start: string): Uint8Array | undefined {
  const end = signature.length - 1
  const isWhole = signature.startsWith(start) && signature.endsWith(':')
  if (!isWhole || end < start.length) return undefined
  return decodeBase64(signature.slice(start.length, end))
}
