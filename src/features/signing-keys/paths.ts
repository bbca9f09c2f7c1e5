/** Below the path of the pages of accounts. */
export const NEW_KEY_PATH = '/signing-keys/new/'
export const REVOKE_KEY_PATH = '/signing-keys/:id/revoke/'
