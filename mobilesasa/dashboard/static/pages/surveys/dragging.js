// Questions are put into another order by dragging their grips; by keyboard the buttons beside them do the same.
import { useState } from '../../parts/ui.js';

/**
 * @param {(from: number, to: number) => void} onMove
 * @returns {{handle: Function, over: Function, mark: Function}} attributes of the grip and of the item at a place, and the class
 *   that shows where it would go
 */
export function useDragging(onMove) {
  const [drag, setDrag] = useState(null); // {from, gap}: gap is before which place it would be put
  const handle = (place, item) => ({
    draggable: true,
    onDragStart: (event) => {
      event.dataTransfer.effectAllowed = 'move';
      event.dataTransfer.setData('text/plain', String(place + 1));
      if (item.current) event.dataTransfer.setDragImage(item.current, 24, 24);
      setDrag({ from: place, gap: place });
    },
    onDragEnd: () => setDrag(null),
  });
  const over = (place) => (drag === null ? {} : {
    onDragOver: (event) => {
      event.preventDefault();
      const { top, height } = event.currentTarget.getBoundingClientRect();
      const gap = event.clientY > top + height / 2 ? place + 1 : place;
      if (gap !== drag.gap) setDrag({ ...drag, gap });
    },
    onDrop: (event) => {
      event.preventDefault();
      setDrag(null);
      onMove(drag.from, drag.gap > drag.from ? drag.gap - 1 : drag.gap);
    },
  });
  const mark = (place) => {
    if (drag === null) return '';
    if (drag.from === place) return 'is-dragged';
    if (drag.gap === place && drag.gap !== drag.from + 1) return 'drop-before';
    return drag.gap === place + 1 && drag.gap !== drag.from ? 'drop-after' : '';
  };
  return { handle, over, mark };
}
