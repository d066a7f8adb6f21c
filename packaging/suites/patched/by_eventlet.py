"""A pytest plugin that patches first of all, as a program of eventlet does: pytest -p by_eventlet."""

import eventlet

eventlet.monkey_patch()
