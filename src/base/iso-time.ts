/** A moment as ISO 8601 writes it, in milliseconds: `2027-03-02T09:30:00.000Z`. @param moment seconds since 1970 */
export const isoTime = (moment: number): string =>
  new Date(Math.round(moment * 1000)).toISOString()

/** @returns `null`, as JSON has it, if there is no moment */
export function isoTimeOrNull(moment: number | undefined): string | null {
  if (moment === undefined) return null
  return isoTime(moment)
}
