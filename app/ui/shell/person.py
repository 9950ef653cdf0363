"""Who sits here: the operating system's account, never an environment variable."""

import os
import sys


def signed_in() -> str:
    """Full name of the account, else its login name, else its number."""
    if sys.platform == "win32":
        import ctypes

        buffer = ctypes.create_unicode_buffer(257)
        length = ctypes.c_ulong(257)
        found = ctypes.windll.advapi32.GetUserNameW(buffer, ctypes.byref(length))
        return buffer.value if found else "unknown account"
    import pwd

    number = os.getuid()
    try:
        entry = pwd.getpwuid(number)
    except KeyError:
        return f"account {number}"
    return entry.pw_gecos.split(",")[0].strip() or entry.pw_name
