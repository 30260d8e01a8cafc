/* Before the first paint: the theme that was chosen, or the device's. */
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem('mobilesasa.theme');
  } catch (error) {
    chosen = null;
  }
  if (chosen !== 'light' && chosen !== 'dark') {
    chosen = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  }
  document.documentElement.dataset.theme = chosen;
})();
