/** Light, dark, or as the device: kept, and put on the document; /theme.js has done so before the first paint. */
import { signal } from './ui.js';

const KEPT = 'mobilesasa.theme';

function kept() {
  try {
    return localStorage.getItem(KEPT) ?? 'auto';
  } catch {
    return 'auto';
  }
}

/** 'auto', 'light' or 'dark', as it was chosen. */
export const theme = signal(kept());
/** What is shown: 'light' or 'dark'. Charts read their colours anew when it changes. */
export const shownTheme = signal(shown());

const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');
prefersDark.addEventListener('change', put);
window.addEventListener('storage', (event) => {
  if (event.key === KEPT) {
    theme.value = kept();
    put();
  }
});

function shown() {
  const dark = window.matchMedia('(prefers-color-scheme: dark)').matches;
  return theme.value === 'auto' ? (dark ? 'dark' : 'light') : theme.value;
}

function put() {
  shownTheme.value = shown();
  document.documentElement.dataset.theme = shownTheme.value;
}

/** Choose one. @param {'auto'|'light'|'dark'} choice */
export function chooseTheme(choice) {
  theme.value = choice;
  try {
    localStorage.setItem(KEPT, choice);
  } catch {
    // it holds for this page then
  }
  put();
}
