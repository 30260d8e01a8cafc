/** Our own mistakes: written to the console, where a browser test finds them. What the API refuses is none. */

/** @param {unknown} error */
export function reportDefect(error) {
  if (error?.name !== 'ApiError' && error?.name !== 'AbortError') {
    console.error(error);
  }
}
