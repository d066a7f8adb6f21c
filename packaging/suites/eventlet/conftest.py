"""A program of eventlet patches first of all."""

import eventlet

eventlet.monkey_patch()
