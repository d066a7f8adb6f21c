"""Log lines: one line per event, as text or as JSON, to stderr."""

from __future__ import annotations

import logging
from datetime import UTC, datetime


class TextFormatter(logging.Formatter):
    """Time, level, logger, message; a traceback follows its event, indented."""

    def format(self, record: logging.LogRecord) -> str:
        """The event as text."""
        line = f"{_time(record)} {record.levelname:<7} {record.name}: {_one_line(record.getMessage())}"
        if record.exc_info:
            line += "\n  " + self.formatException(record.exc_info).replace("\n", "\n  ")
        return line


class JsonFormatter(logging.Formatter):
    """One object a line: time, level, logger, message, and exception where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The event as one line of JSON."""
        import json

        event = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return json.dumps(event)


def start_logging(log_format: str, log_level: str) -> None:
    """Events of at least that level go to stderr in that form."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logging.basicConfig(handlers=[handler], level=log_level.upper())


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _one_line(message: str) -> str:
    return message.replace("\n", "\\n").replace("\r", "\\r")
