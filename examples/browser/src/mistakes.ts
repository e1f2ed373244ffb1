import { pixels, type Digits } from './digits.js';
import type { Mistake } from './train.js';

const shown = 48;

/** Draws the digits that were misread, each with what was read and what it is. */
export function drawMistakes(list: HTMLElement, digits: Digits, mistakes: readonly Mistake[]): void {
  list.replaceChildren(...mistakes.slice(0, shown).map((mistake) => card(digits, mistake)));
}

function card(digits: Digits, { row, actual, predicted, probability }: Mistake): HTMLLIElement {
  const percent = `${Math.round(probability * 100)} %`;
  const item = document.createElement('li');
  const read = document.createElement('span');
  read.className = 'read';
  read.textContent = `read as ${predicted}`;
  const truth = document.createElement('span');
  truth.className = 'truth';
  truth.textContent = `is ${actual}`;
  item.append(picture(digits, row, `A handwritten ${actual}`), read, truth);
  item.title = `Digit ${row} of the test set: a ${actual}, read as ${predicted} with a probability of ${percent}`;
  return item;
}

function picture({ images }: Digits, row: number, name: string): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 28;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', name);
  const image = new ImageData(28, 28);
  // Ink on paper: the data has it the other way round.
  for (let i = 0; i < pixels; i++) {
    const ink = images[row * pixels + i]!;
    image.data.set([28, 32, 48, ink], i * 4);
  }
  canvas.getContext('2d')!.putImageData(image, 0, 0);
  return canvas;
}
