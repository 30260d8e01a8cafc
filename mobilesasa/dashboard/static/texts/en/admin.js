/** The words of the pages of the platform. */
import people from './admin/people.js';
import running from './admin/running.js';

export default { ...people, ...running };
