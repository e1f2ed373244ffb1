import { describePlugin } from '@core/registry/testing';
import { describe, it } from 'vitest';
import plugin from '../src/plugin.js';

describePlugin({ describe, it }, plugin);
