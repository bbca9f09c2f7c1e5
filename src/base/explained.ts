/** The header by which a request asks why it was refused, and the one that answers. */
export const EXPLAIN = 'watchword-explain'
export const EXPLANATION = 'Watchword-Explanation'

const EXPLANATIONS = new WeakMap<object, string>()

/** The value of the header that explains an error; `undefined` if the request may not see one. */
export const explanationOf = (error: object): string | undefined =>
  EXPLANATIONS.get(error)

export const setExplanation = (error: object, text: string): void =>
  void EXPLANATIONS.set(error, text)
