// A conversion under way: stage, per cent, an end to it, and its report.
import { h, failure } from './dom.js';
import * as api from './api.js';
import { printable } from './format.js';
import { reportView } from './report.js';
import { refreshModels } from './state.js';

const WORDS = {
  queued: 'waits for its turn',
  running: 'is converted',
  done: 'is in service',
  failed: 'failed',
  cancelled: 'was cancelled',
};
const isOver = (job) => !['queued', 'running'].includes(job.state);

// The job as it goes, until it has ended: a line of JSON for each change.
async function* changes(id) {
  const path = `jobs/${encodeURIComponent(id)}/events`;
  const response = await api.call(path, { accept: 'application/x-ndjson' });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (text + value).split('\n');
    text = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

export class JobView {
  constructor(name) {
    this.title = h('span', { class: 'job-title' }, printable(name));
    this.stage = h('span', { class: 'job-stage' });
    this.bar = h('progress', { max: 100, value: 0, 'aria-label': `Progress of ${printable(name)}` });
    this.cancel = h('button', { class: 'quiet' }, 'Cancel');
    this.said = h('div');
    this.element = h(
      'article',
      { class: 'job', 'aria-live': 'polite' },
      h('div', { class: 'row' }, this.title, this.stage, this.cancel),
      this.bar,
      this.said,
    );
  }

  // The upload is half of what a user waits for, and the conversion the other half.
  sending(share) {
    this.stage.textContent = share < 1 ? `uploading, ${Math.floor(share * 100)} %` : 'uploaded';
    this.bar.value = share * 50;
  }

  fail(error) {
    this.element.classList.add('over');
    this.said.replaceChildren(failure(error));
    this.stage.textContent = WORDS.failed;
    this.cancel.remove();
    this.bar.remove();
  }

  show(job) {
    this.stage.textContent =
      job.state === 'running' && job.stage ? `${printable(job.stage)}, ${job.percent} %` : WORDS[job.state];
    this.element.dataset.state = job.state;
    this.bar.value = 50 + job.percent / 2;
    if (!isOver(job)) return;
    this.cancel.remove();
    this.bar.remove();
    this.element.classList.add('over');
    this.said.replaceChildren(
      ...[
        job.error && failure({ message: printable(job.error) }),
        job.report &&
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
      for await (const job of changes(id)) this.show(job);
      await refreshModels();
    } catch (error) {
      this.fail(error);
    }
  }
}
