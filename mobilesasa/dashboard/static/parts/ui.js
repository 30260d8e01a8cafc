/**
 * The library, in one place: Preact with its hooks, htm's `html`, signals. Nothing else imports them.
 *
 * Mind with Preact 11: numbers in `style` objects get no `px` (write '40px'), `ref` is a prop as any other.
 */
import { h, render, Fragment, createContext, cloneElement, toChildArray } from 'preact';
import {
  useState, useEffect, useLayoutEffect, useMemo, useRef, useCallback, useContext, useId, useReducer, useErrorBoundary,
} from 'preact/hooks';
import htm from 'htm';
import { signal, computed, effect, batch, untracked, useSignal, useComputed, useSignalEffect } from '@preact/signals';

/** Preact keeps `key` from components; a function given as one is meant for the component (the rows of a table). */
function element(type, props, ...children) {
  if (typeof props?.key === 'function') {
    const { key: rowKey, ...rest } = props;
    return h(type, { ...rest, rowKey }, ...children);
  }
  return h(type, props, ...children);
}

export const html = htm.bind(element);

export {
  h, render, Fragment, createContext, cloneElement, toChildArray,
  useState, useEffect, useLayoutEffect, useMemo, useRef, useCallback, useContext, useId, useReducer, useErrorBoundary,
  signal, computed, effect, batch, untracked, useSignal, useComputed, useSignalEffect,
};

/**
 * Class names as one string; what is false, null or empty is left out.
 * @param {...(string|false|null|undefined)} names
 * @returns {string}
 */
export function cx(...names) {
  return names.filter(Boolean).join(' ');
}

/**
 * A function that is called a while after the last of several calls; `now()` calls at once what waits, `stop()` forgets it.
 * @param {(...args: any[]) => void} fn
 * @param {number} waitMs
 */
export function debounced(fn, waitMs) {
  let timer = 0;
  let last = [];
  const later = (...args) => {
    last = args;
    clearTimeout(timer);
    timer = setTimeout(later.now, waitMs);
  };
  later.stop = () => {
    clearTimeout(timer);
    timer = 0;
  };
  later.now = () => {
    if (timer) {
      later.stop();
      fn(...last);
    }
  };
  return later;
}

/** Whether the keyboard's focus is where somebody writes. */
export function isTyping(target) {
  return Boolean(target?.closest?.('input:not([type=checkbox],[type=radio],[type=button]), textarea, select, [contenteditable=true]'));
}
