/**
 * The fingerprint of RSA keys that faulty hardware made and that can be factored (ROCA, CVE-2017-15361): modulo each of these
 * primes, the modulus is a power of 65537. That is so for one in 2^150 other keys.
 */
const PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89,
  97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
]

const GENERATOR = 65_537

const powersModulo = (prime: number): ReadonlySet<number> => {
  const powers = new Set<number>()
  for (let power = 1; !powers.has(power); power = (power * GENERATOR) % prime)
    powers.add(power)
  return powers
}

export const isRoca = (modulus: bigint): boolean =>
  PRIMES.every((prime) => powersModulo(prime).has(Number(modulus % BigInt(prime))))
