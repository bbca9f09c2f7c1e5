/** What the processes of a test have in common: the public address is that of a proxy in front of them. */
export const SHARED = {
  url: 'https://api.example.com',
  secret: 'a secret of the tests of Hawk, which is long enough',
} as const
