import {
  type Dictionary,
  type InnerList,
  type Item,
  isInnerList,
  parseDictionary,
  parseItem,
  parseList,
  serializeDictionary,
  serializeInnerList,
  serializeItem,
  serializeList,
} from 'structured-headers'
import { SignatureError } from './message.ts'

export type FieldType = 'dictionary' | 'list' | 'item'

/** Fields of the HTTP standards that are structured (RFC 9651); all that `sf` may re-serialize unless more are named. */
export const STRUCTURED_FIELDS: Readonly<Record<string, FieldType>> = {
  'accept-signature': 'dictionary',
  'cache-status': 'list',
  'client-cert': 'item',
  'client-cert-chain': 'list',
  'content-digest': 'dictionary',
  priority: 'dictionary',
  'proxy-status': 'list',
  'repr-digest': 'dictionary',
  signature: 'dictionary',
  'signature-input': 'dictionary',
  'want-content-digest': 'dictionary',
  'want-repr-digest': 'dictionary',
}

const STRICT: Readonly<Record<FieldType, (text: string) => string>> = {
  dictionary: (text) => serializeDictionary(parseDictionary(text)),
  list: (text) => serializeList(parseList(text)),
  item: (text) => serializeItem(parseItem(text)),
}

/** The strict serialization of a structured field (RFC 9421 §2.1.1). @throws SignatureError */
export const strictly = (type: FieldType, text: string): string =>
  wellFormed(() => STRICT[type](text))

/** @throws SignatureError */
export const dictionaryOf = (text: string): Dictionary =>
  wellFormed(() => parseDictionary(text))

/** The strict serialization of a member of a dictionary. */
export const serializeMember = (member: Item | InnerList): string =>
  isInnerList(member) ? serializeInnerList(member) : serializeItem(member)

/** The library reports a text that is malformed by an error of its own. */
function wellFormed<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new SignatureError('A structured field is malformed.', { cause: error })
  }
}
