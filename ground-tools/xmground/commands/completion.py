"""xmg completion: what a shell needs to complete commands, options, partitions and plans."""

import argparse

from ..app import App
from ..errors import UsageError
from ..status import Status
from .common import verb

SHELLS = ("bash", "zsh", "fish")

EPILOG = """\
bash:  eval "$(xmg completion bash)"        in ~/.bashrc
zsh:   eval "$(xmg completion zsh)"         in ~/.zshrc
fish:  xmg completion fish | source         in ~/.config/fish/config.fish

Names of partitions and plans are asked of `xmg serve`, if that runs."""


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parser."""
    parser = verb(
        groups, common, "completion", completion, "Print the completion for a shell.", EPILOG
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("shell", choices=SHELLS)


def completion(app: App) -> Status:
    """xmg completion SHELL"""
    try:
        import argcomplete
    except ModuleNotFoundError as error:
        raise UsageError("completion needs argcomplete: install python3-argcomplete") from error
    shell = app.args.shell
    code = argcomplete.shellcode(["xmg"], shell="bash" if shell == "zsh" else shell)
    if shell == "zsh":
        code = "autoload -U compinit bashcompinit\ncompinit\nbashcompinit\n" + code
    app.out.script(code)
    return Status.DONE
