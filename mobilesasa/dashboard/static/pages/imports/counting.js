/** What is counted of an import, and what can be done with one. */

const UNDO_DAYS = 7; // as docs/contacts.rst says
const DAY_MS = 24 * 3600 * 1000;
const MOVING = new Set(['pending', 'processing']);

/** How many rows have been looked at. */
export const doneOf = (upload) => upload.imported + upload.updated + upload.skipped + upload.failed;

/** Whether it will be different soon. */
export const isMoving = (upload) => MOVING.has(upload.status) || MOVING.has(upload.undo?.status);

/** Whether it can be cancelled. */
export const isCancellable = (upload) => MOVING.has(upload.status);

/** Whether it can be undone: it has ended, did something, not too long ago, and was not undone. */
export function isUndoable(upload) {
  if (upload.dry_run || upload.undo || MOVING.has(upload.status) || !upload.finished_at) return false;
  const isRecent = Date.now() - Date.parse(upload.finished_at) < UNDO_DAYS * DAY_MS;
  return isRecent && (upload.imported > 0 || upload.updated > 0 || (upload.group !== null && upload.skipped > 0));
}

/** How long it took, in seconds; null while it goes on. */
export const tookS = (upload) => (upload.finished_at ? (Date.parse(upload.finished_at) - Date.parse(upload.created_at)) / 1000 : null);
