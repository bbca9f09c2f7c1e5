import type { InnerList, Parameters } from 'structured-headers'

/** A signature as most clients send it. */
export interface PlainSignature {
  readonly label: string
  readonly list: InnerList
  /** The list as it was received, which is also how it is serialized. */
  readonly serialized: string
  readonly bytes: ArrayBuffer
}

const KEY = '[a-z*][a-z\\d_.*-]*'
const NAME = '"@?[\\w-]+"'
/** In its one spelling: what is read and serialized again is the same text. */
const PARAMETER = `;${KEY}=(?:0|[1-9]\\d{0,14}|"[ !#-[\\]-~]*")`
const INPUT = new RegExp(
  `^(${KEY})=(\\(((?:${NAME}(?: ${NAME})*)?)\\)((?:${PARAMETER})*))$`,
)
const SIGNATURE = new RegExp(`^(${KEY})=:([A-Za-z\\d+/]+={0,2}):$`)
const EACH_PARAMETER = new RegExp(`;(${KEY})=(?:(\\d+)|"([^"]*)")`, 'gy')

/**
 * Reads the most usual form of `Signature-Input` and `Signature` in a fifth of the time that a parser of structured fields takes: one
 * signature, of components without parameters.
 *
 * @returns `undefined` for any other text, which may be malformed or not
 */
export function plainSignature(
  input: string,
  signature: string,
): PlainSignature | undefined {
  const [, label, serialized = '', names = '', parameters = ''] = INPUT.exec(input) ?? []
  const [, sameLabel, base64 = ''] = SIGNATURE.exec(signature) ?? []
  if (label === undefined || label !== sameLabel) return undefined
  const params = parametersIn(parameters)
  const bytes = bytesOf(base64)
  if (params === undefined || bytes === undefined) return undefined
  return { label, list: [itemsIn(names), params], serialized, bytes }
}

/** @param names in quotation marks */
function itemsIn(names: string): InnerList[0] {
  if (names === '') return []
  const each = names.slice(1, -1).split('" "')
  return each.map((name) => [name, new Map()])
}

/** @returns `undefined` if one is there twice: only the last one counts */
function parametersIn(text: string): Parameters | undefined {
  const params: Parameters = new Map()
  for (const [, key = '', digits, string = ''] of text.matchAll(EACH_PARAMETER)) {
    if (params.has(key)) return undefined
    params.set(key, digits === undefined ? string : Number(digits))
  }
  return params
}

function bytesOf(base64: string): ArrayBuffer | undefined {
  try {
    const binary = atob(base64)
    const bytes = new Uint8Array(binary.length)
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
    return bytes.buffer
  } catch {
    return undefined
  }
}
