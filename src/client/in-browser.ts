/** What bundlers for browsers take for the root of the package. */
export const watchword = (): never => {
  throw new Error('watchword runs on a server: in a browser import "watchword/client".')
}

watchword()
