/** The query of an address, as the API and the pages have it. */

/**
 * Write a query.
 * @param {Record<string, any>} [query] what is undefined, null or '' is left out; arrays are repeated
 * @returns {string} with its question mark; '' where nothing is left
 */
export function written(query) {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null && each !== '') {
        pairs.append(name, String(each));
      }
    }
  }
  const text = pairs.toString();
  return text && `?${text}`;
}
