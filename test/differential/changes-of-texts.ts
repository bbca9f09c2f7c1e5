import { ALPHABET, type Changes, finished, spelled } from './change.ts'
import type { Chance } from './random.ts'

type TextChange = (text: string, chance: Chance) => string

/** Changes one segment. */
const segment =
  (change: TextChange): TextChange =>
  (token, chance) => {
    const segments = token.split('.')
    const index = chance.int(segments.length)
    segments[index] = change(segments[index]!, chance)
    return segments.join('.')
  }

function inserted(text: string, chance: Chance, what: readonly string[]): string {
  const at = chance.int(text.length + 1)
  return text.slice(0, at) + chance.pick(what) + text.slice(at)
}

const padded: TextChange = (text) => text.padEnd(Math.ceil(text.length / 4) * 4, '=')

/** The same bytes, with unused bits set in the last character. */
const withSpareBits: TextChange = (text) => {
  const spare = [1, 1, 16, 4][text.length % 4]!
  const last = ALPHABET.indexOf(text.at(-1) ?? 'A')
  return text.slice(0, -1) + ALPHABET[last - (last % spare) + ((last + 1) % spare)]
}

const WHITE = [' ', '\n', '\r\n', '\t', '\u00a0']
const FOREIGN = ['!', '%', '"', '\0', 'é', '－', '💧', '\ud800', '~']

/** Changes of a finished token. */
export const TEXTS: Changes = {
  'text: padding': finished(segment(padded)),
  'signed text: padding': spelled(padded),
  'signed text: spare bits': spelled(withSpareBits),
  'signed text: white space': spelled((text, chance) => inserted(text, chance, WHITE)),
  'signed text: standard alphabet': spelled((text) =>
    text.replaceAll('-', '+').replaceAll('_', '/'),
  ),
  'signed text: foreign character': spelled((text, chance) =>
    inserted(text, chance, FOREIGN),
  ),
  'text: one equals sign': finished((token, chance) => inserted(token, chance, ['='])),
  'text: standard alphabet': finished((token) =>
    token.replaceAll('-', '+').replaceAll('_', '/'),
  ),
  'text: white space within': finished((token, chance) => inserted(token, chance, WHITE)),
  'text: white space around': finished((token, chance) =>
    chance.pick([` ${token}`, `${token}\n`, `${token} `]),
  ),
  'text: foreign character': finished((token, chance) =>
    inserted(token, chance, FOREIGN),
  ),
  'text: a letter within': finished((token, chance) =>
    inserted(token, chance, ALPHABET.split('')),
  ),
  'text: a letter changed': finished((token, chance) => {
    const at = chance.int(token.length)
    return token.slice(0, at) + chance.pick(ALPHABET.split('')) + token.slice(at + 1)
  }),
  'text: spare bits': finished(segment(withSpareBits)),
  'text: a dot': finished((token, chance) => inserted(token, chance, ['.'])),
  'text: a segment more': finished((token, chance) =>
    chance.pick([`${token}.`, `.${token}`, `${token}.e30`, `${token}..`]),
  ),
  'text: a segment less': finished((token) => token.slice(0, token.lastIndexOf('.'))),
  'text: no signature': finished((token) => token.slice(0, token.lastIndexOf('.') + 1)),
  'text: a segment empty': finished(segment(() => '')),
  'text: segments in another order': finished((token) =>
    token.split('.').reverse().join('.'),
  ),
  'text: cut off': finished((token, chance) => token.slice(0, chance.int(token.length))),
  'text: cut off in front': finished((token, chance) =>
    token.slice(chance.int(token.length)),
  ),
  'text: twice': finished((token) => token + token),
  'text: other case': finished(segment((text) => text.toLowerCase())),
  'text: percent-encoded': finished((token) => token.replaceAll('.', '%2E')),
  'text: quoted': finished((token) => `"${token}"`),
  'text: with its scheme': finished((token) => `Bearer ${token}`),
  'text: as JSON': finished((token) => {
    const [protectedHeader, payload, signature] = token.split('.')
    return JSON.stringify({ protected: protectedHeader, payload, signature })
  }),
}
