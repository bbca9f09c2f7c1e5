/** Whether a request is a CORS preflight (Fetch §3.3.5): a browser asks whether a page may send the request that follows. */
export const isPreflight = (request: {
  readonly method: string | undefined
  header(name: string): unknown
}): boolean =>
  request.method === 'OPTIONS' &&
  request.header('origin') !== undefined &&
  request.header('access-control-request-method') !== undefined
