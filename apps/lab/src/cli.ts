#!/usr/bin/env node
import { main } from './main.js';
import { runProcess } from './process.js';

runProcess(process, (stopping) => main(process.argv.slice(2), stopping));
