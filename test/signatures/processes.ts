import { draftCavage, httpSignature } from '../../src/authentication.ts'

/** The public address of the processes. */
export const ORIGIN = 'https://api.example.com'

/** @param database a file */
export const optionsFor = (database: string) => ({
  database: `sqlite:${database}`,
  secret: 'a secret of the tests of signed requests, which is long enough',
  url: ORIGIN,
  authentication: [draftCavage(), httpSignature()],
})
