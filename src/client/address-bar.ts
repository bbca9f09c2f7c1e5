import { type Platform, tried } from './platform.ts'

/** Removes the token of a link from the address, and from the history. */
export function hideToken({ location, history }: Platform, token: unknown): void {
  if (token && location?.href.includes(String(token)))
    history?.replaceState(history.state, '', location.href.replace(/[?#].*/, ''))
}

/** Whether this page's cookies are those of the API. */
export const isOfThisPage = ({ document, location }: Platform, base: string): boolean =>
  document !== undefined &&
  tried(() => new URL(location?.href ?? '').host) === new URL(base).host
