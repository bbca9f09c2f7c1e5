import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignatureError } from '../../src/signatures/message.ts'
import { readSignatures } from '../../src/signatures/read-signatures.ts'
import {
  checkPolicy,
  type SignaturePolicy,
  verifySignature,
} from '../../src/signatures/verify-signature.ts'
import { keyNamed, messageOf, type Recorded, recordings } from './recordings.ts'

const FIELD_TYPES = { 'example-dict': 'dictionary' } as const

/** What the standard leaves to the verifier, and how it is decided here. */
const DECIDED: Readonly<Record<string, 'valid' | 'invalid'>> = {
  'time/created-a-second-ahead': 'valid',
  'time/expires-now': 'valid',
  'time/created-long-ago': 'valid',
  'shape/input-without-signature-beside-good': 'invalid',
  'shape/signature-without-input-beside-good': 'invalid',
  'shape/two-good': 'valid',
  'shape/good-and-bad': 'invalid',
  'shape/bad-and-good': 'invalid',
  'shape/good-and-unknown-key': 'invalid',
  'shape/two-good-in-two-fields': 'valid',
  'shape/label-twice': 'valid',
  'parameter/unknown': 'valid',
  'policy/required-covered-of-related-request': 'invalid',
}

function policyOf({ policy = {} }: Recorded): SignaturePolicy {
  const { requiredComponents = [], requiredParams = [], maxAge = 1e12 } = policy
  return {
    components: requiredComponents.map((name) => JSON.stringify(name)),
    params: requiredParams,
    tag: undefined,
    maxAge,
    leeway: 2,
  }
}

/** Every signature must be valid, and there must be one. */
function verdictOf(recorded: Recorded): 'valid' | 'invalid' {
  const message = messageOf(recorded)
  try {
    const signatures = readSignatures(message.fields)
    for (const signature of signatures) {
      const key = keyNamed(signature.keyid)
      if (key === undefined) return 'invalid'
      checkPolicy(signature, policyOf(recorded), recorded.now)
      verifySignature(signature, message, key, FIELD_TYPES)
    }
    return signatures.length > 0 ? 'valid' : 'invalid'
  } catch (error) {
    assert.ok(error instanceof SignatureError, String(error))
    return 'invalid'
  }
}

for (const recorded of recordings()) {
  const { id, standard, why = '' } = recorded
  test(`${id} is ${standard} by RFC 9421${why && `: ${why}`}`, () => {
    const short = id.replace('rfc9421/', '')
    const expected = standard === 'depends' ? DECIDED[short] : standard
    assert.equal(verdictOf(recorded), expected)
  })
}
