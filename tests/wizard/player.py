# SPDX-License-Identifier: MIT
"""Plays the wizard as a person would: reads the screen, moves to what it wants, types, goes on.

Player(open_terminal, world, folder) starts the wizard on the practice cloud as a user without anything given ->
begin(), forest(), aws(), network(), database(), backend(), create(), one a screen -> text on the screen. What it
knows of the screens is their words; nothing here waits for a time.
"""

import http.client
import re
from pathlib import Path
from urllib.parse import urlsplit

HERE = "[❯>]"
CREATE_SECONDS = 400
MOST_MOVES = 40
MOVE_SECONDS = 3.0


class Player:
    def __init__(self, open_terminal, world, folder, *args, env=None, **options):
        self.world = world
        self.state = folder / "state"
        self.env_secret = world.env["FOREST_ENV_SECRET"]
        self.database_url = world.env["POSTGRESQL_URL"]
        given = {
            name: value
            for name, value in world.env.items()
            if name not in ("FOREST_ENV_SECRET", "POSTGRESQL_URL")
        }
        self.env = given | {"XDG_STATE_HOME": str(self.state), "HOME": str(folder)} | (env or {})
        self.open_terminal, self.args, self.options = open_terminal, args, options
        self.t = None

    def start(self):
        self.t = self.open_terminal([self.world.binary, *self.args], self.env, **self.options)
        self.t.wait(r"a new setup|forest-setup")
        return self

    # ---- moving about

    def focus(self, pattern, *keys):
        """Moves with the arrows until the focused line matches: down to the end, then up."""
        line = rf"^\s*{HERE}.*(?:{pattern})"
        for key in keys or ("Down", "Up"):
            for _ in range(MOST_MOVES):
                if re.search(line, self.t.screen(), re.MULTILINE):
                    return
                before = self.t.screen()
                self.t.keys(key)
                if not self._changes(before):
                    break
        raise AssertionError(f"cannot reach /{pattern}/\n{self.t.screen()}")

    def _changes(self, before):
        try:
            self.t.until("the focus moves", lambda: self.t.screen() != before, MOVE_SECONDS)
        except AssertionError:
            return False
        return True

    def choose(self, pattern):
        self.focus(pattern)
        self.t.keys("Enter")

    # ---- the screens

    def begin(self, name):
        self.t.wait("a new setup")
        self.choose("a new setup")
        self.t.wait("name for the new setup")
        self.t.keys("C-u")
        self.t.type(name)
        self.t.keys("Enter")
        self.t.until("the name is taken", lambda: self._press_on("name for the new setup"))
        self.t.wait("nvironment secret")
        return self

    def _press_on(self, pattern):
        """A question with an edit wants Enter on its button too."""
        if not re.search(pattern, self.t.screen()):
            return True
        self.t.keys("Enter")
        return False

    def forest(self):
        self.t.wait("nvironment secret")
        self.focus("nvironment secret")
        self.t.paste(self.env_secret + "\n")
        self.t.wait("known to Forest")
        return self.next("AWS")

    def aws(self):
        self.t.wait("Which login")
        self.t.wait(r"123456789012")
        self.focus(r"environment")
        return self.next("Network")

    def network(self):
        self.t.wait("NAT")
        return self.next("Database")

    def database(self, let_in=True):
        """Pastes the URL. let_in: agrees to the one rule that lets the backend reach the database."""
        self.focus("Database URL")
        self.t.paste(self.database_url + "\n")
        self.t.wait("with a password of")
        if let_in:
            self.focus("Let the backend in")
            if "[ ] Let the backend in" in self.t.screen():
                self.t.keys("Space")
            self.t.wait(r"\[x\] Let the backend in")
        return self.next("Backend")

    def backend(self):
        return self.next("Review")

    def review(self):
        self.t.wait(r"\[ Create \]")
        self.t.wait(r"Will (create|reuse)")  # the plan is there; in a low terminal its start is above
        return self

    def next(self, name):
        """Enter, until the screen of that name is there: an item may lead to the next item, or ask something."""
        at = rf"[◉@] {name}|/6 {name}|^\s*{name}"
        for _ in range(MOST_MOVES):
            self.t.keys("Enter")
            self.t.until("the screen is still", self.t.is_quiet)
            if "last 4 digits of the account" in " ".join(re.sub("[│|↓↑]", " ", self.t.screen()).split()):
                self.t.type("9012")  # an account that was never used wants more than Enter
                continue
            if re.search(at, self.t.screen(), re.MULTILINE):
                return self
        raise AssertionError(f"Enter does not lead to {name}\n{self.t.screen()}")

    def answer_all(self, name, let_in=True):
        return self.begin(name).forest().aws().network().database(let_in).backend().review()

    def create(self):
        self.choose(r"\[ Create \]")
        return self

    def done(self):
        """Waits for the URL and returns it."""
        self.t.wait(r"is ready", CREATE_SECONDS)
        return re.search(r"https?://\S+", self.t.screen()).group()

    def leave(self):
        """Ctrl-C, and yes when that is asked; the exit status."""
        self.t.keys("C-c")
        self.t.until("it ends or asks", lambda: not self.t.running or "eave" in self.t.screen())
        if self.t.running:
            self.t.keys("C-c")
        return self.t.ended(60)

    def seen(self):
        """Everything that others could see of it: bytes to the terminal, what scrolled by, files, the command line."""
        yield "the terminal", self.t.raw_bytes()
        yield "the scrollback", self.t.history().encode()
        if self.t.running:
            yield "the command line", Path(f"/proc/{self.t.pid}/cmdline").read_bytes()
            yield "the environment", Path(f"/proc/{self.t.pid}/environ").read_bytes()
        for path in self.state.rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()

    def finish(self):
        self.choose("finish")
        return self.t.ended()


def agent_answers(url):
    """The status of GET /forest for somebody outside; the name of the practice cloud's gateway is this machine."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=30)
    try:
        connection.request("GET", parts.path.rstrip("/") + "/forest", headers={"Host": parts.netloc})
        return connection.getresponse().status
    finally:
        connection.close()
