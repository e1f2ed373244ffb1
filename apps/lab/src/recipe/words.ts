import { z } from 'zod';

/** What every recipe may say of itself, and what all of them are started with. */
export const words = {
  title: z
    .string()
    .trim()
    .min(1)
    .optional()
    .describe("Heading of the report. Default: the recipe's file name"),
  description: z.string().optional().describe('A sentence or two for the report'),
  backend: z
    .string()
    .min(1)
    .optional()
    .describe('What computes: cpu, webgpu, tfjs, or auto for the best that is there. Default: cpu'),
};

/** The setting `seed`. */
export const seedOf = (what: string) =>
  z.int().nonnegative().max(0xffffffff).default(0).describe(`Start of all random numbers: ${what}`);
