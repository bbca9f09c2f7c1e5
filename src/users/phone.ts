/** ITU-T E.164: "+", a country code, and no more than 15 digits in total. */
const SHAPE = /^\+[1-9]\d{6,14}$/

/** Validates a phone number. The form is strict, so that a number has one spelling. @returns the message if it is invalid */
export function phoneFault(number: string): string | undefined {
  if (SHAPE.test(number)) return undefined
  return 'Enter a phone number with its country code and without spaces, such as +351912345678.'
}
