import { describePlugin } from '@core/registry/testing';
import { describe, it } from 'vitest';
import plugin from '../src/plugin.js';

await describePlugin({ describe, it }, plugin);
