"""docs/terminal.svg: what the README shows of a terminal, from commands that are really run.

python packaging/terminal_picture.py
"""

import io
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "terminal.svg"
COLUMNS = 116
COMMANDS = (
    "kwire topic create orders --partitions 3",
    "echo 'ada:two coffees' | kwire produce orders --key-separator :",
    "kcat -b localhost:9092 -C -t orders -e -q -f '%k wants %s\\n'",
    "kwire topic describe orders",
    "pytest -q test_orders.py",
)
THEME = TerminalTheme(
    (22, 27, 34),
    (201, 209, 217),
    [
        (22, 27, 34),
        (255, 123, 114),
        (126, 231, 135),
        (242, 204, 96),
        (121, 192, 255),
        (210, 168, 255),
        (118, 227, 234),
        (201, 209, 217),
    ],
)


def main() -> None:
    """The picture is written."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (test,) = re.findall(r"^```python test_orders.py\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": str(COLUMNS)}
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "test_orders.py").write_text(test, encoding="utf-8")
        (Path(directory) / "pytest.ini").write_text(
            "[pytest]\naddopts = -p no:cacheprovider -p no:warnings\n", encoding="utf-8"
        )
        _prompt(console, "kwire serve &")
        broker = subprocess.Popen(
            ["kwire", "serve"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert broker.stdout is not None
        console.print(Text(broker.stdout.readline().rstrip()))
        try:
            for command in COMMANDS:
                _prompt(console, command)
                done = subprocess.run(
                    ["bash", "-c", command], check=True, capture_output=True, env=environment, text=True, cwd=directory
                )
                if done.stdout.strip():
                    console.print(Text(done.stdout.rstrip()))
        finally:
            broker.send_signal(signal.SIGINT)
            broker.wait()
    plain = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)  # no font from elsewhere
    picture = console.export_svg(title="kwire", theme=THEME, code_format=plain, unique_id="kwire")
    PICTURE.write_text("\n".join(line.rstrip() for line in picture.splitlines()) + "\n", encoding="utf-8")


def _prompt(console: Console, command: str) -> None:
    console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))


if __name__ == "__main__":
    main()
