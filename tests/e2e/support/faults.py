"""Orders to tests/e2e/support/faults.c, which a daemon has preloaded: what is to fail, and when."""

import contextlib
import mmap
import os
import pathlib
import struct

from support import daemon as d

LIBRARY = pathlib.Path(d.CAYUCOD).parents[1] / 'tests/e2e/libfaults.so'
LAYOUT = struct.Struct('=5q32s32s')
FOREVER = 1 << 40


class Faults:
    """One daemon's; env is for that daemon."""

    def __init__(self, name):
        path = d.scratch / f'faults-{name}'
        path.write_bytes(bytes(mmap.PAGESIZE))
        with path.open('r+b') as file:
            self.map = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self.log = d.scratch / f'sanitizer-{name}'
        options = ':'.join(filter(None, (os.environ.get('ASAN_OPTIONS'), 'verify_asan_link_order=0',
                                         f'log_path={self.log}')))
        self.env = {'LD_PRELOAD': str(LIBRARY), 'CAYUCO_FAULTS': str(path), 'ASAN_OPTIONS': options}

    def order(self, countdown=0, lasting=0, clock=0, calls=0, name='', stage=''):
        LAYOUT.pack_into(self.map, 0, countdown, lasting, 0, clock, calls, name.encode(),
                         stage.encode())

    @property
    def failed(self):
        """How much has failed since the last order."""
        return LAYOUT.unpack_from(self.map)[2]

    def reports(self, pid):
        """What the sanitizers said of that process."""
        file = pathlib.Path(f'{self.log}.{pid}')
        return file.read_text() if file.exists() else ''

    @contextlib.contextmanager
    def allocation(self, n, lasting=1):
        """Within, the n-th allocation from now on fails, and so do those after it: `lasting` in all."""
        self.order(countdown=n, lasting=lasting)
        try:
            yield
        finally:
            LAYOUT.pack_into(self.map, 0, 0, 0, self.failed, 0, 0, b'', b'')
