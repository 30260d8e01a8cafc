/** Who sees which page, by the table of pages. */
import { can, canRead, isPlatformAdmin, team } from './session.js';

/** Where who has logged in begins: who administers the platform and is in no team has no overview of one. */
export function home() {
  return !team.value && isPlatformAdmin() ? '/admin' : '/overview';
}

/** Whether who has logged in may see a page. @param {object} page a row of pages.js */
export function maySee(page) {
  if (page.platform) {
    return isPlatformAdmin();
  }
  if (page.href || page.path === '/profile') {
    return true;
  }
  if (!team.value) {
    return false;
  }
  return page.writes ? can(page.scopes) : canRead(page.scopes);
}
