/** `2027-03-02T09:30:00.123000Z`, as Django REST framework writes a time. */
export const isoWithMicroseconds = (date: Date): string =>
  date.toISOString().replace('Z', '000Z')
