// A conversion under way: stage, per cent, an end to it, and its report.
import { h, failure } from '../dom.js';
import * as api from '../api.js';
import { printable } from '../format.js';
import { reportView } from './report.js';
import { refreshModels } from '../state.js';

const WORDS = {
  queued: 'waits for its turn',
  running: 'is converted',
  done: 'is in service',
  failed: 'failed',
  cancelled: 'was cancelled',
};
const isOver = (job) => !['queued', 'running'].includes(job.state);

// The job as it goes, until it or the daemon has ended: a line of JSON for each change.
async function* changes(id) {
  const path = `jobs/${encodeURIComponent(id)}/events`;
  const response = await api.call(path, { accept: 'application/x-ndjson' });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read().catch(() => ({ done: true }));
    if (done) return;
    const lines = (text + value).split('\n');
    text = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

export class JobView {
  constructor(name) {
    this.title = h('span', { class: 'job-title' }, printable(name));
    this.stage = h('span', { role: 'status' }); // read out when it changes,
    this.percent = h('span'); // which would be at each per cent
    this.bar = h('progress', { max: 100, value: 0, 'aria-label': `Progress of ${printable(name)}` });
    this.cancel = h('button', { class: 'quiet' }, 'Cancel');
    this.said = h('div');
    this.element = h(
      'article',
      { class: 'job', tabindex: -1 },
      h(
        'div',
        { class: 'row' },
        this.title,
        h('span', { class: 'job-stage' }, this.stage, this.percent),
        this.cancel,
      ),
      this.bar,
      this.said,
    );
  }

  // The upload is half of what a user waits for, and the conversion the other half.
  sending(share) {
    this.say(share < 1 ? 'uploading' : 'uploaded', share < 1 && Math.floor(share * 100));
    this.bar.value = share * 50;
  }

  // percent: false where there is none.
  say(stage, percent) {
    if (this.stage.textContent !== stage) this.stage.textContent = stage;
    this.percent.textContent = percent === false ? '' : `, ${percent} %`;
  }

  // Focus that was on the button to cancel goes to the whole.
  end() {
    const focused = document.activeElement === this.cancel;
    this.cancel.remove();
    this.bar.remove();
    this.element.classList.add('over');
    if (focused) this.element.focus();
  }

  fail(error) {
    this.end();
    this.element.dataset.state = 'failed';
    this.said.replaceChildren(failure(error));
    this.say(WORDS.failed, false);
  }

  show(job) {
    const stage = job.state === 'running' && printable(job.stage ?? '');
    this.say(stage || WORDS[job.state], stage ? job.percent : false);
    this.element.dataset.state = job.state;
    this.bar.value = 50 + job.percent / 2;
    if (!isOver(job)) return;
    this.end();
    this.said.replaceChildren(
      ...[
        job.error && failure({ message: printable(job.error) }),
        job.report?.topology &&
          h('details', { class: 'outputs', open: true }, h('summary', {}, 'Report'), reportView(job.report)),
      ].filter(Boolean),
    );
  }

  // What needed no conversion.
  async served(version) {
    this.show({ state: 'done', percent: 100, version });
    await refreshModels();
  }

  async follow(id) {
    const path = `jobs/${encodeURIComponent(id)}`;
    this.cancel.onclick = () =>
      api.call(path, { method: 'DELETE' }).catch((error) => this.said.replaceChildren(failure(error)));
    try {
      let last = null;
      for await (last of changes(id)) this.show(last);
      if (!last || !isOver(last)) throw new Error('The daemon was stopped in the middle of it.');
      await refreshModels();
    } catch (error) {
      this.fail(error);
    }
  }
}
