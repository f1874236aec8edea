# SPDX-License-Identifier: MIT
"""Something begun in the background while the rest of the start goes on: Later(action), then result(), from any thread.

Children that are told to die with the thread that started them must not be started in an action: it ends early.
"""

import threading
from collections.abc import Callable
from typing import Any


class Later:
    def __init__(self, action: Callable[..., Any], *arguments: Any) -> None:
        self._value: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(
            target=self._run, args=(action, arguments), name=action.__name__, daemon=True
        )
        self._thread.start()

    def _run(self, action: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        try:
            self._value = action(*arguments)
        except BaseException as error:
            self._error = error

    def result(self) -> Any:
        """Waits for the action; what it returned, or raises what it raised."""
        self._thread.join()
        if self._error:
            raise self._error
        return self._value
