import { encodings } from '../passwords/encodings.ts'

/** Argon2id at the lowest cost that it has (RFC 9106 §3.1): full cost would be most of a test's time. */
export const CHEAP_PASSWORDS = encodings({ memory: 8, passes: 1, lanes: 1 })
