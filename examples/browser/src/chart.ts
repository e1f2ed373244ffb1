/** A curve of losses over epochs: faint for each batch, bold for their running mean, dots for the test set. */
export interface Chart {
  reset(epochs: number): void;
  add(epoch: number, loss: number): void;
  addTest(epoch: number, loss: number): void;
}

type Point = readonly [x: number, y: number];

const [width, height] = [760, 340];
const frame = { left: 58, right: 16, top: 16, bottom: 48 };
/** Share of a new loss in the running mean. */
const weight = 0.08;

export function createChart(svg: SVGSVGElement): Chart {
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  const axes = child(svg, 'g', { class: 'axes' });
  const batches = child(svg, 'polyline', { class: 'batches' });
  const mean = child(svg, 'polyline', { class: 'mean' });
  const tests = child(svg, 'polyline', { class: 'tests' });
  const dots = child(svg, 'g', { class: 'dots' });
  let [epochs, losses, means, measured]: [number, Point[], Point[], Point[]] = [1, [], [], []];
  let waiting = false;

  const draw = (): void => {
    waiting = false;
    const highest = Math.max(0.5, ...[...losses, ...measured].map(([, y]) => y));
    const [xTicks, yTicks] = [ticks(epochs, 8), ticks(highest, 5)];
    const top = Math.max(highest, yTicks.at(-1)!);
    const place = ([x, y]: Point): Point => [
      frame.left + (x / epochs) * (width - frame.left - frame.right),
      height - frame.bottom - (y / top) * (height - frame.top - frame.bottom),
    ];
    const line = (points: readonly Point[]): string =>
      points
        .map((point) =>
          place(point)
            .map((v) => v.toFixed(1))
            .join(),
        )
        .join(' ');
    batches.setAttribute('points', line(losses));
    mean.setAttribute('points', line(means));
    tests.setAttribute('points', line(measured));
    dots.replaceChildren();
    for (const point of measured) {
      const [cx, cy] = place(point);
      child(dots, 'circle', { cx, cy, r: 4.5 });
    }
    axes.replaceChildren();
    for (const y of yTicks) {
      const [, at] = place([0, y]);
      child(axes, 'line', { x1: frame.left, x2: width - frame.right, y1: at, y2: at });
      label(axes, frame.left - 10, at + 4, String(y), 'end');
    }
    for (const x of xTicks) {
      const [at] = place([x, 0]);
      child(axes, 'line', {
        x1: at,
        x2: at,
        y1: height - frame.bottom,
        y2: height - frame.bottom + 5,
        class: 'tick',
      });
      label(axes, at, height - frame.bottom + 21, String(x), 'middle');
    }
    const middle = (frame.top + height - frame.bottom) / 2;
    label(axes, (frame.left + width - frame.right) / 2, height - 6, 'epochs', 'middle', 'title');
    label(axes, 16, middle, 'loss', 'middle', 'title').setAttribute('transform', `rotate(-90 16 ${middle})`);
  };
  /** At most once for each picture that the screen shows. */
  const drawSoon = (): void => {
    if (!waiting) requestAnimationFrame(draw);
    waiting = true;
  };

  const chart: Chart = {
    reset(count) {
      [epochs, losses, means, measured] = [count, [], [], []];
      drawSoon();
    },
    add(epoch, loss) {
      losses.push([epoch, loss]);
      const [, before] = means.at(-1) ?? [0, loss];
      means.push([epoch, before + weight * (loss - before)]);
      drawSoon();
    },
    addTest(epoch, loss) {
      measured.push([epoch, loss]);
      drawSoon();
    },
  };
  chart.reset(3);
  return chart;
}

/** Round numbers from 0 to `end` or just below it, about so many. */
export function ticks(end: number, count: number): number[] {
  const rough = end / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= rough)!;
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, i) =>
    Number((i * step).toPrecision(6)),
  );
}

function child<K extends keyof SVGElementTagNameMap>(
  parent: Element,
  name: K,
  attributes: Readonly<Record<string, string | number>>,
): SVGElementTagNameMap[K] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  parent.append(element);
  return element;
}

function label(
  parent: Element,
  x: number,
  y: number,
  text: string,
  anchor: string,
  kind = '',
): SVGTextElement {
  const element = child(parent, 'text', { x, y, 'text-anchor': anchor, class: kind });
  element.textContent = text;
  return element;
}
