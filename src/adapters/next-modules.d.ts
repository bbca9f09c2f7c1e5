/**
 * What `watchword/next` uses of Next: this package is built without it, and is published without this file. A program that
 * uses Next has the real ones.
 */
declare module 'next/headers.js' {
  export function headers(): Promise<Headers>
}

declare module 'next/navigation.js' {
  export function unauthorized(): never
  export function forbidden(): never
  export function redirect(path: string): never
}

declare module 'next/server.js' {
  /** What it adds to a request is for its users. */
  export interface NextRequest extends Request {}
}
