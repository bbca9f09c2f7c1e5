/** Our error codes for the classes that vectors and attacks name otherwise. */
const CODES: { readonly [name: string]: string } = {
  config_refused: 'invalid_config',
  key_refused: 'invalid_key',
}

/** The error code for a class of the data files. */
export const codeOfClass = (name: string): string => CODES[name] ?? name
