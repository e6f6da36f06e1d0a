"""What a debugger does, by ptrace: stops single threads, and follows a process from call to call."""

import ctypes
import errno
import os
import pathlib
import signal

SEIZE, INTERRUPT, DETACH, SYSCALL, GETREGS, SETREGS, GETEVENTMSG = (
    0x4206, 0x4207, 17, 24, 12, 13, 0x4201)
TRACESYSGOOD, TRACEFORK = 1, 2
EVENT_FORK = 1
WALL = 0x40000000  # threads, too
PATIENCE = 60  # seconds that something traced may stay silent
OPENAT, SOCKET = 257, 41  # calls of x86-64
AT_FDCWD = -100

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, tid, data=0):
    if libc.ptrace(request, tid, None, data) < 0:
        raise OSError(ctypes.get_errno(), f'ptrace {request:#x} of {tid}')


def give_up(*_):
    raise AssertionError('waited in vain for what is traced')


def wait(tid):
    """The next status of a process or thread."""
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE)
    try:
        return os.waitpid(tid, WALL)[1]
    finally:
        signal.alarm(0)


def status_field(pid, name):
    text = pathlib.Path(f'/proc/{pid}/status').read_text()
    return int(text.split(f'\n{name}:')[1].split('\n')[0])


def landlock_version():
    """Of this kernel's interface; below 1: it has none."""
    return libc.syscall(444, None, ctypes.c_size_t(0), 1)


class StoppedThreads:
    """The threads of a process that have this name stand still until the end of the block."""

    def __init__(self, pid, name):
        tasks = pathlib.Path(f'/proc/{pid}/task').iterdir()
        self.tids = [int(task.name) for task in tasks
                     if (task / 'comm').read_text() == name + '\n']
        assert self.tids, f'no thread of {pid} is called {name}'

    def __enter__(self):
        for tid in self.tids:
            ptrace(SEIZE, tid)
            ptrace(INTERRUPT, tid)
        for tid in self.tids:
            assert os.WIFSTOPPED(wait(tid)), f'thread {tid} has ended'
        return self

    def __exit__(self, *_):
        for tid in self.tids:
            ptrace(DETACH, tid)
        self.tids = []

    def wait_for_end(self):
        """Until somebody has killed the process."""
        for tid in self.tids:
            while os.WIFSTOPPED(wait(tid)):
                pass
        self.tids = []


class Registers(ctypes.Structure):
    """struct user_regs_struct of x86-64."""
    _fields_ = [(name, ctypes.c_ulonglong) for name in
                'r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp '
                'ss fs_base gs_base ds es fs gs'.split()]


class NextChild:
    """The next process that this one forks, on x86-64, which stops before and after each of its system calls."""

    def __init__(self, parent):
        self.parent, self.pid = parent, None
        ptrace(SEIZE, parent, TRACEFORK | TRACESYSGOOD)

    def wait(self):
        """Until it is there, before its first call."""
        status = wait(self.parent)
        assert status >> 8 == signal.SIGTRAP | EVENT_FORK << 8, f'{self.parent}: status {status:#x}'
        pid = ctypes.c_ulong()
        ptrace(GETEVENTMSG, self.parent, ctypes.addressof(pid))
        ptrace(DETACH, self.parent)
        wait(pid.value)
        self.pid = pid.value
        self.step()

    def step(self):
        """From the start of one call to its end, or on to the start of the next."""
        number = 0
        while True:
            ptrace(SYSCALL, self.pid, number)
            status = wait(self.pid)
            assert os.WIFSTOPPED(status), f'{self.pid} has ended, status {status:#x}'
            if status >> 8 == signal.SIGTRAP | 0x80:
                return
            number = os.WSTOPSIG(status) if status >> 16 == 0 else 0

    def finish_call(self):
        """Ends the call that it is at the start of, and goes to the start of the next."""
        self.step()
        self.step()

    def try_call(self, number, *args):
        """At the start of a call: makes another one in its place, and then is at the start of the first
        again. A string is a path. Returns 0 or a result above, or the name of an error."""
        saved, regs = Registers(), Registers()
        for kept in (saved, regs):
            ptrace(GETREGS, self.pid, ctypes.addressof(kept))
        regs.orig_rax = number
        for name, value in zip(('rdi', 'rsi', 'rdx'), args):
            if isinstance(value, str):
                place = saved.rsp - 4096  # below what the stack holds
                self.write(place, value.encode() + b'\0')
                value = place
            setattr(regs, name, value)
        ptrace(SETREGS, self.pid, ctypes.addressof(regs))
        self.step()
        ptrace(GETREGS, self.pid, ctypes.addressof(regs))
        saved.rax, saved.rip = saved.orig_rax, saved.rip - 2  # the instruction once more
        ptrace(SETREGS, self.pid, ctypes.addressof(saved))
        self.step()
        result = ctypes.c_longlong(regs.rax).value
        return errno.errorcode[-result] if result < 0 else result

    def write(self, address, data):
        with open(f'/proc/{self.pid}/mem', 'wb', buffering=0) as memory:
            memory.seek(address)
            memory.write(data)

    def release(self):
        ptrace(DETACH, self.pid)
