// One model: a row that opens to all that is known of it, and what can be done with it.
import { h, fact, table, failure, confirmed, action } from '../dom.js';
import * as api from '../api.js';
import { bytes, count, printable, shape } from '../format.js';
import { commands } from './commands.js';
import { Profile } from './profile.js';
import { opBar, reportView } from './report.js';
import { grown, sum } from '../metrics.js';
import { refreshModels } from '../state.js';

const STAGE = 'cayuco_stage_seconds_count';
const ANSWERS = new Set(['READY', 'EVICTED']); // an evicted one is loaded by the next request

function ports(model) {
  const rows = [
    ['in', model.inputs],
    ['out', model.outputs],
  ].flatMap(([way, list]) =>
    (list ?? []).map(({ name, datatype, shape: dims }) => [
      way,
      h('bdi', {}, printable(name)),
      datatype,
      shape(dims),
    ]),
  );
  return table(['way', 'name', 'type', 'shape'], rows);
}

// Jobs are kept for a while: the newest one that made this version has its report.
async function showReport(model, place) {
  try {
    const { jobs } = await api.json('jobs');
    const job = jobs.findLast((one) => one.model === model.name && one.version === model.version);
    place.replaceChildren(
      job
        ? reportView((await api.json(`jobs/${encodeURIComponent(job.job)}`)).report)
        : h(
            'p',
            { class: 'hint' },
            'It was converted before the daemon started: its report is no longer kept.',
          ),
    );
  } catch (error) {
    place.replaceChildren(failure(error));
  }
}

export class ModelRow {
  constructor(model, ontry) {
    this.model = model;
    this.numbers = {
      requests: h('b', {}, '–'),
      rate: h('b', {}, '–'),
      sessions: h('b', {}, '–'),
      queue: h('b', {}, '–'),
    };
    this.said = h('div', { 'aria-live': 'polite' });
    this.report = h('div');
    this.element = ANSWERS.has(model.state) ? this.ready(ontry) : this.unavailable();
    this.element.addEventListener(
      'toggle',
      () => this.element.open && !this.report.hasChildNodes() && showReport(model, this.report),
    );
  }

  button(label, attributes, path, method, busy) {
    return action(label, attributes, async () => {
      if (
        method === 'DELETE' &&
        !(await confirmed(`Delete ${this.model.name} and all its versions? Its files go, too.`, 'Delete'))
      )
        return;
      this.said.replaceChildren(h('p', { class: 'hint' }, busy));
      try {
        await api.call(path, { method });
        this.said.replaceChildren();
        await refreshModels();
      } catch (error) {
        this.said.replaceChildren(failure(error));
      }
    });
  }

  change(what, busy) {
    return this.button(
      `${what[0].toUpperCase()}${what.slice(1)}`,
      {},
      `v2/repository/${api.modelPath(this.model.name, `/${what}`)}`,
      'POST',
      busy,
    );
  }

  remove() {
    return this.button(
      'Delete…',
      { class: 'danger' },
      api.modelPath(this.model.name),
      'DELETE',
      'Its last requests are answered …',
    );
  }

  head(...rest) {
    const { name, version, state } = this.model;
    return h(
      'summary',
      {},
      h('span', { class: 'model-name' }, name, version && h('small', {}, ` v${version}`)),
      h(
        'span',
        { class: `state ${ANSWERS.has(state) ? 'good' : 'bad'}` },
        { READY: 'ready', EVICTED: 'evicted' }[state] ?? 'not loaded',
      ),
      rest,
    );
  }

  ready(ontry) {
    const { model, numbers } = this;
    return h(
      'details',
      { class: 'model', id: `model-${model.name}` },
      this.head(
        h(
          'span',
          { class: 'model-ops' },
          opBar(model.int8_ops, model.ops),
          h('small', {}, `${model.int8_ops} of ${model.ops} int8`),
        ),
        h('span', { class: 'model-size' }, bytes(model.weight_bytes)),
        h('span', { class: 'model-rate' }, numbers.rate, h('small', {}, ' / s')),
      ),
      h(
        'dl',
        { class: 'facts' },
        fact('Requests', numbers.requests),
        fact('Sessions busy', numbers.sessions),
        fact('Queue', numbers.queue),
        fact('Ops', `${model.int8_ops} int8, ${model.ops - model.int8_ops} fp32`),
        fact('Labels', model.labels || 'none'),
        fact('Converted by', printable(model.opt_version || 'unknown')),
      ),
      ports(model),
      h('h3', {}, 'Conversion'),
      this.report,
      h('h3', {}, 'Time'),
      new Profile(model).element,
      h('h3', {}, 'Ask it'),
      commands(model),
      this.said,
      h(
        'div',
        { class: 'row end' },
        h('button', { class: 'primary', onclick: () => ontry(model.name) }, 'Try it'),
        this.change('load', 'It is loaded …'),
        this.change('unload', 'Its last requests are answered …'),
        this.remove(),
      ),
    );
  }

  unavailable() {
    return h(
      'details',
      { class: 'model', id: `model-${this.model.name}` },
      this.head(h('span', { class: 'model-reason' }, printable(this.model.reason ?? this.model.error ?? ''))),
      this.model.reason && h('p', { class: 'failure' }, printable(this.model.reason)),
      this.said,
      h('div', { class: 'row end' }, this.change('load', 'It is loaded …'), this.remove()),
    );
  }

  // last and sample: what /metrics said one second ago, and now.
  update(last, sample) {
    const labels = { model: this.model.name };
    const of = (name) => sum(sample.metrics, name, labels);
    this.numbers.requests.textContent = count(sum(sample.metrics, STAGE, { ...labels, stage: 'infer' }));
    this.numbers.sessions.textContent = `${of('cayuco_sessions_busy')} of ${of('cayuco_sessions')}`;
    this.numbers.queue.textContent = of('cayuco_queue_length');
    if (last) {
      const rate =
        grown(last.metrics, sample.metrics, STAGE, { ...labels, stage: 'infer' }) / (sample.at - last.at);
      this.numbers.rate.textContent = rate >= 10 || rate === 0 ? rate.toFixed(0) : rate.toFixed(1);
    }
  }
}
