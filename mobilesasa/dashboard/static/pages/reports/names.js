/** The names of campaigns, of which reports and exports have the uuids. */
import { get } from '../../parts/api.js';
import { useLoad } from '../../parts/load.js';
import { canRead } from '../../parts/session.js';

/** @returns {Map<string, string>} names by uuids, of the newest; none for those who may not see campaigns */
export function useCampaignNames() {
  const reads = canRead('campaigns');
  const load = useLoad(reads ? (signal) => get('/campaigns', { page_size: 100 }, { signal }) : null, [reads]);
  return new Map((load.data?.items ?? []).map((each) => [each.uuid, each.name]));
}
