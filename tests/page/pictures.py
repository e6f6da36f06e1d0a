"""Takes the pictures of docs/page.md: a daemon with the digits' model under some load.

Arguments as of the end-to-end tests; run by scripts/test-page --pictures.
"""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'e2e'))

from support import daemon as d
import webdriver

DOCS = pathlib.Path(d.ROOT) / 'docs'
SEVEN = [(.3, .28), (.5, .26), (.7, .27), (.6, .5), (.48, .8)]
MOST = 150_000  # bytes of a picture
LOAD = 60  # seconds that the plots show


def load(daemon):
    """Requests in bursts, as users send them."""
    script = f'''
import random, time, urllib.request
body = open({str(d.SEVEN)!r}, 'rb').read()
headers = {{'Content-Type': 'application/octet-stream'}}
end = time.monotonic() + {LOAD}
while time.monotonic() < end:
    for _ in range(random.randint(2, 40)):
        urllib.request.urlopen(urllib.request.Request({daemon.url + "/predict"!r}, body, headers)).read()
    time.sleep(0.5)
'''
    return subprocess.run([sys.executable, '-c', script], check=True)


def take(browser, name):
    # Half a second later what moves has come to rest.
    browser.ask('POST', '/execute/async', {'script': 'setTimeout(arguments[0], 600)', 'args': []})
    path = DOCS / f'{name}.png'
    browser.picture(path)
    size = path.stat().st_size
    print(f'{path}: {size} bytes')
    assert size < MOST, name


def main():
    daemon = d.Daemon()
    browser = webdriver.Browser()
    try:
        browser.resize(1280, 1000)
        browser.colours('light')
        browser.open(daemon.url)
        browser.drop('#convert-drop', d.DIGITS)
        browser.wait('the form', lambda: browser.is_shown('#convert-name'))
        browser.click('#convert-go')
        browser.wait('the end', lambda: browser.count('.job.over') and browser.is_shown('#model-digits'))
        load(daemon)
        browser.draw('#pad', SEVEN)
        browser.wait('seven', lambda: browser.text('#verdict') == 'seven')
        browser.run('document.activeElement.blur(); window.scrollTo(0, 0)')
        take(browser, 'page')
        browser.colours('dark')
        browser.click('#model-digits summary')
        browser.click('#model-digits .profile button')
        browser.wait('the ops', lambda: browser.count('#model-digits .profile .bars'))
        browser.run('document.querySelector("#model-digits").scrollIntoView({behavior: "instant"})')
        take(browser, 'page-dark')
        browser.click('#model-digits summary')
        browser.resize(390, 844)
        browser.run('document.querySelector("#try").scrollIntoView({behavior: "instant"})')
        take(browser, 'page-phone')
    finally:
        browser.close()
        daemon.stop()


if __name__ == '__main__':
    main()
