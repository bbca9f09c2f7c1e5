import { type Explanation, shortened } from './explanation.ts'
import type { ShownRequirement } from './outcomes.ts'

/** Headers of more than this are refused by some servers and proxies, together with the others. */
const LONGEST_HEADER = 4096

/** An explanation in base64url: lists are cut until it fits into a header. */
export function headerOf(explanation: Explanation): string {
  let text = encoded(explanation)
  for (let most = 32; text.length > LONGEST_HEADER && most > 0; most >>= 1)
    text = encoded(cut(explanation, most))
  return text
}

const encoded = (explanation: Explanation): string =>
  Buffer.from(JSON.stringify(explanation)).toString('base64url')

/** @param most the entries that each list keeps */
function cut(explanation: Explanation, most: number): Explanation {
  const { requirement, principal, schemes } = explanation
  return {
    ...explanation,
    schemes: schemes.slice(0, most),
    ...(principal && {
      principal: { ...principal, scopes: principal.scopes.slice(0, most) },
    }),
    ...(requirement && { requirement: cutRequirement(requirement, most) }),
    truncated: true,
  }
}

/** Keeps what denied: that is what the reader looks for. */
function cutRequirement(requirement: ShownRequirement, most: number): ShownRequirement {
  if (requirement.kind === 'permission')
    return { ...requirement, name: shortened(requirement.name) }
  const { kind, outcome, of } = requirement
  const denied = of.filter((each) => each.outcome === 'denied').slice(0, most)
  const others = of.filter((each) => each.outcome !== 'denied')
  const kept = new Set([...denied, ...others.slice(0, most - denied.length)])
  const parts = of.filter((each) => kept.has(each))
  return { kind, outcome, of: parts.map((each) => cutRequirement(each, most >> 1)) }
}
