import { type Changes, written } from './change.ts'
import type { Chance } from './random.ts'

/** JSON texts that parsers read differently, or must reject. */
const JSON_ODDITIES: {
  readonly [name: string]: (text: string, chance: Chance) => string | Buffer
} = {
  'white space': (text) => ` ${text.replaceAll(',', ' ,\n\t')}\r\n`,
  'member twice': (text, chance) =>
    text.replace(
      '{',
      `{${chance.pick(['"alg":"none"', '"exp":1', '"kid":"x"', '"iss":"x"', '"y":1,"y":1'])},`,
    ),
  'member twice, escaped': (text) =>
    text.replace('{', '{"\\u0061lg":"none","\\u0065xp":1,'),
  'nested member twice': (text) => text.replace('{', '{"n":{"a":1,"a":2},'),
  'byte order mark': (text) => `\ufeff${text}`,
  'comma at the end': (text) => text.replace(/\}$/, ',}'),
  comment: (text) => `/* */${text}`,
  'something behind': (text, chance) =>
    text + chance.pick(['x', '{}', '\0', ',', ' null']),
  'cut off': (text, chance) => text.slice(0, chance.int(text.length)),
  'lone surrogate': (text) => text.replace('{', '{"s":"\\ud800",'),
  'bytes that are not UTF-8': (text) =>
    Buffer.concat([
      Buffer.from(text.slice(0, -1)),
      Buffer.from(',"u":"'),
      Buffer.from([0xff, 0xc0, 0x80]),
      Buffer.from('"}'),
    ]),
  'an overlong spelling': (text) =>
    Buffer.concat([
      Buffer.from(text.slice(0, -1)),
      Buffer.from(',"u":"'),
      Buffer.from([0xc1, 0xa1]),
      Buffer.from('"}'),
    ]),
  'another top': (text, chance) =>
    chance.pick([`[${text}]`, '"text"', 'null', '1', 'true', '[]', '', '{}']),
  'no number of JSON': (text, chance) =>
    text.replace(
      /:\d+/,
      chance.pick([':NaN', ':Infinity', ':01', ':0x10', ':1.', ':+1', ':-']),
    ),
  'a large number': (text, chance) =>
    text.replace(/:\d+/, chance.pick([':1e400', ':9999999999999999999', ':1E2', ':-0'])),
  'single quotes': (text) => text.replaceAll('"', "'"),
  __proto__: (text) => text.replace('{', '{"__proto__":{"alg":"none","exp":1},'),
  'constructor.prototype': (text) =>
    text.replace('{', '{"constructor":{"prototype":{"x":1}},'),
  'names of Object.prototype': (text) =>
    text.replace('{', '{"toString":1,"hasOwnProperty":2,'),
  'nested deeply': (text, chance) => {
    const levels = 60 + chance.int(8)
    return text.replace('{', `{"d":${'['.repeat(levels)}1${']'.repeat(levels)},`)
  },
  'nested within reason': (text) =>
    text.replace('{', `{"d":${'['.repeat(50)}1${']'.repeat(50)},`),
  'a control character': (text) => text.replace('{', '{"c":"a\u0001b",'),
}

/** Changes of the JSON of header and payload. */
export const JSONS: Changes = Object.fromEntries(
  Object.entries(JSON_ODDITIES).flatMap(([name, write]) => [
    [`header as JSON: ${name}`, written('headerText', write)],
    [`payload as JSON: ${name}`, written('payloadText', write)],
  ]),
)
