import type { Rules } from '../kernel.js';
import { gatherRule } from './indexing/gather.js';
import { scatterAddRule } from './indexing/scatterAdd.js';
import { concatRule } from './layout/concat.js';
import { fullRule, iotaRule } from './layout/create.js';
import { padRule } from './layout/pad.js';
import { broadcastToRule, flipRule, sliceRule } from './layout/strided.js';
import { transposeRule } from './layout/transpose.js';
import { dynamicSliceRule, dynamicUpdateSliceRule } from './layout/window.js';

/** What makes arrays and moves their elements, without arithmetic (but for scatterAdd's sums). */
export const layoutRules: Rules = {
  full: fullRule,
  iota: iotaRule,
  transpose: transposeRule,
  broadcastTo: broadcastToRule,
  slice: sliceRule,
  pad: padRule,
  concat: concatRule,
  flip: flipRule,
  dynamicSlice: dynamicSliceRule,
  dynamicUpdateSlice: dynamicUpdateSliceRule,
  gather: gatherRule,
  scatterAdd: scatterAddRule,
};
