import type { Random } from '../base/random.ts'

/** Without vowels, so that no words appear, and without letters that look alike. */
const LETTERS = '23456789bcdfghjkmnpqrstvwxz'
const GROUPS = 4
const GROUP_LENGTH = 4

/** A password that is easy to read aloud: four groups of four, 76 bits. */
export function readablePassword(random: Random): string {
  const letters: string[] = []
  while (letters.length < GROUPS * GROUP_LENGTH)
    letters.push(...lettersOf(random(GROUPS * GROUP_LENGTH)))
  return Array.from({ length: GROUPS }, (_, group) =>
    letters.slice(group * GROUP_LENGTH, (group + 1) * GROUP_LENGTH).join(''),
  ).join('-')
}

/** Bytes above the largest multiple of the alphabet are skipped: they would make some letters likelier. */
const lettersOf = (bytes: Uint8Array): readonly string[] =>
  [...bytes]
    .filter((byte) => byte < 256 - (256 % LETTERS.length))
    .map((byte) => LETTERS.charAt(byte % LETTERS.length))
