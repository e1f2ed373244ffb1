import { nested } from '@core/registry';
import { z } from 'zod';

/* Options that many components have, as recipes write them. */

export const above0 = (value: number, text: string) => z.number().positive().default(value).describe(text);
export const atLeast0 = (value: number, text: string) => z.number().min(0).default(value).describe(text);
export const count = (value: number, text: string) => z.int().positive().default(value).describe(text);

/** Another plugin's component. */
export const component = (kind: 'dataset' | 'loss' | 'model' | 'optimizer' | 'schedule' | 'solver') =>
  z.looseObject({ use: z.string() }).meta(nested(kind));

export const schedule = component('schedule');

/** A rate is a number or a schedule. */
export const rate = (value: number, text: string) =>
  z.union([z.number().positive(), schedule]).default(value).describe(text);
