"""Every failure a person can act on, as one tree.

::

    AppError                 expected; shown with what to do next
      UsageError             the command's words are off                      exit 2
      SettingsError          a settings or input file is wrong                exit 3
      InputError             data handed to us cannot be used                 exit 3
      CredentialError        a secret is missing, locked or wrong             exit 3
      SourceError            a source system cannot be read                   exit 3
      StoreError             the cache or the station's state                 exit 3
        StoreBusy            another process writes
        StoreTooNew          written by a newer program
        StoreDamaged         a digest or a page does not match
      Refused                a rule of the station forbids it                 exit 4

A refused bundle is not an error but a value (`app.bundle.outcome.Outcome`).
Anything that is not an AppError is our own bug: logged with an id.
"""


class AppError(Exception):
    """An expected failure.

    Parameters
    ----------
    message
        What happened, one sentence, without a full path or a secret.
    hint
        What the person can do next; empty where there is nothing.
    """

    exit_code = 3

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(AppError):
    """The command's words are off."""

    exit_code = 2


class SettingsError(AppError):
    """A settings file is missing, malformed or names something unknown."""


class InputError(AppError):
    """Data handed to us cannot be used."""


class CredentialError(AppError):
    """A secret is missing, locked or wrong."""


class SourceError(AppError):
    """A source system cannot be read.

    Parameters
    ----------
    kind
        Error class kept with the collection health: ``timeout``, ``connection``,
        ``tls``, ``authentication``, ``malformed``, ``limit`` or ``server``.
    """

    def __init__(self, message: str, hint: str = "", *, kind: str = "server") -> None:
        super().__init__(message, hint)
        self.kind = kind


class StoreError(AppError):
    """The cache or the station's state cannot be used."""


class StoreBusy(StoreError):
    """Another process is writing."""


class StoreTooNew(StoreError):
    """The file was written by a newer program."""


class StoreDamaged(StoreError):
    """A digest or a database page does not match."""


class Refused(AppError):
    """A rule of the station forbids it."""

    exit_code = 4
