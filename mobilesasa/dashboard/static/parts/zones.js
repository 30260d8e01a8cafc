/** In which time zone a team counts its days: its own word, else its country's, as the server has it (mobilesasa/sms/zones.py). */

const ZONES = {
  KE: 'Africa/Nairobi', UG: 'Africa/Kampala', TZ: 'Africa/Dar_es_Salaam', RW: 'Africa/Kigali', BI: 'Africa/Bujumbura',
  ET: 'Africa/Addis_Ababa', SO: 'Africa/Mogadishu', SS: 'Africa/Juba', SD: 'Africa/Khartoum', DJ: 'Africa/Djibouti',
  ER: 'Africa/Asmara', CD: 'Africa/Kinshasa', CG: 'Africa/Brazzaville', ZM: 'Africa/Lusaka', ZW: 'Africa/Harare',
  MW: 'Africa/Blantyre', MZ: 'Africa/Maputo', BW: 'Africa/Gaborone', NA: 'Africa/Windhoek', ZA: 'Africa/Johannesburg',
  LS: 'Africa/Maseru', SZ: 'Africa/Mbabane', MG: 'Indian/Antananarivo', MU: 'Indian/Mauritius', SC: 'Indian/Mahe',
  KM: 'Indian/Comoro', AO: 'Africa/Luanda', NG: 'Africa/Lagos', GH: 'Africa/Accra', CM: 'Africa/Douala', CI: 'Africa/Abidjan',
  SN: 'Africa/Dakar', ML: 'Africa/Bamako', BF: 'Africa/Ouagadougou', NE: 'Africa/Niamey', TD: 'Africa/Ndjamena',
  BJ: 'Africa/Porto-Novo', TG: 'Africa/Lome', GN: 'Africa/Conakry', SL: 'Africa/Freetown', LR: 'Africa/Monrovia',
  GM: 'Africa/Banjul', GA: 'Africa/Libreville', CF: 'Africa/Bangui', EG: 'Africa/Cairo', LY: 'Africa/Tripoli',
  TN: 'Africa/Tunis', DZ: 'Africa/Algiers', MA: 'Africa/Casablanca', MR: 'Africa/Nouakchott', IN: 'Asia/Kolkata',
  AE: 'Asia/Dubai', SA: 'Asia/Riyadh', GB: 'Europe/London', DE: 'Europe/Berlin', FR: 'Europe/Paris', US: 'America/New_York',
  CA: 'America/Toronto', BR: 'America/Sao_Paulo', AU: 'Australia/Sydney', NZ: 'Pacific/Auckland', CN: 'Asia/Shanghai',
  ES: 'Europe/Madrid', PT: 'Europe/Lisbon', IT: 'Europe/Rome', NO: 'Europe/Oslo',
};

/** @param {string} country ISO 3166-1 @returns {string|undefined} */
export function zoneOfCountry(country) {
  return ZONES[country];
}

/** All zones that this browser knows, for a choice. @returns {string[]} */
export function allZones() {
  return Intl.supportedValuesOf?.('timeZone') ?? Object.values(ZONES);
}
