// The page: starts its panels, and tells whether the daemon is there.
import { $ } from './dom.js';
import * as board from './panels/board.js';
import * as convert from './panels/convert.js';
import * as live from './panels/live.js';
import * as models from './panels/models.js';
import * as state from './state.js';
import * as token from './token.js';
import * as trying from './panels/try.js';

function tellReach(error) {
  $('reach').className = error ? 'lamp bad' : 'lamp good';
  $('reach-text').textContent = error ? error.message : 'serving';
  document.body.classList.toggle('away', Boolean(error)); // what is shown is old
}

// A file that misses a panel must not replace the page.
for (const name of ['dragover', 'drop']) window.addEventListener(name, (event) => event.preventDefault());

token.start();
live.start();
trying.start();
models.start(trying.tryModel);
state.watch('reach', tellReach);
state.run();
for (const panel of [board, convert]) panel.start().catch(tellReach);
