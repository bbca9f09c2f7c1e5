import type { HttpAttack } from './corpus.ts'
import { textOf } from './corpus.ts'

/**
 * Requests to which the wire of Simple JWT gives a more lenient answer than the corpus expects. Each must get exactly the
 * answer of an equivalent plain request.
 */
interface WireRule {
  /** Its source. */
  readonly because: string
  /** The plain request, or `undefined` if the rule does not apply. */
  readonly plain: (attack: HttpAttack) => HttpAttack | undefined
}

const WIRE_RULES: readonly WireRule[] = [
  {
    because:
      'words of the Authorization header are parted by any white space of ASCII, as Django parts them',
    plain(attack) {
      const headers = attack.headers.map(([name, value]) => {
        const words = /^authorization$/i.test(name)
          ? /^(\S+)[\t\v\f]+(\S+)$/.exec(textOf(value))
          : null
        return words === null
          ? ([name, value] as const)
          : ([name, `${words[1]} ${words[2]}`] as const)
      })
      return JSON.stringify(headers) === JSON.stringify(attack.headers)
        ? undefined
        : { ...attack, headers }
    },
  },
  {
    because:
      'a number in a field of text is taken as its text, as serializers of Django REST framework take it',
    plain(attack) {
      if (typeof attack.body !== 'string') return undefined
      const body = attack.body.replace(
        /("(?:username|password|refresh|token)":)(-?\d+)(?=[,}])/g,
        '$1"$2"',
      )
      return body === attack.body ? undefined : { ...attack, body }
    },
  },
]

/** The rule that applies to a request, and the plain request whose answer it must get. */
export function wireRuleFor(
  attack: HttpAttack,
): { readonly because: string; readonly plain: HttpAttack } | undefined {
  for (const { because, plain } of WIRE_RULES) {
    const simple = plain(attack)
    if (simple !== undefined) return { because, plain: simple }
  }
  return undefined
}
