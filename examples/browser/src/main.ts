import './style.css';
import { choices, type Choice } from './backends.js';
import { createChart } from './chart.js';
import { loadDigits } from './digits.js';
import { drawMistakes } from './mistakes.js';
import { createNetwork } from './network.js';
import { train, type Measured, type Progress } from './train.js';

function byId<T extends Element>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element ${id}`);
  return found as Element as T;
}

const form = byId<HTMLFormElement>('settings');
const start = byId<HTMLButtonElement>('start');
const stop = byId<HTMLButtonElement>('stop');
const bar = byId<HTMLProgressElement>('progress');
const status = byId('status');
const chart = createChart(byId<SVGSVGElement>('chart'));
const digits = loadDigits('./digits.bin');

const say = (text: string, kind = ''): void => {
  status.textContent = text;
  status.className = kind;
};

function offer(choice: Choice): void {
  const label = document.createElement('label');
  const radio = document.createElement('input');
  Object.assign(radio, { type: 'radio', name: 'backend', value: choice.id, disabled: true });
  const name = document.createElement('strong');
  name.textContent = choice.title;
  const about = document.createElement('span');
  about.textContent = `${choice.about}: looking ...`;
  label.className = 'choice';
  label.append(radio, name, about);
  byId('backends').append(label);
  choice.probe().then(
    (found) => {
      radio.disabled = false;
      about.textContent = `${choice.about}: ${found}`;
      if (choice.id === 'cpu') radio.checked = true;
    },
    (error: unknown) => {
      label.classList.add('absent');
      about.textContent = `not here: ${messageOf(error)}`;
    },
  );
}

const fields = (): HTMLFieldSetElement[] => [...form.querySelectorAll('fieldset')];
const show = (id: string, text: string): void => {
  byId(id).textContent = text;
};
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

async function run(signal: AbortSignal): Promise<void> {
  const settings = new FormData(form);
  const value = (name: string): string => settings.get(name) as string; // none is a file
  const choice = choices.find(({ id }) => id === value('backend'));
  if (choice === undefined) return say('Choose a backend first.', 'error');
  const epochs = Math.min(50, Math.max(1, Math.round(Number(value('epochs'))) || 1));
  drawMistakes(byId('mistakes'), { images: new Uint8Array(), labels: new Uint8Array(), size: 0 }, []);
  show('mistakes-note', 'They are shown after each epoch.');
  chart.reset(epochs);
  for (const id of ['accuracy', 'loss', 'speed']) show(id, '–');

  say(`Starting ${choice.title} ...`);
  const data = await digits;
  const info = await choice.start();
  show('backend-note', `${info.name}: ${info.description}`);
  const network = createNetwork(value('network'), 1);
  const started = performance.now();
  let last: Measured | undefined;
  try {
    await train({
      network,
      data,
      epochs,
      signal,
      progress(now: Progress) {
        chart.add(now.epoch, now.loss);
        bar.value = now.step / now.steps;
        show('loss', now.loss.toFixed(3));
        show('speed', Math.round(now.digitsPerSecond).toLocaleString('en-US'));
        say(`Training on ${choice.title}: step ${now.step} of ${now.steps}, ${seconds(started)}`);
      },
      measured(now: Measured) {
        last = now;
        chart.addTest(now.epoch, now.loss);
        show('accuracy', `${(now.accuracy * 100).toFixed(1)} %`);
        drawMistakes(byId('mistakes'), data.test, now.mistakes);
        show(
          'mistakes-note',
          `${now.mistakes.length} of ${data.test.size} digits that it was not trained on, the surest ones first.`,
        );
      },
    });
  } finally {
    network.dispose();
  }
  const wrong =
    last === undefined ? '' : `, ${last.mistakes.length} of ${data.test.size} test digits misread`;
  say(`${signal.aborted ? 'Stopped' : 'Done'} after ${seconds(started)}${wrong}.`, 'done');
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const abort = new AbortController();
  const cancel = (): void => abort.abort();
  const busy = (on: boolean): void => {
    start.disabled = on;
    stop.disabled = !on;
    (on ? stop : start).focus({ preventScroll: true });
  };
  // A disabled field is left out of the form's data, so they are read first.
  const running = run(abort.signal);
  busy(true);
  fields().forEach((field) => (field.disabled = true));
  bar.value = 0;
  stop.addEventListener('click', cancel);
  void running
    .catch((error: unknown) => say(messageOf(error), 'error'))
    .finally(() => {
      fields().forEach((field) => (field.disabled = false));
      stop.removeEventListener('click', cancel);
      busy(false);
    });
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !stop.disabled) stop.click();
});

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

choices.forEach(offer);
digits.then(
  ({ train: a, test: b }) => {
    say(
      `${a.size.toLocaleString('en-US')} digits to learn from, ${b.size.toLocaleString('en-US')} to be tested on.`,
    );
    start.disabled = false;
  },
  (error: unknown) => say(messageOf(error), 'error'),
);
