"""A browser for tests: headless Chromium, driven through chromedriver by the WebDriver protocol."""

import base64
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

PATIENCE = 60  # seconds until a wait is given up
ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'
FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync',
         '--hide-scrollbars']


class BrowserError(Exception):
    pass


class Browser:
    """With a profile of its own, which is gone with it."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix='cayuco-page-')
        self.log = open(pathlib.Path(self.profile) / 'chromedriver.log', 'w+')
        self.driver = subprocess.Popen(['chromedriver', '--port=0'], stdout=self.log,
                                       stderr=subprocess.STDOUT)
        try:
            self.url = f'http://127.0.0.1:{self.read_port()}'
            options = {'args': [*FLAGS, f'--user-data-dir={self.profile}/chromium'],
                       'binary': shutil.which('chromium')}
            session = self.ask('POST', '/session', {'capabilities': {'alwaysMatch': {
                'goog:chromeOptions': options, 'goog:loggingPrefs': {'browser': 'ALL'}}}})
            self.url += f'/session/{session["sessionId"]}'
        except BaseException:
            self.close()
            raise

    def read_port(self):
        def port():
            text = pathlib.Path(self.log.name).read_text()
            return re.search(r'started successfully on port (\d+)', text)
        return wait_for('chromedriver', port)[1]

    def ask(self, method, path, body=None):
        data = json.dumps(body or {}).encode() if method == 'POST' else None
        request = urllib.request.Request(self.url + path, data, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=PATIENCE) as reply:
                return json.load(reply)['value']
        except urllib.error.HTTPError as error:
            raise BrowserError(f'{path}: {json.load(error)["value"]["message"]}') from None

    def close(self):
        try:
            if '/session/' in self.url:
                self.ask('DELETE', '')
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.log.close()
            shutil.rmtree(self.profile, ignore_errors=True)

    # --- what a user does and sees ---------------------------------------------------------------

    def open(self, url):
        self.ask('POST', '/url', {'url': url})

    def run(self, script, *args):
        """The value of a script's `return`."""
        return self.ask('POST', '/execute/sync', {'script': script, 'args': list(args)})

    def chrome(self, command, **parameters):
        """A command of Chromium's own protocol."""
        return self.ask('POST', '/goog/cdp/execute', {'cmd': command, 'params': parameters})

    def find(self, css):
        return self.ask('POST', '/element', {'using': 'css selector', 'value': css})[ELEMENT]

    def count(self, css):
        return self.run('return document.querySelectorAll(arguments[0]).length', css)

    def text(self, css):
        """As it is shown; empty where there is no such element."""
        return self.run('return document.querySelector(arguments[0])?.innerText ?? ""', css)

    def is_shown(self, css):
        return self.run('return document.querySelector(arguments[0])?.checkVisibility() ?? false', css)

    def click(self, css):
        self.ask('POST', f'/element/{self.find(css)}/click')

    def type(self, css, text):
        """Keys, or the path of a file for an input that takes files."""
        self.ask('POST', f'/element/{self.find(css)}/value', {'text': text})

    def press(self, key):
        keys = [{'type': 'keyDown', 'value': key}, {'type': 'keyUp', 'value': key}]
        self.ask('POST', '/actions', {'actions': [{'type': 'key', 'id': 'keys', 'actions': keys}]})

    def box(self, css):
        return self.run('const box = document.querySelector(arguments[0]).getBoundingClientRect();'
                        'return [box.left, box.top, box.width, box.height]', css)

    def scroll_to(self, css):
        self.run('document.querySelector(arguments[0]).scrollIntoView({block: "center", behavior: "instant"})', css)

    def drop(self, css, *paths):
        """Drops files or directories on the middle of an element, as a desktop does."""
        self.scroll_to(css)
        left, top, width, height = self.box(css)
        data = {'items': [], 'files': [str(path) for path in paths], 'dragOperationsMask': 1}
        for kind in ('dragEnter', 'dragOver', 'drop'):
            self.chrome('Input.dispatchDragEvent', type=kind, x=left + width / 2,
                        y=top + height / 2, data=data)

    def draw(self, css, points):
        """A stroke through points, each from 0 to 1 of the element's width and height."""
        self.scroll_to(css)
        left, top, width, height = self.box(css)
        places = [(round(left + x * width), round(top + y * height)) for x, y in points]
        moves = [{'type': 'pointerMove', 'duration': 20, 'x': x, 'y': y} for x, y in places]
        actions = [moves[0], {'type': 'pointerDown', 'button': 0}, *moves[1:],
                   {'type': 'pointerUp', 'button': 0}]
        self.ask('POST', '/actions', {'actions': [{'type': 'pointer', 'id': 'mouse', 'actions': actions}]})

    def wait(self, what, condition):
        return wait_for(what, condition)

    # --- how it looks ----------------------------------------------------------------------------

    def resize(self, width, height, scale=1):
        self.chrome('Emulation.setDeviceMetricsOverride', width=width, height=height,
                    deviceScaleFactor=scale, mobile=width < 600)

    def colours(self, scheme):
        """light or dark, as the user has set the system."""
        self.prefer('color-scheme', scheme)

    def prefer(self, what, value):
        """What the user has set the system to: ('reduced-motion', 'reduce')."""
        self.chrome('Emulation.setEmulatedMedia',
                    features=[{'name': f'prefers-{what}', 'value': value}])

    def picture(self, path):
        """A PNG of what is to be seen."""
        data = base64.b64decode(self.ask('GET', '/screenshot'))
        pathlib.Path(path).write_bytes(data)

    def complaints(self):
        """What has gone to the console since the last call, warnings and errors."""
        entries = self.ask('POST', '/se/log', {'type': 'browser'})
        return [e['message'] for e in entries if e['level'] in ('WARNING', 'SEVERE')]


def wait_for(what, condition):
    """Asks until it is so; returns what it is."""
    end = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise BrowserError(f'{what}: waited in vain')
        time.sleep(0.02)
