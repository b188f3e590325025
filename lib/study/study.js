// The raters' page: a session of trials, each of which consists of fixation, exposure and answer. The page does not know
// which image is real: it loads pictures by side, in the same order in every trial, and sends the chosen side.
'use strict';
(() => {
  const FIXATION_MS = 500, BETWEEN_MS = 350, REST_EVERY = 25;
  const element = (id) => document.getElementById(id);
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const nextFrame = () => new Promise(requestAnimationFrame);
  const hex = (bytes) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (b) => b.toString(16).padStart(2, '0')).join('');

  // Storage that survives a reload. The page also works if the browser does not allow it.
  const memory = {
    get(key) { try { return localStorage.getItem(key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(key, value); return true; } catch { return false; } },
    // A value that was stored as JSON; null if there is none or if it is not JSON.
    parsed(key) { try { return JSON.parse(this.get(key)); } catch { return null; } },
    remove(key) { try { localStorage.removeItem(key); } catch { /* nothing was stored */ } },
  };

  class Refused extends Error {
    constructor(status, why) { super(why); this.status = status; }
  }

  // A study on a server (study/server.h): each answer is on the server's disk before the next trial.
  const served = () => {
    const KEY = 'confusion-session', NAME_KEY = 'confusion-name';
    const given = new URLSearchParams(location.search).get('id') || '';
    const asked = async (address, options) => {
      const reply = await fetch(address, { cache: 'no-store', ...options });
      if (!reply.ok) {
        const body = await reply.json().catch(() => ({}));
        throw new Refused(reply.status, body.error || 'The server does not respond as expected.');
      }
      return reply;
    };
    const post = (address, body) =>
      asked(address, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    // Addresses with different ids are different sessions, even in the same browser.
    const pendingKey = () => `confusion-pending-${token}`;
    let token = given === '' || memory.get(NAME_KEY) === given ? memory.get(KEY) : null;
    return {
      given,
      // The state of this browser's session; null if there is none.
      async resume() {
        if (!token) return null;
        try {
          return await (await asked(`api/sessions/${token}`)).json();
        } catch (error) {
          if (error.status !== 404) throw error;
          memory.remove(KEY);
          return null;
        }
      },
      async begin(name) {
        const state = await (await post('api/sessions', { name })).json();
        token = state.token;
        const keeps = memory.set(KEY, token) && memory.set(NAME_KEY, name);
        return { ...state, fleeting: !keeps && name === '' };  // a session with a name can be found without storage
      },
      async picture(trial, place) {
        return (await asked(`api/sessions/${token}/trials/${trial}/${place}`)).blob();
      },
      // The answer is also stored here until the server has accepted or refused it.
      async store(answer) {
        memory.set(pendingKey(), JSON.stringify(answer));
        try {
          const state = await (await post(`api/sessions/${token}/answers`, answer)).json();
          memory.remove(pendingKey());
          return state;
        } catch (error) {
          if (error instanceof Refused && error.status < 500) memory.remove(pendingKey());
          throw error;
        }
      },
      pending: () => memory.parsed(pendingKey()),
      leave() { memory.remove(KEY); location.assign(location.pathname); },
    };
  };

  // A study in a single file: answers are stored in the browser, and downloaded at the end.
  const alone = (settings) => {
    const KEY = `confusion-${settings.study}-${settings.rater}`;
    const read = () => {
      const kept = memory.parsed(KEY);
      return Array.isArray(kept) ? kept : [];
    };
    let lines = read();
    const now = () => new Date().toISOString().slice(0, 19) + 'Z';
    let keeps = true;
    const keep = () => { keeps = memory.set(KEY, JSON.stringify(lines)); };
    const state = () => ({ ...settings, next: Math.max(1, lines.length), fleeting: !keeps });
    return {
      given: '',
      async resume() { return lines.length > 0 ? state() : null; },
      async begin(name) {
        lines = read();
        if (lines.length > 0) return state();  // another tab has started the session
        lines = [{ format: 'confusion-answers 1', study: settings.study, session: hex(8), rater: settings.rater, name,
          agent: navigator.userAgent.slice(0, 300), time: now() }];
        keep();
        return state();
      },
      async picture(trial, place) {
        const text = atob(element(`trial-${trial}-${place}`).textContent);
        return new Blob([Uint8Array.from(text, (c) => c.charCodeAt(0))], { type: 'image/png' });
      },
      async store(answer) {
        const kept = read();
        if (kept.length > 0 && (kept[0].session !== lines[0].session || kept.length > lines.length)) {
          lines = kept;
          throw new Refused(409,
            'The study was continued in another tab of this browser. Please close that tab; this one continues from there.');
        }
        lines.push({ study: settings.study, session: lines[0].session, rater_kind: 'human', rater: settings.rater, ...answer,
          time: now() });
        keep();
        return state();
      },
      pending: () => null,
      file: () => ({
        name: `answers-${settings.study}-${settings.rater}-${lines[0].session}.jsonl`,
        text: lines.map((line) => JSON.stringify(line) + '\n').join(''),
      }),
    };
  };

  const settings = element('settings');
  const source = settings ? alone(JSON.parse(settings.textContent)) : served();

  // --- screens ---

  const show = (id) => { for (const screen of ['message', 'trial']) element(screen).hidden = screen !== id; };

  // Shows paragraphs, lists ([item, ...]) and questions ({asked}). Resolves when the button is pressed.
  const message = (title, words, button) => {
    show('message');
    element('title').textContent = title;
    element('words').replaceChildren(...words.map((part) => {
      const made = document.createElement(Array.isArray(part) ? 'ul' : 'p');
      if (Array.isArray(part)) {
        for (const item of part) made.appendChild(document.createElement('li')).textContent = item;
      } else {
        made.textContent = part.asked || part;
        if (part.asked) made.className = 'asked';
      }
      return made;
    }));
    element('name-row').hidden = element('download').hidden = true;
    const go = element('go');
    go.hidden = !button;
    if (!button) return Promise.resolve();
    go.textContent = button;
    go.focus();
    return new Promise((done) => { go.onclick = done; });
  };

  const status = (text) => { element('status').textContent = text; };

  // --- one trial ---

  const PLACES = ['left', 'middle', 'right'];

  // Lays out the pictures side by side, with state.pixels CSS pixels for each of their pixels, or all smaller by the same
  // factor if the window is too small. Returns the width of one picture.
  const layOut = (state, images, width, height) => {
    const stage = element('stage'), narrow = innerWidth < 700;
    const gap = narrow ? 6 : 24, edge = narrow ? 12 : 32;
    stage.style.setProperty('--gap', `${gap}px`);
    const others = [...element('trial').children].filter((part) => part !== stage)
      .reduce((sum, part) => sum + part.offsetHeight + 16, 32);
    const room = Math.min((document.documentElement.clientWidth - edge - gap * (images.length - 1)) / images.length / width,
      Math.max(120, innerHeight - others) / height);
    let scale = Math.min(state.pixels, room);
    if (scale >= 1) scale = Math.floor(scale);
    stage.classList.toggle('pixels', scale > 1);
    for (const image of images) {
      image.style.width = `${width * scale}px`;
      image.style.height = `${height * scale}px`;
    }
    const page = element('trial').style;
    page.setProperty('--one', `${width * scale}px`);
    page.setProperty('--width', `${width * scale * images.length + gap * (images.length - 1)}px`);
    return width * scale;
  };

  // Shows the stage for `ms`, to the nearest frame. The exposure ends immediately when the page is hidden, because then
  // there are no more frames.
  const expose = (ms) => new Promise((done) => {
    const stage = element('stage');
    let onset = null, last = 0, frames = 0, longest = 0, usual = 1000 / 60, over = false;
    const end = (now) => {
      over = true;
      stage.classList.remove('shown');
      document.removeEventListener('visibilitychange', hidden);
      done({ onset, offset: now, frames, longest_frame: longest });
    };
    const hidden = () => { if (onset !== null && document.hidden) end(performance.now()); };
    const step = (now) => {
      if (over) return;
      if (onset === null) {
        stage.classList.add('shown');
        onset = last = now;
      } else {
        const took = now - last;
        ++frames;
        longest = Math.max(longest, took);
        usual = Math.min(usual, took);
        last = now;
        if (now - onset >= ms - usual / 2) return end(now);
      }
      requestAnimationFrame(step);
    };
    document.addEventListener('visibilitychange', hidden);
    requestAnimationFrame(step);
  });

  const chosen = () => new Promise((done) => {
    const left = element('choose-left'), right = element('choose-right');
    const end = (choice, at) => {
      left.disabled = right.disabled = true;
      left.onclick = right.onclick = null;
      document.removeEventListener('keydown', key);
      done({ choice, at });
    };
    const key = (event) => {
      if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.key === 'ArrowLeft') end('left', event.timeStamp);
      if (event.key === 'ArrowRight') end('right', event.timeStamp);
    };
    left.onclick = (event) => end('left', event.timeStamp);
    right.onclick = (event) => end('right', event.timeStamp);
    left.disabled = right.disabled = false;
    document.addEventListener('keydown', key);
  });

  const storeAnswer = async (answer) => {
    for (let pause = 500; ; pause = Math.min(pause * 2, 8000)) {
      try {
        const state = await source.store(answer);
        status('');
        return state;
      } catch (error) {
        if (error instanceof Refused && error.status < 500) throw error;
        status('Your answer could not be stored yet. Trying again; please leave this page open.');
        await wait(pause);
      }
    }
  };

  const runTrial = async (state) => {
    const number = state.next, key = `confusion-showings-${state.study}-${state.token || state.rater}-${number}`;
    const stage = element('stage'), places = PLACES.filter((place) => place !== 'middle' || state.task === 1);
    show('trial');
    stage.classList.remove('shown', 'fixation', 'pixels');
    element('middle-place').hidden = state.task !== 1;
    element('question').textContent = state.question;
    element('progress').value = (number - 1) / state.total;
    status(number <= state.practice ? `Practice ${number} of ${state.practice}` : '');

    const images = places.map(element), addresses = [];
    for (const [i, place] of places.entries()) {
      addresses.push(URL.createObjectURL(await source.picture(number, place)));
      images[i].src = addresses[i];
    }
    await Promise.all(images.map((image) => image.decode()));
    const { naturalWidth, naturalHeight } = images[0];
    let shownWidth = 0;
    const arrange = () => { shownWidth = layOut(state, images, naturalWidth, naturalHeight); };
    arrange();
    window.addEventListener('resize', arrange);

    const showings = 1 + (Number(memory.get(key)) || 0);
    memory.set(key, String(showings));
    let early = 0, focusLosses = 0, tooEarly = true, away = false;
    const onEarly = (event) => { if (tooEarly && !event.repeat) ++early; };
    // A page that is hidden also loses the focus, before or after that: this counts as one loss.
    const onLoss = () => {
      if (!away) ++focusLosses;
      away = true;
    };
    const onHidden = () => { if (document.hidden) onLoss(); };
    const onFocus = () => { away = false; };
    document.addEventListener('keydown', onEarly);
    document.addEventListener('pointerdown', onEarly);
    window.addEventListener('blur', onLoss);
    window.addEventListener('focus', onFocus);
    document.addEventListener('visibilitychange', onHidden);

    stage.classList.add('fixation');
    for (const begin = await nextFrame(); (await nextFrame()) - begin < FIXATION_MS;);
    stage.classList.remove('fixation');
    const seen = await expose(state.exposure_ms);
    // After an exposure that was cut short, wait for the rest of its time: the server refuses earlier answers.
    await wait(Math.max(0, state.exposure_ms - (performance.now() - seen.onset)));
    for (const image of images) image.removeAttribute('src');
    for (const address of addresses) URL.revokeObjectURL(address);
    window.removeEventListener('blur', onLoss);
    window.removeEventListener('focus', onFocus);
    document.removeEventListener('visibilitychange', onHidden);
    tooEarly = false;
    document.removeEventListener('keydown', onEarly);
    document.removeEventListener('pointerdown', onEarly);
    const { choice, at } = await chosen();
    window.removeEventListener('resize', arrange);

    const round = (x) => Math.round(x * 1000) / 1000;
    const next = await storeAnswer({
      trial: number, choice, onset: round(seen.onset), offset: round(seen.offset), response: round(Math.max(0, at - seen.offset)),
      frames: seen.frames, longest_frame: round(seen.longest_frame), early, focus_losses: focusLosses, showings,
      pixel_ratio: devicePixelRatio, zoom: round(window.visualViewport ? visualViewport.scale : 1),
      window_width: innerWidth, window_height: innerHeight, shown_width: round(shownWidth), nonce: hex(8),
    });
    memory.remove(key);
    return next;
  };

  // --- the whole session ---

  const instruct = async () => {
    const given = source.given;
    const wanted = message('Two images, one question', [
      'In each trial you see two images side by side for a few seconds, and answer a question about them.',
      ['Look at the cross in the middle and wait.',
        'Look at both images. They disappear after a few seconds.',
        'Then choose one of them, with the buttons or the keys \u2190 and \u2192. Take your time, and guess if you are not sure.'],
      'Please choose a quiet moment, and stay on this page until the end. If you close it by mistake, open it again: it continues where you were.',
    ], 'Begin');
    element('name-row').hidden = given !== '';
    element('go').focus();
    element('name').onkeydown = (event) => { if (event.key === 'Enter') element('go').click(); };
    await wanted;
    return source.begin(given || element('name').value.trim());
  };

  const explainTask = (state) => message('The question', [
    state.task === 1
      ? 'Between the two images there is a third one of low resolution. The question is the same in all trials:'
      : 'The question is the same in all trials:',
    { asked: state.question },
    `${state.total} trials` + (state.practice > 1 ? `; the first ${state.practice} are practice.`
      : state.practice === 1 ? '; the first is practice.' : '.'),
    ...(state.fleeting ? ['This browser does not store your progress: please do not close or reload this page before the end.'] : []),
  ], 'Show the first images');

  const finish = async () => {
    element('progress').value = 1;
    if (!source.file) {
      await message('Thank you', ['That was the last trial. All your answers are stored; you can close this page.'],
        'Next rater on this computer');
      return source.leave();
    }
    const { name, text } = source.file();
    await message('Thank you',
      ['That was the last trial. Please download your answers, and send the file to the people who run this study.']);
    const link = element('download');
    link.href = URL.createObjectURL(new Blob([text], { type: 'application/jsonl' }));
    link.download = name;
    link.textContent = 'Download the answers';
    link.hidden = false;
    link.focus();
  };

  const main = async () => {
    let state = await source.resume();
    const known = state !== null;
    if (!known) state = await instruct();
    const pending = source.pending();
    if (pending) {
      message('One moment', ['Your last answer is being stored. Please leave this page open.']);
      state = await storeAnswer(pending).catch((error) => {
        if (error instanceof Refused) return source.resume();
        throw error;
      });
    }
    if (known && state.next <= state.total)
      await message('Welcome back', [`You were at trial ${state.next} of ${state.total}.`, { asked: state.question }], 'Continue');
    else if (state.next <= state.total) await explainTask(state);
    while (state.next <= state.total) {
      const done = state.next;
      state = await runTrial(state);
      const counted = done - state.practice;
      if (done === state.practice && state.next <= state.total)
        await message('End of the practice trials', ['From now on your answers count.', { asked: state.question }], 'Begin');
      else if (counted > 0 && counted % REST_EVERY === 0 && state.next + 3 <= state.total)
        await message('Time for a rest',
          [`You have done ${counted} of ${state.total - state.practice} trials. Continue when you are ready.`], 'Continue');
      else await wait(BETWEEN_MS);
    }
    await finish();
  };

  const start = () => main().catch(async (error) => {
    const again = error instanceof Refused && error.status < 500 && error.status !== 409;
    await message(again ? 'That did not work' : 'One moment', [error instanceof Refused ? error.message
      : 'The server cannot be reached. Please check your connection.'], 'Try again');
    start();
  });
  start();
})();
